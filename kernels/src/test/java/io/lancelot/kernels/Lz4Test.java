package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class Lz4Test {

  private final Lz4 lz4 = new Lz4();
  private final LZ4Factory reference = LZ4Factory.safeInstance();

  @Test
  void roundTripsWithItselfAndTheReference() {
    for (Map.Entry<String, byte[]> sample : CodecSamples.all(CodecSamples.seed()).entrySet()) {
      byte[] plain = sample.getValue();
      byte[] ours = compress(plain);
      assertThat(decompress(ours, plain.length)).as(sample.getKey()).isEqualTo(plain);
      byte[] byReference = new byte[plain.length];
      reference.safeDecompressor().decompress(ours, 0, ours.length, byReference, 0);
      assertThat(byReference).as(sample.getKey()).isEqualTo(plain);
      for (byte[] theirs :
          new byte[][] {
            reference.fastCompressor().compress(plain), reference.highCompressor(9).compress(plain)
          }) {
        assertThat(decompress(theirs, plain.length)).as(sample.getKey()).isEqualTo(plain);
      }
    }
  }

  @Test
  void worksOnNativeSegmentsWithoutReadingBeyond() {
    byte[] plain = CodecSamples.text(new Random(1), 200_000);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = CodecSamples.natively(arena, compress(plain));
      MemorySegment target = CodecSamples.natively(arena, new byte[plain.length]);
      lz4.decompress(source, target);
      assertThat(target.mismatch(MemorySegment.ofArray(plain))).isEqualTo(-1);
      MemorySegment again = arena.allocate(Lz4.maxCompressedBytes(plain.length));
      assertThat(lz4.compress(target, again)).isEqualTo(source.byteSize());
    }
  }

  @Test
  void decodesHandMadeBlocks() {
    // "a", then 9 bytes from distance 1, then "bcdef".
    byte[] block = {0x15, 'a', 1, 0, 0x50, 'b', 'c', 'd', 'e', 'f'};
    assertThat(new String(decompress(block, 15), StandardCharsets.US_ASCII))
        .isEqualTo("aaaaaaaaaabcdef");
    assertThat(decompress(new byte[] {0}, 0)).isEmpty();
  }

  @Test
  void refusesDamageWithExpectedAndFound() {
    assertThatThrownBy(() -> decompress(new byte[] {0x10, 'a', 2, 0, 0}, 6))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("lz4 block: match distance: expected=1..1, found=2 at byte 4");
    assertThatThrownBy(() -> decompress(new byte[] {0x20, 'a'}, 2))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageStartingWith("lz4 block: literals: expected=1 more bytes, found=the end");
    assertThatThrownBy(() -> decompress(new byte[] {0x10, 'a'}, 2))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("lz4 block: plain length: expected=2, found=1 at byte 2");
    byte[] long255 = new byte[100_000];
    Arrays.fill(long255, (byte) 0xff);
    assertThatThrownBy(() -> decompress(long255, 1000)).isInstanceOf(CorruptDataException.class);
  }

  @Test
  void refusesATargetThatMightBeTooShort() {
    assertThatThrownBy(() -> lz4.compress(heap(new byte[100]), heap(new byte[100])))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("lz4 block: target length: expected at least 116, found 100");
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void survivesTruncationAndBitFlips() {
    var random = new Random(CodecSamples.seed());
    for (int round = 0; round < 3000; round++) {
      byte[] plain = CodecSamples.text(random, 1 + random.nextInt(round % 50 == 0 ? 200_000 : 800));
      byte[] block = compress(plain);
      if (round % 2 == 0) {
        byte[] cut = Arrays.copyOf(block, random.nextInt(block.length));
        assertThatThrownBy(() -> decompress(cut, plain.length))
            .isInstanceOf(CorruptDataException.class);
      } else {
        for (int i = 0; i <= round % 5; i++) {
          block[random.nextInt(block.length)] ^= (byte) (1 << random.nextInt(8));
        }
        try {
          assertThat(decompress(block, plain.length)).hasSize(plain.length);
        } catch (CorruptDataException e) {
          assertThat(e).hasMessageStartingWith("lz4 block: ");
        }
      }
    }
  }

  private byte[] compress(byte[] plain) {
    byte[] target = new byte[(int) Lz4.maxCompressedBytes(plain.length)];
    return Arrays.copyOf(target, (int) lz4.compress(heap(plain), heap(target)));
  }

  private byte[] decompress(byte[] block, int length) {
    byte[] plain = new byte[length];
    lz4.decompress(heap(block), heap(plain));
    return plain;
  }

  private static MemorySegment heap(byte[] bytes) {
    return MemorySegment.ofArray(bytes);
  }
}
