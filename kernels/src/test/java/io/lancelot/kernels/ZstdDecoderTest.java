package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdOutputStream;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ZstdDecoderTest {

  private final Zstd zstd = new Zstd();

  @Test
  void readsEveryLevelOfTheReference() {
    for (Map.Entry<String, byte[]> sample : CodecSamples.all(CodecSamples.seed()).entrySet()) {
      byte[] plain = sample.getValue();
      int step = plain.length > 200_000 ? 6 : plain.length > 10_000 ? 3 : 1;
      for (int level = 1; level <= 19; level += step) {
        byte[] frame = reference(plain, level, level % 2 == 0);
        assertThat(zstd.contentBytes(heap(frame))).hasValue(plain.length);
        byte[] back = new byte[plain.length];
        try {
          zstd.decompress(heap(frame), heap(back));
        } catch (CorruptDataException e) {
          throw new AssertionError(sample.getKey() + " level " + level, e);
        }
        assertThat(Arrays.equals(back, plain)).as("%s level %d", sample.getKey(), level).isTrue();
      }
    }
  }

  @Test
  void readsMatchesThatReachBeyondTheWindow() throws IOException {
    var random = new Random(CodecSamples.seed());
    byte[] piece = CodecSamples.random(random, 1_500_000);
    byte[] plain = Arrays.copyOf(piece, 4_000_000);
    System.arraycopy(piece, 0, plain, 1_500_000, 1_500_000);
    System.arraycopy(piece, 500_000, plain, 3_000_000, 1_000_000);
    var out = new ByteArrayOutputStream();
    try (var stream = new ZstdOutputStream(out, 19)) {
      stream.setLong(27);
      stream.setChecksum(true);
      stream.write(plain);
    }
    assertThat(out.size()).isLessThan(1_600_000);
    assertThat(zstd.contentBytes(heap(out.toByteArray()))).isEmpty();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment frame = CodecSamples.natively(arena, out.toByteArray());
      MemorySegment back = arena.allocate(plain.length + 10);
      assertThat(zstd.decompressUpTo(frame, back)).isEqualTo(plain.length);
      assertThat(back.asSlice(0, plain.length).mismatch(heap(plain))).isEqualTo(-1);
      assertThatThrownBy(() -> zstd.decompress(frame, back))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining("plain length: expected=4000010, found=4000000");
      assertThatThrownBy(() -> zstd.decompress(frame, back.asSlice(0, plain.length - 1)))
          .isInstanceOf(CorruptDataException.class);
    }
  }

  @Test
  void readsSeveralFramesAndSkipsOthers() throws IOException {
    var random = new Random(3);
    byte[] first = CodecSamples.text(random, 70_000);
    byte[] second = CodecSamples.text(random, 300);
    var out = new ByteArrayOutputStream();
    out.write(reference(first, 3, true));
    out.write(new byte[] {0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9});
    out.write(reference(second, 19, false));
    byte[] back = new byte[70_300];
    assertThat(zstd.contentBytes(heap(out.toByteArray()))).hasValue(70_300);
    zstd.decompress(heap(out.toByteArray()), heap(back));
    assertThat(Arrays.copyOf(back, 70_000)).isEqualTo(first);
    assertThat(Arrays.copyOfRange(back, 70_000, 70_300)).isEqualTo(second);
  }

  @Test
  void refusesDictionariesAndDamageByName() {
    byte[] dictionary = {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0x21, 7, 0, 1, 0, 0};
    assertThatThrownBy(() -> zstd.decompress(heap(dictionary), heap(new byte[0])))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessage("zstd frame with dictionary id 7");
    assertThatThrownBy(() -> zstd.decompress(heap(new byte[9]), heap(new byte[1])))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("zstd frame: frame magic: expected=fd2fb528, found=0 at byte 4");
    byte[] frame = reference(CodecSamples.text(new Random(1), 1000), 3, true);
    frame[frame.length - 1]++;
    assertThatThrownBy(() -> zstd.decompress(heap(frame), heap(new byte[1000])))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageStartingWith("zstd frame: content checksum: expected=");
  }

  @Test
  @Timeout(value = 120, unit = TimeUnit.SECONDS)
  void survivesTruncationAndBitFlips() {
    var random = new Random(CodecSamples.seed());
    for (int round = 0; round < 4000; round++) {
      byte[] plain =
          CodecSamples.text(random, 1 + random.nextInt(round % 100 == 0 ? 400_000 : 2000));
      byte[] frame = reference(plain, 1 + round % 19, false);
      byte[] back = new byte[plain.length];
      if (round % 2 == 0) {
        byte[] cut = Arrays.copyOf(frame, random.nextInt(frame.length - 1) + 1);
        assertThatThrownBy(() -> zstd.decompress(heap(cut), heap(back)))
            .isInstanceOf(CorruptDataException.class);
      } else {
        for (int i = 0; i <= round % 5; i++) {
          int at = random.nextInt(frame.length) / (round % 3 == 0 ? 4 : 1);
          frame[at] ^= (byte) (1 << random.nextInt(8));
        }
        try {
          zstd.contentBytes(heap(frame));
          zstd.decompress(heap(frame), heap(back));
        } catch (CorruptDataException | UnsupportedFeatureException e) {
          assertThat(e).hasMessageStartingWith("zstd frame");
        }
      }
    }
  }

  private static byte[] reference(byte[] plain, int level, boolean checksum) {
    try (var context = new ZstdCompressCtx()) {
      return context.setLevel(level).setChecksum(checksum).compress(plain);
    }
  }

  private static MemorySegment heap(byte[] bytes) {
    return MemorySegment.ofArray(bytes);
  }
}
