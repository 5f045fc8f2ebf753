package io.lancelot.kernels;

/// The constants of Zstandard's sequences: what each code stands for, and the predefined
/// distributions.
///
/// Format: RFC 8878, section 3.1.1.3.2.
final class ZstdTables {

  static final int MAX_BLOCK = 128 << 10;
  static final int MAX_LITERAL_CODE = 35;
  static final int MAX_MATCH_CODE = 52;
  static final int MAX_OFFSET_CODE = 31;
  static final int MAX_LITERAL_LOG = 9;
  static final int MAX_MATCH_LOG = 9;
  static final int MAX_OFFSET_LOG = 8;
  static final int PREDEFINED_LITERAL_LOG = 6;
  static final int PREDEFINED_MATCH_LOG = 6;
  static final int PREDEFINED_OFFSET_LOG = 5;
  static final int MIN_MATCH = 3;

  static final byte[] LITERAL_BITS = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11,
    12, 13, 14, 15, 16
  };
  static final byte[] MATCH_BITS = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
  };
  static final byte[] OFFSET_BITS = new byte[MAX_OFFSET_CODE + 1];
  static final int[] LITERAL_BASE = bases(LITERAL_BITS, 0);
  static final int[] MATCH_BASE = bases(MATCH_BITS, MIN_MATCH);
  static final int[] OFFSET_BASE = new int[MAX_OFFSET_CODE + 1];

  static {
    for (int code = 0; code <= MAX_OFFSET_CODE; code++) {
      OFFSET_BITS[code] = (byte) code;
      OFFSET_BASE[code] = 1 << code;
    }
  }

  static final short[] PREDEFINED_LITERALS = {
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1,
    -1, -1, -1, -1
  };
  static final short[] PREDEFINED_MATCHES = {
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1
  };
  static final short[] PREDEFINED_OFFSETS = {
    1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1
  };

  private ZstdTables() {}

  /// Each code starts where the one before it ends.
  private static int[] bases(byte[] bits, int first) {
    int[] bases = new int[bits.length];
    bases[0] = first;
    for (int code = 1; code < bits.length; code++) {
      bases[code] = bases[code - 1] + (1 << bits[code - 1]);
    }
    return bases;
  }

  /// Lays out the symbols of a distribution over the states of a table of `1 << log`: rare ones
  /// (probability "less than one", -1) at the end, the others spread by a fixed step.
  static void spread(short[] counts, int symbols, int log, byte[] states) {
    int size = 1 << log;
    int high = size;
    for (int symbol = 0; symbol < symbols; symbol++) {
      if (counts[symbol] == -1) {
        states[--high] = (byte) symbol;
      }
    }
    int step = (size >> 1) + (size >> 3) + 3;
    int at = 0;
    for (int symbol = 0; symbol < symbols; symbol++) {
      for (int i = 0; i < counts[symbol]; i++) {
        states[at] = (byte) symbol;
        do {
          at = (at + step) & (size - 1);
        } while (at >= high);
      }
    }
  }
}
