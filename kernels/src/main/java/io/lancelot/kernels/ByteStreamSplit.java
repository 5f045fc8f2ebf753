package io.lancelot.kernels;

import io.lancelot.base.InvalidInputException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Splits values of 32 or 64 bits into one stream per byte, all first bytes before all second
/// bytes, and joins them again. Floats so arranged compress better.
///
/// An instance holds its work area and is not thread-safe.
///
/// Format: `ByteStreamSplit` of Lance and Parquet.
public final class ByteStreamSplit {

  private static final int PIECE = 1024;

  private final byte[] streams = new byte[PIECE * Long.BYTES];
  private final byte[] values = new byte[PIECE * Long.BYTES];

  /// Joins the streams that fill `source` to `count` values at `targetOffset`.
  ///
  /// @throws io.lancelot.base.CorruptDataException if `source` is not exactly `count` values long
  public void join(
      int bits, MemorySegment source, long count, MemorySegment target, long targetOffset) {
    int size = valueBytes(bits);
    if (count < 0 || source.byteSize() / size != count || source.byteSize() % size != 0) {
      throw Bytes.corrupt(
          "byte stream split", "bytes of " + count + " values", count * size, source.byteSize(), 0);
    }
    for (long at = 0; at < count; at += PIECE) {
      int piece = (int) Math.min(PIECE, count - at);
      for (int b = 0; b < size; b++) {
        MemorySegment.copy(
            source, ValueLayout.JAVA_BYTE, b * count + at, streams, b * PIECE, piece);
      }
      for (int half = 0; half < size; half += 4) {
        joinFour(half * PIECE, half, size, piece);
      }
      MemorySegment.copy(
          values, 0, target, ValueLayout.JAVA_BYTE, targetOffset + at * size, piece * size);
    }
  }

  private void joinFour(int stream, int to, int size, int count) {
    byte[] in = streams;
    for (int i = 0; i < count; i++) {
      int value =
          (in[stream + i] & 0xff)
              | ((in[stream + PIECE + i] & 0xff) << 8)
              | ((in[stream + 2 * PIECE + i] & 0xff) << 16)
              | (in[stream + 3 * PIECE + i] << 24);
      Bytes.putInt(values, to + i * size, value);
    }
  }

  /// Splits `count` values at `sourceOffset` into the head of `target`.
  public void split(
      int bits, MemorySegment source, long sourceOffset, long count, MemorySegment target) {
    int size = valueBytes(bits);
    for (long at = 0; at < count; at += PIECE) {
      int piece = (int) Math.min(PIECE, count - at);
      MemorySegment.copy(
          source, ValueLayout.JAVA_BYTE, sourceOffset + at * size, values, 0, piece * size);
      for (int b = 0; b < size; b++) {
        for (int i = 0; i < piece; i++) {
          streams[b * PIECE + i] = values[i * size + b];
        }
        MemorySegment.copy(
            streams, b * PIECE, target, ValueLayout.JAVA_BYTE, b * count + at, piece);
      }
    }
  }

  private static int valueBytes(int bits) {
    if (bits != 32 && bits != 64) {
      throw new InvalidInputException("byte stream split: bits: expected 32 or 64, found " + bits);
    }
    return bits / Byte.SIZE;
  }
}
