package io.lancelot.index.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The order in which RaBitQ's further bits lie in files: blocks of 64 dimensions, each width in a
/// layout of its own. Format: lance-format section 4.8.
final class ExCodes {

  private static final int BLOCK = 64;

  private ExCodes() {}

  /// Packs codes of `bits` bits; `codes` has a multiple of 64 entries.
  static void pack(int[] codes, int bits, MemorySegment out, long to) {
    for (int block = 0; block < codes.length; block += BLOCK) {
      switch (bits) {
        case 1 -> plane(codes, block, 0, out, to, false);
        case 2 -> pairs(codes, block, out, to);
        case 3 -> {
          pairs(codes, block, out, to);
          plane(codes, block, 2, out, to + 16, true);
        }
        case 4 -> {
          for (int u = 0; u < 4; u++) {
            for (int j = 0; j < 8; j++) {
              int d = block + 16 * u + j;
              put(out, to + 8L * u + j, codes[d] & 15 | (codes[d + 8] & 15) << 4);
            }
          }
        }
        case 5 -> {
          for (int j = 0; j < 16; j++) {
            int d = block + j;
            put(out, to + j, codes[d] & 15 | (codes[d + 16] & 15) << 4);
            put(out, to + 16 + j, codes[d + 32] & 15 | (codes[d + 48] & 15) << 4);
          }
          plane(codes, block, 4, out, to + 32, true);
        }
        case 6 -> sixes(codes, block, out, to);
        case 7 -> {
          sixes(codes, block, out, to);
          plane(codes, block, 6, out, to + 48, true);
        }
        case 8 -> {
          for (int j = 0; j < BLOCK; j++) {
            put(out, to + j, codes[block + j]);
          }
        }
        default -> throw new IllegalArgumentException("bits: " + bits);
      }
      to += 8L * bits;
    }
  }

  private static void pairs(int[] codes, int block, MemorySegment out, long to) {
    for (int j = 0; j < 16; j++) {
      int d = block + j;
      put(
          out,
          to + j,
          codes[d] & 3
              | (codes[d + 16] & 3) << 2
              | (codes[d + 32] & 3) << 4
              | (codes[d + 48] & 3) << 6);
    }
  }

  private static void sixes(int[] codes, int block, MemorySegment out, long to) {
    for (int k = 0; k < 3; k++) {
      for (int j = 0; j < 16; j++) {
        put(
            out,
            to + 16L * k + j,
            codes[block + 16 * k + j] & 63 | (codes[block + 48 + j] >>> 2 * k & 3) << 6);
      }
    }
  }

  /// One bit of each code: in the order of dimensions, or spread as the other layouts have it.
  private static void plane(
      int[] codes, int block, int bit, MemorySegment out, long to, boolean spread) {
    long word = 0;
    for (int i = 0; i < BLOCK; i++) {
      int k = i / 16;
      int j = i % 16;
      int at = spread ? 8 * (j % 8) + 2 * k + j / 8 : i;
      word |= (long) (codes[block + i] >>> bit & 1) << at;
    }
    for (int b = 0; b < 8; b++) {
      put(out, to + b, (int) (word >>> 8 * b));
    }
  }

  private static void put(MemorySegment bytes, long at, int value) {
    bytes.set(ValueLayout.JAVA_BYTE, at, (byte) value);
  }
}
