package io.lancelot.file;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.BitPacking;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Values of whole bytes, whichever way a 2.0 page stores them.
///
/// Format: lance-format section 2.8.
sealed interface V20Words {

  /// Bytes of a value.
  int width();

  /// Values `[from, to)`, contiguous: a view of the file or memory of the read.
  MemorySegment read(long from, long to, V20State state);

  /// An integer of 4 or 8 bytes.
  static long at(MemorySegment words, int width, long index) {
    return width == 8
        ? words.get(FixedColumn.LONG, index * 8)
        : words.get(FixedColumn.INT, index * 4) & 0xFFFF_FFFFL;
  }

  /// As they are.
  record Flat(V20Buffer buffer, int width) implements V20Words {
    @Override
    public MemorySegment read(long from, long to, V20State state) {
      long first = Math.multiplyExact(from, (long) width);
      return buffer.bytes(first, Math.multiplyExact(to, (long) width) - first, state);
    }
  }

  /// The low bits of each, without gaps.
  record Packed(V20Buffer buffer, int bits, int width, boolean signed) implements V20Words {
    @Override
    public MemorySegment read(long from, long to, V20State state) {
      int count = Math.toIntExact(to - from);
      long firstBit = Math.multiplyExact(from, (long) bits);
      long endBit = Math.multiplyExact(to, (long) bits);
      long firstByte = firstBit >>> 3;
      MemorySegment packed = buffer.bytes(firstByte, ((endBit + 7) >>> 3) - firstByte, state);
      MemorySegment plain = state.scratch().allocateBytes((long) count * width);
      for (int i = 0; i < count; i++) {
        long value = value(packed, firstBit - (firstByte << 3) + (long) i * bits);
        switch (width) {
          case 1 -> plain.set(ValueLayout.JAVA_BYTE, i, (byte) value);
          case 2 -> plain.set(FixedColumn.SHORT, i * 2L, (short) value);
          case 4 -> plain.set(FixedColumn.INT, i * 4L, (int) value);
          default -> plain.set(FixedColumn.LONG, i * 8L, value);
        }
      }
      return plain;
    }

    private long value(MemorySegment packed, long bit) {
      long at = bit >>> 3;
      int shift = (int) (bit & 7);
      int bytes = (shift + bits + 7) >>> 3;
      long low = 0;
      for (int i = 0; i < Math.min(bytes, 8); i++) {
        low |= (packed.get(ValueLayout.JAVA_BYTE, at + i) & 0xFFL) << (8 * i);
      }
      long value = low >>> shift;
      if (bytes > 8) {
        value |= (packed.get(ValueLayout.JAVA_BYTE, at + 8) & 0xFFL) << (64 - shift);
      }
      int unused = 64 - bits;
      return signed ? value << unused >> unused : value << unused >>> unused;
    }
  }

  /// Bit-packed in blocks of 1,024, the last one filled up.
  record Blocks(V20Buffer buffer, int bits, int width) implements V20Words {
    @Override
    public MemorySegment read(long from, long to, V20State state) {
      long firstBlock = from / BitPacking.BLOCK;
      long blocks = (to + BitPacking.BLOCK - 1) / BitPacking.BLOCK - firstBlock;
      long packedBytes = BitPacking.packedBytes(bits);
      MemorySegment packed =
          buffer.bytes(
              Math.multiplyExact(firstBlock, packedBytes),
              Math.multiplyExact(blocks, packedBytes),
              state);
      long plainBytes = (long) BitPacking.BLOCK * width;
      MemorySegment plain = state.scratch().allocateBytes(Math.multiplyExact(blocks, plainBytes));
      BitPacking bitPacking = state.codecs().bitPacking();
      for (long i = 0; i < blocks; i++) {
        bitPacking.unpack(width * 8, bits, packed, i * packedBytes, plain, i * plainBytes);
      }
      long skipped = (from - firstBlock * BitPacking.BLOCK) * width;
      return plain.asSlice(skipped, (to - from) * width);
    }
  }

  /// All the same.
  record Same(MemorySegment value) implements V20Words {
    @Override
    public int width() {
      return (int) value.byteSize();
    }

    @Override
    public MemorySegment read(long from, long to, V20State state) {
      MemorySegment plain =
          state.scratch().allocateBytes(Math.multiplyExact(to - from, value.byteSize()));
      for (long i = 0; i < to - from; i++) {
        MemorySegment.copy(value, 0, plain, i * value.byteSize(), value.byteSize());
      }
      return plain;
    }
  }
}
