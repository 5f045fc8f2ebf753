package io.lancelot.index.text;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Numbers packed with as many bits as the largest of them needs: value `i` lies in lane `i % 4`,
/// 32 values of each lane one after another in 32-bit words, the words of the lanes in turn. So one
/// step of a loop handles four values, or one instruction where the JVM sees it. Format:
/// lance-format section A.10.
final class Bits32 {

  static final int BLOCK = 128;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private Bits32() {}

  static int get(byte[] bytes, int at) {
    return (int) INT.get(bytes, at);
  }

  static void put(byte[] bytes, int at, int value) {
    INT.set(bytes, at, value);
  }

  static int width(int[] values, int count) {
    int all = 0;
    for (int i = 0; i < count; i++) {
      all |= values[i];
    }
    return Integer.SIZE - Integer.numberOfLeadingZeros(all);
  }

  /// Packs values of `lanes` lanes; `lanes * 32` of them.
  static void pack(int[] values, int lanes, int width, GrowingBytes out) {
    out.reserve(4 * lanes * width);
    int base = out.length;
    java.util.Arrays.fill(out.bytes, base, base + 4 * lanes * width, (byte) 0);
    for (int row = 0; row < 32 && width > 0; row++) {
      int bit = row * width;
      int word = bit >>> 5;
      int shift = bit & 31;
      for (int lane = 0; lane < lanes; lane++) {
        int value = values[row * lanes + lane];
        int at = base + 4 * (word * lanes + lane);
        put(out.bytes, at, get(out.bytes, at) | value << shift);
        if (shift + width > 32) {
          int next = at + 4 * lanes;
          put(out.bytes, next, get(out.bytes, next) | value >>> (32 - shift));
        }
      }
    }
    out.length = base + 4 * lanes * width;
  }

  /// Unpacks what [#pack] packed.
  ///
  /// @return the position after it
  static int unpack(byte[] in, int from, int lanes, int width, int[] values) {
    if (width == 0) {
      java.util.Arrays.fill(values, 0, 32 * lanes, 0);
      return from;
    }
    if (width == 32) {
      for (int i = 0; i < 32 * lanes; i++) {
        values[i] = get(in, from + 4 * i);
      }
      return from + 128 * lanes;
    }
    int mask = (1 << width) - 1;
    if (lanes == 4) {
      unpack4(in, from, width, mask, values);
    } else {
      unpackAny(in, from, lanes, width, mask, values);
    }
    return from + 4 * lanes * width;
  }

  private static void unpack4(byte[] in, int from, int width, int mask, int[] values) {
    int at = from;
    int shift = 0;
    int a = get(in, at);
    int b = get(in, at + 4);
    int c = get(in, at + 8);
    int d = get(in, at + 12);
    for (int i = 0; i < 128; i += 4) {
      values[i] = a >>> shift & mask;
      values[i + 1] = b >>> shift & mask;
      values[i + 2] = c >>> shift & mask;
      values[i + 3] = d >>> shift & mask;
      shift += width;
      if (shift >= 32 && i < 124) {
        shift -= 32;
        at += 16;
        a = get(in, at);
        b = get(in, at + 4);
        c = get(in, at + 8);
        d = get(in, at + 12);
        if (shift > 0) {
          int left = width - shift;
          values[i] |= a << left & mask;
          values[i + 1] |= b << left & mask;
          values[i + 2] |= c << left & mask;
          values[i + 3] |= d << left & mask;
        }
      }
    }
  }

  private static void unpackAny(byte[] in, int from, int lanes, int width, int mask, int[] values) {
    for (int row = 0; row < 32; row++) {
      int bit = row * width;
      int word = bit >>> 5;
      int shift = bit & 31;
      for (int lane = 0; lane < lanes; lane++) {
        int at = from + 4 * (word * lanes + lane);
        int value = get(in, at) >>> shift;
        if (shift + width > 32) {
          value |= get(in, at + 4 * lanes) << (32 - shift);
        }
        values[row * lanes + lane] = value & mask;
      }
    }
  }
}
