package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.BufferCompression;
import io.lancelot.file.proto.CompressiveEncoding;
import io.lancelot.file.proto.General;
import io.lancelot.file.proto.OutOfLineBitpacking;
import io.lancelot.file.proto.Rle;
import io.lancelot.kernels.BitPacking;
import io.lancelot.kernels.RunLengths;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Decodes buffers that are one block: level streams and dictionaries, and undoes general
/// compression.
///
/// Format: lance-format sections 2.6.4 to 2.6.8.
final class BlockDecoder {

  /// No LZ4 block expands more than this.
  private static final long MAX_LZ4_RATIO = 255;

  private static final int ZSTD_MAGIC = 0xFD2FB528;
  private static final long MAX_ZSTD_BLOCK = 128 << 10;

  private BlockDecoder() {}

  /// `count` levels of 16 bits into the head of `target`.
  static void levels(
      CompressiveEncoding encoding,
      MemorySegment source,
      int count,
      short[] target,
      PageState state,
      PageContext page) {
    MemorySegment plain =
        fixed(encoding, 16, source, count, state, state.levelBytes, state.levelPlain, page);
    MemorySegment.copy(plain, FixedColumn.SHORT, 0, target, 0, count);
  }

  /// `count` values of `bits` bits: a view of `source` or memory of `out`.
  static MemorySegment fixed(
      CompressiveEncoding encoding,
      int bits,
      MemorySegment source,
      long count,
      PageState state,
      GrowingMemory out,
      GrowingMemory plain,
      PageContext page) {
    Scratch scratch = state.scratch();
    long bytes = bits % 8 == 0 ? Math.multiplyExact(count, bits / 8) : (count * bits + 7) / 8;
    return switch (encoding.getCompressionCase()) {
      case FLAT -> {
        requireBits(bits, encoding.getFlat().getBitsPerValue(), page);
        if (source.byteSize() < bytes) {
          throw page.corrupt("flat block bytes", bytes, source.byteSize());
        }
        yield source;
      }
      case INLINE_BITPACKING -> {
        requireBits(bits, encoding.getInlineBitpacking().getUncompressedBitsPerValue(), page);
        if (count > BitPacking.BLOCK) {
          throw page.corrupt("packed values", "at most 1024", count);
        }
        MemorySegment target = out.take(BitPacking.BLOCK / 8L * bits, scratch);
        inlineUnpack(bits, source, target, 0, state, page);
        yield target;
      }
      case OUT_OF_LINE_BITPACKING -> {
        GrowingMemory.check(bytes, scratch);
        MemorySegment target = out.take(bytes + BitPacking.BLOCK / 8L * bits, scratch);
        outOfLine(encoding.getOutOfLineBitpacking(), bits, source, count, target, state, page);
        yield target;
      }
      case RLE -> {
        GrowingMemory.check(bytes, scratch);
        MemorySegment target = out.take(bytes, scratch);
        runs(encoding.getRle(), bits, source, count, target, page);
        yield target;
      }
      case CONSTANT -> {
        GrowingMemory.check(bytes, scratch);
        byte[] value = encoding.getConstant().getValue().toByteArray();
        if (value.length * 8 != bits) {
          throw page.corrupt("constant bytes", bits / 8, value.length);
        }
        MemorySegment target = out.take(bytes, scratch);
        for (long i = 0; i < count; i++) {
          MemorySegment.copy(
              value, 0, target, ValueLayout.JAVA_BYTE, i * value.length, value.length);
        }
        yield target;
      }
      case GENERAL -> {
        General general = encoding.getGeneral();
        MemorySegment inner = decompress(general.getCompression(), source, state, plain, page);
        yield fixed(general.getValues(), bits, inner, count, state, out, new GrowingMemory(), page);
      }
      case VARIABLE,
          FSST,
          DICTIONARY,
          BYTE_STREAM_SPLIT,
          FIXED_SIZE_LIST,
          PACKED_STRUCT,
          VARIABLE_PACKED_STRUCT,
          COMPRESSION_NOT_SET ->
          throw page.unsupported("block encoding " + encoding.getCompressionCase());
    };
  }

  static void requireBits(long expected, long found, PageContext page) {
    if (expected != found) {
      throw page.corrupt("bits per value", expected, found);
    }
  }

  /// Unpacks the 1,024 values of one buffer that starts with its bit width.
  static void inlineUnpack(
      int bits,
      MemorySegment source,
      MemorySegment target,
      long targetOffset,
      PageState state,
      PageContext page) {
    int width = inlineWidth(bits, source, page);
    state.bitPacking().unpack(bits, width, source, bits / 8, target, targetOffset);
  }

  /// One value of a bit-packed block that begins with its width.
  static long inlineValue(int bits, MemorySegment source, int index, PageContext page) {
    return BitPacking.value(bits, inlineWidth(bits, source, page), source, bits / 8, index);
  }

  private static int inlineWidth(int bits, MemorySegment source, PageContext page) {
    if (source.byteSize() < bits / 8) {
      throw page.corrupt("bit-packed bytes", "at least " + bits / 8, source.byteSize());
    }
    long width =
        switch (bits) {
          case 8 -> source.get(ValueLayout.JAVA_BYTE, 0);
          case 16 -> source.get(FixedColumn.SHORT, 0);
          case 32 -> source.get(FixedColumn.INT, 0);
          case 64 -> source.get(FixedColumn.LONG, 0);
          default -> throw page.corrupt("bit-packed word", "8, 16, 32 or 64 bits", bits);
        };
    if (!(width >= 0 && width <= bits)) {
      throw page.corrupt("bit width", "0.." + bits, width);
    }
    return (int) width;
  }

  private static void outOfLine(
      OutOfLineBitpacking encoding,
      int bits,
      MemorySegment source,
      long count,
      MemorySegment target,
      PageState state,
      PageContext page) {
    requireBits(bits, encoding.getUncompressedBitsPerValue(), page);
    if (!encoding.getValues().hasFlat()) {
      throw page.corrupt("packed values", "flat", encoding.getValues().getCompressionCase());
    }
    if (!(bits == 8 || bits == 16 || bits == 32 || bits == 64)) {
      throw page.corrupt("bit-packed word", "8, 16, 32 or 64 bits", bits);
    }
    long packedBits = encoding.getValues().getFlat().getBitsPerValue();
    if (!(packedBits >= 0 && packedBits <= bits)) {
      throw page.corrupt("bit width", "0.." + bits, packedBits);
    }
    int width = (int) packedBits;
    long blockBytes = BitPacking.packedBytes(width);
    long blocks = count / BitPacking.BLOCK;
    int tail = (int) (count % BitPacking.BLOCK);
    long tailBytes = tail * (bits / 8L);
    boolean rawTail = source.byteSize() == blocks * blockBytes + tailBytes;
    long needed = blocks * blockBytes + (rawTail ? tailBytes : blockBytes);
    if (source.byteSize() < needed) {
      throw page.corrupt("bit-packed bytes", needed, source.byteSize());
    }
    long step = BitPacking.BLOCK / 8L * bits;
    for (long i = 0; i < blocks; i++) {
      state.bitPacking().unpack(bits, width, source, i * blockBytes, target, i * step);
    }
    if (rawTail) {
      MemorySegment.copy(source, blocks * blockBytes, target, blocks * step, tailBytes);
    } else {
      state.bitPacking().unpack(bits, width, source, blocks * blockBytes, target, blocks * step);
    }
  }

  private static void runs(
      Rle encoding,
      int bits,
      MemorySegment source,
      long count,
      MemorySegment target,
      PageContext page) {
    checkRle(encoding, bits, page);
    if (source.byteSize() < 8) {
      throw page.corrupt("run-length block bytes", "at least 8", source.byteSize());
    }
    long valueBytes = source.get(FixedColumn.LONG, 0);
    if (!(valueBytes >= 0 && valueBytes <= source.byteSize() - 8)) {
      throw page.corrupt("run value bytes", "at most " + (source.byteSize() - 8), valueBytes);
    }
    RunLengths.expand(
        bits, source.asSlice(8, valueBytes), source.asSlice(8 + valueBytes), target, 0, count);
  }

  /// Checks the parts of a run-length encoding: flat values beside flat bytes.
  static void checkRle(Rle encoding, int bits, PageContext page) {
    if (!encoding.getValues().hasFlat()
        || !encoding.getRunLengths().hasFlat()
        || encoding.getRunLengths().getFlat().getBitsPerValue() != 8) {
      throw page.unsupported("run-length encoding with encoded parts");
    }
    requireBits(bits, encoding.getValues().getFlat().getBitsPerValue(), page);
  }

  /// The plain bytes of a compressed buffer, in memory of `out`.
  static MemorySegment decompress(
      BufferCompression compression,
      MemorySegment source,
      PageState state,
      GrowingMemory out,
      PageContext page) {
    return switch (compression.getScheme()) {
      case LZ4 -> {
        if (source.byteSize() < 4) {
          throw page.corrupt("lz4 bytes", "at least 4", source.byteSize());
        }
        long length = source.get(FixedColumn.INT, 0) & 0xFFFF_FFFFL;
        long most = (source.byteSize() - 4) * MAX_LZ4_RATIO;
        if (length > most) {
          throw page.corrupt("lz4 plain length", "at most " + most, length);
        }
        MemorySegment target = out.take(length, state.scratch()).asSlice(0, length);
        state.lz4().decompress(source.asSlice(4), target);
        yield target;
      }
      case ZSTD -> zstd(source, state, out, page);
      case UNSPECIFIED, UNRECOGNIZED ->
          throw page.unsupported("compression scheme " + compression.getSchemeValue());
    };
  }

  private static MemorySegment zstd(
      MemorySegment source, PageState state, GrowingMemory out, PageContext page) {
    // Very old buffers are a bare frame without the length in front.
    boolean bare =
        source.byteSize() > 4
            && source.get(FixedColumn.INT, 0) == ZSTD_MAGIC
            && (source.get(ValueLayout.JAVA_BYTE, 4) & 0x10) == 0;
    if (bare) {
      // They come from streams, and may not say how long they are.
      long most = state.zstd().maxContentBytes(source);
      GrowingMemory.check(most, state.scratch());
      MemorySegment target = out.take(most, state.scratch()).asSlice(0, most);
      return target.asSlice(0, state.zstd().decompressUpTo(source, target));
    }
    if (source.byteSize() < 8) {
      throw page.corrupt("zstd bytes", "at least 8", source.byteSize());
    }
    MemorySegment frame = source.asSlice(8);
    long length = source.get(FixedColumn.LONG, 0);
    GrowingMemory.check(length, state.scratch());
    // A frame's blocks hold at most 128 KiB each and take at least three bytes.
    long most = (frame.byteSize() / 3 + 1) * MAX_ZSTD_BLOCK;
    if (length > most) {
      throw page.corrupt("zstd plain length", "at most " + most, length);
    }
    MemorySegment target = out.take(length, state.scratch()).asSlice(0, length);
    state.zstd().decompress(frame, target);
    return target;
  }
}
