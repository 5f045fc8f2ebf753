package io.lancelot.bench;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Reads results to the last byte, so that no system gets away with handing out pages nobody has
/// fetched. The same loop for all of them.
final class ReadBytes {

  private long bytes;
  private long sum;

  /// Bytes read so far.
  long bytes() {
    return bytes;
  }

  /// `rows`, in a way that makes the result hang on every byte, so that no compiler leaves the
  /// reading out.
  long rows(long rows) {
    return sum == 0x5DEECE66DL && bytes == 7 ? -1 : rows;
  }

  void read(MemorySegment segment, long from, long to) {
    if (to <= from) {
      return;
    }
    sum += Floor.sum(segment.asSlice(from, to - from));
    for (long at = to - (to - from) % 8; at < to; at++) {
      sum += segment.get(ValueLayout.JAVA_BYTE, at);
    }
    bytes += to - from;
  }

  void read(Batch batch) {
    batch.columns().forEach(this::read);
  }

  private void read(Column column) {
    read(column.validity());
    switch (column) {
      case NullColumn _ -> {}
      case BoolColumn bools -> read(bools.values());
      case FixedColumn fixed -> read(fixed.data(), 0, (long) fixed.length() * fixed.width());
      case VarColumn var -> {
        read(var.offsets(), 0, var.length() == 0 ? 0 : (var.length() + 1L) * (var.large() ? 8 : 4));
        read(var.data(), var.offset(0), var.offset(var.length()));
      }
      case ListColumn list -> {
        read(
            list.offsets(),
            0,
            list.length() == 0 ? 0 : (list.length() + 1L) * (list.large() ? 8 : 4));
        int first = list.offset(0);
        read(list.items().slice(first, list.offset(list.length()) - first));
      }
      case FixedListColumn list -> read(list.items());
      case StructColumn struct -> struct.children().forEach(this::read);
      case DictionaryColumn dictionary -> {
        read(dictionary.indices());
        read(dictionary.values());
      }
    }
  }

  private void read(@Nullable Bits bits) {
    if (bits != null) {
      read(bits.segment(), bits.offset() / 8, (bits.offset() + bits.length() + 7) / 8);
    }
  }
}
