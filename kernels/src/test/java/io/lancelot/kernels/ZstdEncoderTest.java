package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZstdEncoderTest {

  private final Zstd zstd = new Zstd();

  @Test
  void writesFramesThatTheReferenceAndWeRead() {
    for (Map.Entry<String, byte[]> sample : CodecSamples.all(CodecSamples.seed()).entrySet()) {
      check(sample.getKey(), sample.getValue());
    }
  }

  @Test
  void writesSmallAlphabetsAndOddLengths() {
    var random = new Random(CodecSamples.seed());
    for (int round = 0; round < 3000; round++) {
      byte[] plain = new byte[random.nextInt(round % 100 == 0 ? 60_000 : 3000)];
      int letters = 1 + random.nextInt(random.nextBoolean() ? 6 : 256);
      double skew = 1 + random.nextInt(12);
      int first = random.nextInt(256);
      for (int i = 0; i < plain.length; i++) {
        plain[i] = (byte) (first + (int) (letters * Math.pow(random.nextDouble(), skew)));
      }
      check("round " + round, plain);
    }
  }

  @Test
  void slidesItsWindowOverLongInput() {
    var random = new Random(CodecSamples.seed());
    byte[] plain = CodecSamples.text(random, 5_000_001);
    System.arraycopy(plain, 0, plain, 2_000_000, 400_000);
    check("long text", plain);
  }

  @Test
  void compressesTextAboutAsWellAsTheFastLevelOfTheReference() {
    byte[] plain = CodecSamples.text(new Random(4), 1_000_000);
    int theirs = com.github.luben.zstd.Zstd.compress(plain, 1).length;
    assertThat(compress(plain, 1).length).isLessThan(theirs * 110 / 100);
  }

  @Test
  void refusesATargetThatMightBeTooShort() {
    assertThatThrownBy(() -> zstd.compress(heap(new byte[100]), heap(new byte[100])))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("zstd frame: target length: expected at least 121, found 100");
  }

  @Test
  void worksOnNativeSegments() {
    byte[] plain = CodecSamples.text(new Random(1), 200_000);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = CodecSamples.natively(arena, plain);
      MemorySegment frame = arena.allocate(Zstd.maxCompressedBytes(plain.length));
      long length = zstd.compress(source, frame);
      MemorySegment back = arena.allocate(plain.length);
      zstd.decompress(frame.asSlice(0, length), back);
      assertThat(back.mismatch(source)).isEqualTo(-1);
    }
  }

  @Test
  void compressesTextAboutAsWellAsTheUsualLevelOfTheReference() {
    byte[] plain = CodecSamples.text(new Random(4), 1_000_000);
    int theirs = com.github.luben.zstd.Zstd.compress(plain, 3).length;
    int fast = compress(plain, 1).length;
    assertThat(compress(plain, 3).length).isLessThan(theirs * 106 / 100).isLessThan(fast);
  }

  private void check(String name, byte[] plain) {
    check(name + " fast", plain, 1);
    check(name + " thorough", plain, 3);
  }

  private void check(String name, byte[] plain, int level) {
    byte[] frame = compress(plain, level);
    assertThat(zstd.contentBytes(heap(frame))).hasValue(plain.length);
    byte[] back = new byte[plain.length];
    try {
      zstd.decompress(heap(frame), heap(back));
    } catch (RuntimeException e) {
      throw new AssertionError(name, e);
    }
    assertThat(Arrays.equals(back, plain)).as(name).isTrue();
    byte[] byReference = new byte[plain.length];
    long length = com.github.luben.zstd.Zstd.decompress(byReference, frame);
    assertThat(length).as(name).isEqualTo(plain.length);
    assertThat(Arrays.equals(byReference, plain)).as(name).isTrue();
  }

  private byte[] compress(byte[] plain, int level) {
    byte[] target = new byte[(int) Zstd.maxCompressedBytes(plain.length)];
    return Arrays.copyOf(target, (int) zstd.compress(heap(plain), heap(target), level));
  }

  private static MemorySegment heap(byte[] bytes) {
    return MemorySegment.ofArray(bytes);
  }
}
