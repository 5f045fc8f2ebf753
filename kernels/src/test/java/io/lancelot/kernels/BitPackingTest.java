package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.CorruptDataException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BitPackingTest {

  private static final int[] TYPES = {8, 16, 32, 64};
  private static final int[] ORDER = {0, 4, 2, 6, 1, 5, 3, 7};

  private final BitPacking packing = new BitPacking();

  @Test
  void agreesWithTheNaiveLayoutForEveryTypeAndWidth() {
    var random = new Random(CodecSamples.seed());
    for (int bits : TYPES) {
      for (int width = 0; width <= bits; width++) {
        byte[] packed = CodecSamples.random(random, BitPacking.packedBytes(width));
        byte[] plain = new byte[BitPacking.BLOCK * bits / 8];
        packing.unpack(bits, width, segment(packed), 0, segment(plain), 0);
        for (int row = 0; row < bits; row++) {
          for (int lane = 0; lane < 1024 / bits; lane++) {
            int index = ORDER[row / 8] * 16 + row % 8 * 128 + lane;
            assertThat(BitPacking.value(bits, width, segment(packed), 0, index))
                .as("bits=%d width=%d index=%d", bits, width, index)
                .isEqualTo(value(plain, bits, index));
            assertThat(value(plain, bits, index))
                .as("bits=%d width=%d row=%d lane=%d", bits, width, row, lane)
                .isEqualTo(naive(packed, bits, width, row, lane));
          }
        }
        byte[] again = CodecSamples.random(random, packed.length);
        packing.pack(bits, width, segment(plain), 0, segment(again), 0);
        assertThat(again).as("bits=%d width=%d", bits, width).isEqualTo(packed);
      }
    }
  }

  @Test
  void packsTheKnownWords() {
    int[] indexes = {0, 1, 128, 64};
    int[] words = {0, 1, 0, 0};
    int[] expected = {0x0001, 0x0001, 0x0002, 0x0100};
    for (int i = 0; i < indexes.length; i++) {
      short[] plain = new short[1024];
      plain[indexes[i]] = 1;
      short[] packed = new short[64];
      packing.pack(16, 1, MemorySegment.ofArray(plain), 0, MemorySegment.ofArray(packed), 0);
      short[] wanted = new short[64];
      wanted[words[i]] = (short) expected[i];
      assertThat(packed).isEqualTo(wanted);
    }
  }

  @Test
  void dropsBitsBeyondTheWidthAndHonoursOffsets() {
    int[] plain = new int[1030];
    for (int i = 0; i < plain.length; i++) {
      plain[i] = i * 0x9E3779B1;
    }
    byte[] packed = new byte[5 + BitPacking.packedBytes(13)];
    packing.pack(32, 13, MemorySegment.ofArray(plain), 12, segment(packed), 5);
    int[] back = new int[1026];
    packing.unpack(32, 13, segment(packed), 5, MemorySegment.ofArray(back), 8);
    for (int i = 0; i < 1024; i++) {
      assertThat(back[2 + i]).isEqualTo(plain[3 + i] & 0x1fff);
    }
    assertThat(back[0] | back[1]).isZero();
  }

  @Test
  void findsTheWidthOfTheLargestValue() {
    var random = new Random(CodecSamples.seed());
    for (int bits : TYPES) {
      for (int width = 0; width <= bits; width++) {
        int size = bits / 8;
        int count = 1 + random.nextInt(40);
        byte[] values = new byte[3 + (count + 1) * size];
        Arrays.fill(values, (byte) -1);
        Arrays.fill(values, 3, 3 + count * size, (byte) 0);
        if (width > 0) {
          int bit = width - 1;
          values[3 + random.nextInt(count) * size + bit / 8] |= (byte) (1 << bit % 8);
        }
        assertThat(BitPacking.bitWidth(bits, segment(values), 3, count))
            .as("bits=%d width=%d count=%d", bits, width, count)
            .isEqualTo(width);
      }
    }
  }

  @Test
  void refusesShortSourcesAndImpossibleWidths() {
    byte[] plain = new byte[4096];
    assertThatThrownBy(() -> packing.unpack(32, 7, segment(new byte[895]), 0, segment(plain), 0))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("bit packing: block of width 7: expected=896 bytes, found=895 at byte 0");
    assertThatThrownBy(() -> packing.unpack(16, 17, segment(new byte[9999]), 0, segment(plain), 0))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("bit packing: width: expected=0..16, found=17 at byte 0");
  }

  private static long naive(byte[] packed, int bits, int width, int row, int lane) {
    long value = 0;
    for (int i = 0; i < width; i++) {
      int bit = row * width + i;
      long word = value(packed, bits, bit / bits * (1024 / bits) + lane);
      value |= (word >>> bit % bits & 1) << i;
    }
    return value;
  }

  private static long value(byte[] words, int bits, int index) {
    long value = 0;
    for (int i = 0; i < bits / 8; i++) {
      value |= (segment(words).get(ValueLayout.JAVA_BYTE, index * bits / 8 + i) & 0xffL) << (8 * i);
    }
    return value;
  }

  private static MemorySegment segment(byte[] bytes) {
    return MemorySegment.ofArray(bytes);
  }
}
