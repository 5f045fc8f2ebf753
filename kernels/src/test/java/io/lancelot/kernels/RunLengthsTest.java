package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.CorruptDataException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RunLengthsTest {

  @Test
  void roundTripsEveryType() {
    var random = new Random(CodecSamples.seed());
    for (int bits : new int[] {8, 16, 32, 64}) {
      for (int round = 0; round < 100; round++) {
        int size = bits / 8;
        int count = random.nextInt(5000);
        byte[] plain = new byte[count * size];
        for (int at = 0; at < count; ) {
          int run = Math.min(count - at, 1 + random.nextInt(round % 2 == 0 ? 3 : 900));
          byte[] value = CodecSamples.random(random, size);
          for (int i = 0; i < run; i++) {
            System.arraycopy(value, 0, plain, (at + i) * size, size);
          }
          at += run;
        }
        MemorySegment source = MemorySegment.ofArray(plain);
        long runs = RunLengths.countRuns(bits, source, 0, count);
        MemorySegment values = MemorySegment.ofArray(new byte[(int) runs * size]);
        MemorySegment lengths = MemorySegment.ofArray(new byte[(int) runs]);
        assertThat(RunLengths.encode(bits, source, 0, count, values, lengths)).isEqualTo(runs);
        byte[] back = new byte[plain.length + 3];
        RunLengths.expand(bits, values, lengths, MemorySegment.ofArray(back), 3, count);
        assertThat(MemorySegment.ofArray(back).asSlice(3).mismatch(source)).isEqualTo(-1);
      }
    }
  }

  @Test
  void writesTheKnownBytes() {
    short[] levels = new short[600];
    Arrays.fill(levels, (short) 1);
    byte[] values = new byte[6];
    byte[] lengths = new byte[3];
    RunLengths.encode(
        16,
        MemorySegment.ofArray(levels),
        0,
        600,
        MemorySegment.ofArray(values),
        MemorySegment.ofArray(lengths));
    assertThat(values).containsExactly(1, 0, 1, 0, 1, 0);
    assertThat(lengths).containsExactly(0xff, 0xff, 0x5a);
  }

  @Test
  void refusesSumsThatDoNotMatch() {
    MemorySegment values = MemorySegment.ofArray(new byte[2]);
    MemorySegment lengths = MemorySegment.ofArray(new byte[] {5, 6});
    MemorySegment target = MemorySegment.ofArray(new byte[100]);
    assertThatThrownBy(() -> RunLengths.expand(8, values, lengths, target, 0, 10))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("run lengths: run: expected=at most 5, found=6 at byte 1");
    assertThatThrownBy(() -> RunLengths.expand(8, values, lengths, target, 0, 12))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("run lengths: sum of the runs: expected=12, found=11 at byte 2");
    assertThatThrownBy(() -> RunLengths.expand(16, values, lengths, target, 0, 11))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("run lengths: bytes of values: expected=4, found=2 at byte 0");
  }
}
