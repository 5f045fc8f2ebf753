package io.lancelot.kernels;

import io.lancelot.base.CorruptDataException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Little-endian words in byte arrays, and the wide copies the decoders live on.
///
/// The codecs stage segments through small byte arrays: an access to an array costs one bounds
/// check, an access to a segment that may be native or heap costs several, and the bulk copies in
/// and out stay in the cache.
final class Bytes {

  /// How far beyond its end a copy of this class may write.
  static final int SLACK = 64;

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Bytes() {}

  static int unsignedShort(byte[] a, int at) {
    return (short) SHORT.get(a, at) & 0xffff;
  }

  static int intAt(byte[] a, int at) {
    return (int) INT.get(a, at);
  }

  static long longAt(byte[] a, int at) {
    return (long) LONG.get(a, at);
  }

  static void putShort(byte[] a, int at, int value) {
    SHORT.set(a, at, (short) value);
  }

  static void putInt(byte[] a, int at, int value) {
    INT.set(a, at, value);
  }

  static void putLong(byte[] a, int at, long value) {
    LONG.set(a, at, value);
  }

  /// Copies `count` bytes between different arrays and up to 15 more.
  static void copyLoosely(byte[] from, int fromAt, byte[] to, int toAt, int count) {
    if (count > 64) {
      System.arraycopy(from, fromAt, to, toAt, count);
      return;
    }
    for (int i = 0; i < count; i += 16) {
      putLong(to, toAt + i, longAt(from, fromAt + i));
      putLong(to, toAt + i + 8, longAt(from, fromAt + i + 8));
    }
  }

  /// Repeats the `count` bytes found `distance` before `at`, and up to 15 more. The ranges may
  /// overlap: a distance of one repeats a single byte.
  static void copyMatch(byte[] a, int at, int distance, int count) {
    int from = at - distance;
    if (distance >= 16) {
      if (count > 64 && distance >= count) {
        System.arraycopy(a, from, a, at, count);
        return;
      }
      for (int i = 0; i < count; i += 16) {
        long low = longAt(a, from + i);
        long high = longAt(a, from + i + 8);
        putLong(a, at + i, low);
        putLong(a, at + i + 8, high);
      }
      return;
    }
    if (distance >= 8) {
      for (int i = 0; i < count; i += 8) {
        putLong(a, at + i, longAt(a, from + i));
      }
      return;
    }
    if (distance == 1 && count > 32) {
      Arrays.fill(a, at, at + count, a[from]);
      return;
    }
    for (int i = 0; i < 8; i++) {
      a[at + i] = a[from + i];
    }
    // Eight bytes on, the same pattern also lies a multiple of the distance back.
    int back = distance * ((7 + distance) / distance);
    for (int i = 8; i < count; i += 8) {
      putLong(a, at + i, longAt(a, at + i - back));
    }
  }

  /// The length of the common run of `a[left…]` and `a[right…]`, where `left < right`, ending at
  /// `end` at the latest.
  static int matchLength(byte[] a, int left, int right, int end) {
    int start = right;
    while (right <= end - 8) {
      long difference = longAt(a, left) ^ longAt(a, right);
      if (difference != 0) {
        return right - start + (Long.numberOfTrailingZeros(difference) >>> 3);
      }
      left += 8;
      right += 8;
    }
    while (right < end && a[left] == a[right]) {
      left++;
      right++;
    }
    return right - start;
  }

  static CorruptDataException corrupt(
      String format, String what, Object expected, Object found, long at) {
    return new CorruptDataException(
        format + ": " + what + ": expected=" + expected + ", found=" + found + " at byte " + at);
  }
}
