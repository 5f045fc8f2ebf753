package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.CorruptDataException;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteStreamSplitTest {

  private final ByteStreamSplit codec = new ByteStreamSplit();

  @Test
  void splitsAndJoins() {
    var random = new Random(CodecSamples.seed());
    for (int bits : new int[] {32, 64}) {
      int size = bits / 8;
      for (int count : new int[] {0, 1, 7, 512, 1024, 1025, 5000}) {
        byte[] plain = CodecSamples.random(random, count * size);
        byte[] split = new byte[plain.length];
        codec.split(bits, MemorySegment.ofArray(plain), 0, count, MemorySegment.ofArray(split));
        for (int i = 0; i < plain.length; i++) {
          assertThat(split[i % size * count + i / size]).isEqualTo(plain[i]);
        }
        byte[] back = new byte[plain.length];
        codec.join(bits, MemorySegment.ofArray(split), count, MemorySegment.ofArray(back), 0);
        assertThat(back).isEqualTo(plain);
      }
    }
  }

  @Test
  void refusesStreamsOfTheWrongLength() {
    MemorySegment short39 = MemorySegment.ofArray(new byte[39]);
    assertThatThrownBy(() -> codec.join(32, short39, 10, MemorySegment.ofArray(new byte[40]), 0))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("byte stream split: bytes of 10 values: expected=40, found=39 at byte 0");
  }
}
