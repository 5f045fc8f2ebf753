package io.lancelot.index.vector;

import io.lancelot.base.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The order in which RaBitQ's sign bits lie in files: for every 32 rows of a partition, halves of
/// bytes interleaved for look-ups; the last rows column by column. Format: lance-format section
/// 4.8.
final class SignCodes {

  private static final int GROUP = 32;
  private static final int[] ORDER = {0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15};

  private SignCodes() {}

  /// Packs the first `bytes` of each record.
  static MemorySegment pack(
      MemorySegment records, int recordBytes, int bytes, int rows, Scratch scratch) {
    MemorySegment out = scratch.allocateBytes((long) rows * bytes);
    int whole = rows / GROUP * GROUP;
    for (int group = 0; group < whole; group += GROUP) {
      for (int i = 0; i < bytes; i++) {
        long to = (long) group * bytes + (long) i * GROUP;
        for (int j = 0; j < 16; j++) {
          int a = at(records, (long) (group + ORDER[j]) * recordBytes + i);
          int b = at(records, (long) (group + ORDER[j] + 16) * recordBytes + i);
          put(out, to + j, a & 15 | (b & 15) << 4);
          put(out, to + 16 + j, a >>> 4 | b & 0xf0);
        }
      }
    }
    int tail = rows - whole;
    for (int i = 0; i < bytes; i++) {
      for (int r = 0; r < tail; r++) {
        put(
            out,
            (long) whole * bytes + (long) i * tail + r,
            at(records, (long) (whole + r) * recordBytes + i));
      }
    }
    return out;
  }

  /// The bytes of a partition's rows, row after row.
  static byte[] unpack(byte[] packed, int bytes, int rows) {
    byte[] out = new byte[rows * bytes];
    int whole = rows / GROUP * GROUP;
    for (int group = 0; group < whole; group += GROUP) {
      for (int i = 0; i < bytes; i++) {
        int from = group * bytes + i * GROUP;
        for (int j = 0; j < 16; j++) {
          int low = packed[from + j] & 0xff;
          int high = packed[from + 16 + j] & 0xff;
          out[(group + ORDER[j]) * bytes + i] = (byte) (low & 15 | (high & 15) << 4);
          out[(group + ORDER[j] + 16) * bytes + i] = (byte) (low >>> 4 | high & 0xf0);
        }
      }
    }
    int tail = rows - whole;
    for (int i = 0; i < bytes; i++) {
      for (int r = 0; r < tail; r++) {
        out[(whole + r) * bytes + i] = packed[whole * bytes + i * tail + r];
      }
    }
    return out;
  }

  private static int at(MemorySegment bytes, long at) {
    return bytes.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }

  private static void put(MemorySegment bytes, long at, int value) {
    bytes.set(ValueLayout.JAVA_BYTE, at, (byte) value);
  }
}
