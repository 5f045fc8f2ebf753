package io.lancelot.columnar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BitsTest {

  private final Random random = RandomData.seeded("BitsTest").random();

  @Test
  void agreesWithBitSet() {
    for (int round = 0; round < 2_000; round++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      BitSet model = BitSet.valueOf(bytes);
      int offset = random.nextInt(bytes.length * 8 + 1);
      int length = random.nextInt(bytes.length * 8 - offset + 1);
      Bits bits = new Bits(MemorySegment.ofArray(bytes), offset, length);
      assertSame(bits, model.get(offset, offset + length), length);

      int from = random.nextInt(length + 1);
      int count = random.nextInt(length - from + 1);
      assertSame(bits.slice(from, count), model.get(offset + from, offset + from + count), count);
    }
  }

  private static void assertSame(Bits bits, BitSet model, int length) {
    assertThat(bits.length()).isEqualTo(length);
    assertThat(bits.count()).isEqualTo(model.cardinality());
    for (int i = 0; i < length; i++) {
      assertThat(bits.get(i)).isEqualTo(model.get(i));
      long[] rest = model.get(i, Math.min(length, i + 64)).toLongArray();
      assertThat(bits.word(i)).isEqualTo(rest.length == 0 ? 0 : rest[0]);
    }
    assertThat(bits.word(length)).isZero();
    try (Arena arena = Arena.ofConfined()) {
      Bits compact = bits.compact(arena);
      assertThat(compact.offset()).isZero();
      assertThat(compact.segment().byteSize()).isEqualTo((length + 63L) / 64 * 8);
      for (int i = 0; i < length; i++) {
        assertThat(compact.get(i)).isEqualTo(model.get(i));
      }
      assertThat(new Bits(compact.segment(), 0, (length + 63) / 64 * 64).count())
          .isEqualTo(model.cardinality());
    }
  }

  @Test
  void concatenates() {
    try (Arena arena = Arena.ofConfined()) {
      for (int round = 0; round < 300; round++) {
        List<Bits> parts = new ArrayList<>();
        BitSet model = new BitSet();
        int total = 0;
        for (int i = random.nextInt(5); i > 0; i--) {
          byte[] bytes = new byte[20];
          random.nextBytes(bytes);
          int offset = random.nextInt(30);
          Bits part = new Bits(MemorySegment.ofArray(bytes), offset, random.nextInt(130));
          parts.add(part);
          for (int j = 0; j < part.length(); j++) {
            model.set(total++, part.get(j));
          }
        }
        assertSame(Concatenation.concatBits(parts, total, arena), model, total);
      }
    }
  }

  @Test
  void onesAreOnes() {
    try (Arena arena = Arena.ofConfined()) {
      for (int length : new int[] {0, 1, 63, 64, 65}) {
        assertThat(Bits.ones(length, arena).count()).isEqualTo(length);
      }
    }
  }

  @Test
  void refusesWhatLiesOutside() {
    MemorySegment two = MemorySegment.ofArray(new byte[2]);
    assertThatThrownBy(() -> new Bits(two, 3, 14))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("bitmap too short: expected=17 bits, found=16");
    assertThatThrownBy(() -> new Bits(two, -1, 4)).isInstanceOf(IllegalArgumentException.class);
    Bits bits = new Bits(two, 3, 13);
    assertThatThrownBy(() -> bits.slice(1, Integer.MAX_VALUE))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> bits.slice(7, 7)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void countsBeyondThePointWhereAnIntCounterWouldWrap(@TempDir Path folder) throws IOException {
    int length = Integer.MAX_VALUE - 8;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = RandomData.sparse(folder, (length + 7L) / 8, arena);
      Columns.setBit(bytes, length - 1);
      assertThat(new Bits(bytes, 0, length).count()).isEqualTo(1);
    }
  }
}
