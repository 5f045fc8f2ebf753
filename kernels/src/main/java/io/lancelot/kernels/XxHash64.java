package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The 64-bit xxHash of a segment, seed zero.
///
/// Format: xxHash's `doc/xxhash_spec.md`, XXH64.
public final class XxHash64 {

  private static final long PRIME1 = 0x9E3779B185EBCA87L;
  private static final long PRIME2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME3 = 0x165667B19E3779F9L;
  private static final long PRIME4 = 0x85EBCA77C2B2AE63L;
  private static final long PRIME5 = 0x27D4EB2F165667C5L;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private XxHash64() {}

  /// The hash of all bytes of a segment.
  public static long hash(MemorySegment bytes) {
    long length = bytes.byteSize();
    long at = 0;
    long hash;
    if (length >= 32) {
      long a = 0x60EA27EEADC0B5D6L; // PRIME1 + PRIME2, wrapped
      long b = PRIME2;
      long c = 0;
      long d = 0x61C8864E7A143579L; // -PRIME1
      for (; at <= length - 32; at += 32) {
        a = round(a, bytes.get(LONG, at));
        b = round(b, bytes.get(LONG, at + 8));
        c = round(c, bytes.get(LONG, at + 16));
        d = round(d, bytes.get(LONG, at + 24));
      }
      hash =
          Long.rotateLeft(a, 1)
              + Long.rotateLeft(b, 7)
              + Long.rotateLeft(c, 12)
              + Long.rotateLeft(d, 18);
      hash = merge(merge(merge(merge(hash, a), b), c), d);
    } else {
      hash = PRIME5;
    }
    hash += length;
    for (; at <= length - 8; at += 8) {
      hash = Long.rotateLeft(hash ^ round(0, bytes.get(LONG, at)), 27) * PRIME1 + PRIME4;
    }
    for (; at <= length - 4; at += 4) {
      long word = bytes.get(INT, at) & 0xffffffffL;
      hash = Long.rotateLeft(hash ^ (word * PRIME1), 23) * PRIME2 + PRIME3;
    }
    for (; at < length; at++) {
      long b = bytes.get(ValueLayout.JAVA_BYTE, at) & 0xffL;
      hash = Long.rotateLeft(hash ^ (b * PRIME5), 11) * PRIME1;
    }
    hash = (hash ^ (hash >>> 33)) * PRIME2;
    hash = (hash ^ (hash >>> 29)) * PRIME3;
    return hash ^ (hash >>> 32);
  }

  private static long round(long accumulator, long word) {
    return Long.rotateLeft(accumulator + word * PRIME2, 31) * PRIME1;
  }

  private static long merge(long hash, long accumulator) {
    return (hash ^ round(0, accumulator)) * PRIME1 + PRIME4;
  }
}
