package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Looks for some bytes in many: eight places at a time are tried for the first and the last of
/// them, and the rest only where both fit. Immutable.
public final class ByteSearch {

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGHS = 0x8080_8080_8080_8080L;

  private final byte[] wanted;

  /// What is set in a byte before it is compared: the bit that tells ASCII letters of either case
  /// apart, where case does not count.
  private final byte[] masks;

  private final long firsts;
  private final long firstMasks;
  private final long lasts;
  private final long lastMasks;

  private ByteSearch(byte[] wanted, boolean caseless) {
    this.wanted = wanted.clone();
    this.masks = new byte[wanted.length];
    for (int i = 0; caseless && i < wanted.length; i++) {
      int lower = wanted[i] | 0x20;
      if (lower >= 'a' && lower <= 'z') {
        masks[i] = 0x20;
        this.wanted[i] = (byte) lower;
      }
    }
    int last = wanted.length - 1;
    this.firsts = ONES * (this.wanted[0] & 0xFF);
    this.firstMasks = ONES * masks[0];
    this.lasts = ONES * (this.wanted[last] & 0xFF);
    this.lastMasks = ONES * masks[last];
  }

  /// @param wanted at least one byte
  public static ByteSearch of(byte[] wanted) {
    return new ByteSearch(wanted, false);
  }

  /// The same where ASCII letters match in either case.
  public static ByteSearch ofAnyCase(byte[] wanted) {
    return new ByteSearch(wanted, true);
  }

  /// How many bytes are looked for.
  public int length() {
    return wanted.length;
  }

  /// The first place of the bytes within `[from, to)`, or -1.
  public long find(MemorySegment data, long from, long to) {
    int last = wanted.length - 1;
    long end = to - last;
    long at = from;
    for (; at <= end - 8; at += 8) {
      long different =
          ((data.get(LONG, at) | firstMasks) ^ firsts)
              | ((data.get(LONG, at + last) | lastMasks) ^ lasts);
      // A high bit for each byte that is zero, and for some above one.
      long fitting = (different - ONES) & ~different & HIGHS;
      while (fitting != 0) {
        long place = at + (Long.numberOfTrailingZeros(fitting) >>> 3);
        if (isAt(data, place)) {
          return place;
        }
        fitting &= fitting - 1;
      }
    }
    for (; at < end; at++) {
      if (isAt(data, at)) {
        return at;
      }
    }
    return -1;
  }

  private boolean isAt(MemorySegment data, long place) {
    for (int i = 0; i < wanted.length; i++) {
      if ((data.get(ValueLayout.JAVA_BYTE, place + i) | masks[i]) != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /// Whether all bytes of `[from, to)` are ASCII.
  public static boolean ascii(MemorySegment data, long from, long to) {
    long at = from;
    long all = 0;
    for (; at <= to - 8; at += 8) {
      all |= data.get(LONG, at);
    }
    for (; at < to; at++) {
      all |= data.get(ValueLayout.JAVA_BYTE, at);
    }
    return (all & HIGHS) == 0;
  }
}
