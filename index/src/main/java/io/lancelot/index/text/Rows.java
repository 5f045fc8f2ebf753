package io.lancelot.index.text;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Makes columns of values in memory.
final class Rows {

  private Rows() {}

  static FixedColumn ints(int[] values, int from, int count, Scratch scratch) {
    MemorySegment data = scratch.allocateBytes(4L * count);
    MemorySegment.copy(values, from, data, FixedColumn.INT, 0, count);
    return new FixedColumn(Types.UINT32, count, data, null);
  }

  static FixedColumn longs(long[] values, int from, int count, Scratch scratch) {
    MemorySegment data = scratch.allocateBytes(8L * count);
    MemorySegment.copy(values, from, data, FixedColumn.LONG, 0, count);
    return new FixedColumn(Types.UINT64, count, data, null);
  }

  static FixedColumn floats(float[] values, int count, Scratch scratch) {
    MemorySegment data = scratch.allocateBytes(4L * count);
    MemorySegment.copy(values, 0, data, FixedColumn.FLOAT, 0, count);
    return new FixedColumn(Types.FLOAT32, count, data, null);
  }

  /// Bytes or text.
  static VarColumn bytes(DataType type, List<byte[]> values, Scratch scratch) {
    boolean large =
        type instanceof DataType.Binary(boolean wide)
            ? wide
            : type instanceof DataType.Utf8(boolean wideText) && wideText;
    long total = 0;
    for (byte[] value : values) {
      total += value.length;
    }
    MemorySegment data = scratch.allocateBytes(total);
    int width = large ? 8 : 4;
    MemorySegment offsets = scratch.allocateBytes((values.size() + 1L) * width);
    long at = 0;
    for (int i = 0; i <= values.size(); i++) {
      if (large) {
        offsets.set(FixedColumn.LONG, 8L * i, at);
      } else {
        offsets.set(FixedColumn.INT, 4L * i, Math.toIntExact(at));
      }
      if (i < values.size()) {
        byte[] value = values.get(i);
        MemorySegment.copy(
            value, 0, data, java.lang.foreign.ValueLayout.JAVA_BYTE, at, value.length);
        at += value.length;
      }
    }
    return new VarColumn(type, values.size(), offsets, data, null);
  }

  /// Lists of some items each.
  static ListColumn lists(DataType type, int[] sizes, int count, Column items, Scratch scratch) {
    MemorySegment offsets = scratch.allocateBytes(4L * (count + 1));
    int at = 0;
    for (int i = 0; i < count; i++) {
      offsets.set(FixedColumn.INT, 4L * i, at);
      at += sizes[i];
    }
    offsets.set(FixedColumn.INT, 4L * count, at);
    return new ListColumn(type, count, offsets, items, null);
  }
}
