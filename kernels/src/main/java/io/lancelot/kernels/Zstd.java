package io.lancelot.kernels;

import io.lancelot.base.InvalidInputException;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Zstandard frames, read in full and written with a fast greedy compressor, without native code.
///
/// Reading covers every frame of the specification, several in a row, skippable ones between them,
/// checksums verified; only frames that need a dictionary are refused. An instance holds its work
/// area, which depends neither on the data nor on the window a frame asks for, and is not
/// thread-safe.
///
/// Format: RFC 8878.
public final class Zstd {

  private @Nullable ZstdDecoder decoder;
  private @Nullable ZstdEncoder encoder;

  /// The most bytes [#compress] writes for `bytes` plain bytes.
  public static long maxCompressedBytes(long bytes) {
    return ZstdEncoder.maxCompressedBytes(bytes);
  }

  /// The plain length of all frames of `source`, if every frame declares its own.
  ///
  /// The figure is what the frames claim: check it against a limit before allocating by it.
  public OptionalLong contentBytes(MemorySegment source) {
    return decoder().contentBytes(source);
  }

  /// A bound on the plain length of all frames of `source`: what they declare, or where they do
  /// not, what their blocks can hold. Compressed bytes can claim some 30,000 times their own
  /// number: check it against a limit before allocating by it.
  public long maxContentBytes(MemorySegment source) {
    return decoder().maxContentBytes(source);
  }

  /// Decompresses the frames that fill `source` into all of `target`.
  ///
  /// @throws io.lancelot.base.CorruptDataException if they are damaged or not exactly as long as
  ///   `target`
  /// @throws io.lancelot.base.UnsupportedFeatureException if a frame needs a dictionary
  public void decompress(MemorySegment source, MemorySegment target) {
    long length = decoder().decode(source, target);
    if (length != target.byteSize()) {
      throw Bytes.corrupt(
          "zstd frame", "plain length", target.byteSize(), length, source.byteSize());
    }
  }

  /// Decompresses the frames that fill `source` into the head of `target` and returns their plain
  /// length; one that exceeds `target` counts as damage.
  public long decompressUpTo(MemorySegment source, MemorySegment target) {
    return decoder().decode(source, target);
  }

  /// Compresses `source` into one frame at the head of `target` and returns the frame's length. The
  /// frame declares its content size and has no checksum.
  ///
  /// @throws InvalidInputException if `target` is shorter than [#maxCompressedBytes]
  public long compress(MemorySegment source, MemorySegment target) {
    return compress(source, target, 0);
  }

  /// As above, at a level: up to 2 fast, from 3 on (and 0, the usual one) with a longer search for
  /// matches; more does not change anything.
  public long compress(MemorySegment source, MemorySegment target, int level) {
    long most = maxCompressedBytes(source.byteSize());
    if (target.byteSize() < most) {
      throw new InvalidInputException(
          "zstd frame: target length: expected at least " + most + ", found " + target.byteSize());
    }
    if (encoder == null) {
      encoder = new ZstdEncoder();
    }
    return encoder.encode(source, target, level == 0 || level > 2);
  }

  private ZstdDecoder decoder() {
    if (decoder == null) {
      decoder = new ZstdDecoder();
    }
    return decoder;
  }
}
