package io.lancelot.index.vector;

import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Brings a partition's columns back into records.
final class Records {

  private Records() {}

  static void of(
      Codec codec, List<Column> columns, int rows, MemorySegment out, boolean packedSigns) {
    int recordBytes = codec.recordBytes();
    switch (codec) {
      case FlatCodec _, SqCodec _ ->
          MemorySegment.copy(items(columns.getFirst()), 0, out, 0, (long) rows * recordBytes);
      case PqCodec _ -> {
        MemorySegment packed = items(columns.getFirst());
        for (int b = 0; b < recordBytes; b++) {
          for (int r = 0; r < rows; r++) {
            out.set(
                ValueLayout.JAVA_BYTE,
                (long) r * recordBytes + b,
                packed.get(ValueLayout.JAVA_BYTE, (long) b * rows + r));
          }
        }
      }
      case RqCodec rq -> {
        int bytes = rq.dim() / 8;
        byte[] signs = new byte[rows * bytes];
        MemorySegment.copy(
            items(columns.getFirst()), ValueLayout.JAVA_BYTE, 0, signs, 0, signs.length);
        if (packedSigns) {
          signs = SignCodes.unpack(signs, bytes, rows);
        }
        for (int r = 0; r < rows; r++) {
          MemorySegment.copy(
              signs, r * bytes, out, ValueLayout.JAVA_BYTE, (long) r * recordBytes, bytes);
        }
        int ex = recordBytes - bytes - 20;
        int at = bytes + ex;
        for (int i = 1; i <= 3; i++, at += 4) {
          spread(((FixedColumn) columns.get(i)).data(), 4, rows, out, recordBytes, at);
        }
        if (rq.bits() > 1) {
          spread(items(columns.get(4)), ex, rows, out, recordBytes, bytes);
          spread(((FixedColumn) columns.get(5)).data(), 4, rows, out, recordBytes, at);
          spread(((FixedColumn) columns.get(6)).data(), 4, rows, out, recordBytes, at + 4);
        }
      }
    }
  }

  private static MemorySegment items(Column column) {
    return ((FixedColumn) ((FixedListColumn) column).items()).data();
  }

  private static void spread(
      MemorySegment from, int bytes, int rows, MemorySegment out, int recordBytes, int offset) {
    for (int r = 0; r < rows; r++) {
      MemorySegment.copy(from, (long) r * bytes, out, (long) r * recordBytes + offset, bytes);
    }
  }
}
