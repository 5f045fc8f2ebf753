package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.CorruptDataException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class FsstTest {

  private final Fsst fsst = new Fsst();
  private final FsstEncoder encoder = new FsstEncoder();

  /// Values laid out one after another, with their positions in 64-bit words.
  @SuppressWarnings("ArrayRecordComponent")
  private record Values(byte[] bytes, long[] offsets) {

    int count() {
      return offsets.length - 1;
    }

    MemorySegment segment() {
      return MemorySegment.ofArray(bytes);
    }

    MemorySegment positions() {
      return MemorySegment.ofArray(offsets);
    }
  }

  @Test
  void roundTripsValuesOfAllLengths() {
    var random = new Random(CodecSamples.seed());
    for (int round = 0; round < 60; round++) {
      Values plain = values(random, 1 + random.nextInt(3000), round % 6);
      encoder.train(64, plain.segment(), plain.positions(), plain.count());
      load();
      Values coded = encode(plain);
      byte[] back = new byte[plain.bytes.length + 7];
      long[] offsets = new long[plain.offsets.length];
      long end =
          fsst.decode(
              64,
              coded.segment(),
              coded.positions(),
              coded.count(),
              MemorySegment.ofArray(back),
              7,
              MemorySegment.ofArray(offsets));
      assertThat(end).isEqualTo(back.length);
      assertThat(Arrays.copyOfRange(back, 7, back.length)).isEqualTo(plain.bytes);
      for (int i = 0; i < offsets.length; i++) {
        assertThat(offsets[i]).isEqualTo(7 + plain.offsets[i]);
      }
      int one = random.nextInt(plain.count());
      long from = coded.offsets[one];
      long to = coded.offsets[one + 1];
      int length = (int) (plain.offsets[one + 1] - plain.offsets[one]);
      assertThat(fsst.decodedBytes(coded.segment(), from, to)).isEqualTo(length);
      byte[] value = new byte[length];
      assertThat(fsst.decodeValue(coded.segment(), from, to, MemorySegment.ofArray(value), 0))
          .isEqualTo(length);
      assertThat(value)
          .isEqualTo(
              Arrays.copyOfRange(
                  plain.bytes, (int) plain.offsets[one], (int) plain.offsets[one + 1]));
    }
  }

  @Test
  void halvesText() {
    Values plain = values(new Random(5), 5000, 0);
    encoder.train(64, plain.segment(), plain.positions(), plain.count());
    Values coded = encode(plain);
    assertThat(coded.bytes.length).isLessThan(plain.bytes.length * 55 / 100);
  }

  @Test
  void readsAHandMadeTable() {
    byte[] table = new byte[Fsst.TABLE_BYTES];
    Bytes.putLong(table, 0, 0x46535354_01_03_00_03L);
    for (int i = 0; i < 3; i++) {
      byte[] symbol = new String[] {"abc", "x", "lancelot"}[i].getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(symbol, 0, table, 8 + 8 * i, symbol.length);
      table[8 + 8 * 3 + i] = (byte) symbol.length;
    }
    fsst.load(MemorySegment.ofArray(table));
    MemorySegment coded =
        MemorySegment.ofArray(new byte[] {0, 2, (byte) 255, '!', 1, 1, (byte) 255, (byte) 255});
    int[] offsets = {0, 4, 4, 8};
    byte[] plain = new byte[64];
    int[] plainOffsets = new int[4];
    fsst.decode(
        32,
        coded,
        MemorySegment.ofArray(offsets),
        3,
        MemorySegment.ofArray(plain),
        0,
        MemorySegment.ofArray(plainOffsets));
    assertThat(plainOffsets).containsExactly(0, 12, 12, 15);
    assertThat(new String(plain, 0, 15, StandardCharsets.ISO_8859_1)).isEqualTo("abclancelot!xxÿ");
  }

  @Test
  void copiesValuesWhenSwitchedOff() {
    byte[] table = new byte[Fsst.TABLE_BYTES];
    Bytes.putLong(table, 0, 0x46535354_00_00_00_00L);
    fsst.load(MemorySegment.ofArray(table));
    byte[] plain = new byte[5];
    int[] offsets = new int[3];
    fsst.decode(
        32,
        MemorySegment.ofArray(new byte[] {9, 1, 2, 3, 4, (byte) 255, 9}),
        MemorySegment.ofArray(new int[] {1, 3, 6}),
        2,
        MemorySegment.ofArray(plain),
        0,
        MemorySegment.ofArray(offsets));
    assertThat(plain).containsExactly(1, 2, 3, 4, 255);
    assertThat(offsets).containsExactly(0, 2, 5);
  }

  @Test
  void refusesDamage() {
    byte[] table = new byte[Fsst.TABLE_BYTES];
    assertThatThrownBy(() -> fsst.load(MemorySegment.ofArray(table)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("fsst: symbol table magic: expected=46535354, found=0 at byte 4");
    Bytes.putLong(table, 0, 0x46535354_01_01_00_01L);
    assertThatThrownBy(() -> fsst.load(MemorySegment.ofArray(table)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("fsst: length of symbol 0: expected=1..8, found=0 at byte 16");
    table[16] = 8;
    fsst.load(MemorySegment.ofArray(table));
    MemorySegment target = MemorySegment.ofArray(new byte[20]);
    assertThatThrownBy(() -> decodeValue(target, 0, 255))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("fsst: escape: expected=a literal byte, found=the end of the value at byte 1");
    assertThatThrownBy(() -> decodeValue(target, 0, 7))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("an unused code");
    assertThatThrownBy(() -> decodeValue(target, 0, 0, 0))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage("fsst: plain bytes: expected=at most 20, found=24 at byte 0");
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void survivesDamage() {
    var random = new Random(CodecSamples.seed());
    for (int round = 0; round < 500; round++) {
      Values plain = values(random, 1 + random.nextInt(50), round % 6);
      encoder.train(64, plain.segment(), plain.positions(), plain.count());
      byte[] table = new byte[Fsst.TABLE_BYTES];
      encoder.writeTable(MemorySegment.ofArray(table));
      Values coded = encode(plain);
      switch (round % 3) {
        case 0 -> table[random.nextInt(table.length)] ^= (byte) (1 << random.nextInt(8));
        case 1 -> coded.offsets[random.nextInt(coded.offsets.length)] += random.nextInt(9) - 4;
        default -> coded.offsets[random.nextInt(coded.offsets.length)] = random.nextLong();
      }
      byte[] back = new byte[plain.bytes.length];
      try {
        fsst.load(MemorySegment.ofArray(table));
        fsst.decode(
            64,
            coded.segment(),
            coded.positions(),
            coded.count(),
            MemorySegment.ofArray(back),
            0,
            MemorySegment.ofArray(new long[coded.offsets.length]));
      } catch (CorruptDataException e) {
        assertThat(e).hasMessageStartingWith("fsst: ");
      }
    }
  }

  private void decodeValue(MemorySegment target, int... codes) {
    byte[] coded = new byte[codes.length];
    for (int i = 0; i < codes.length; i++) {
      coded[i] = (byte) codes[i];
    }
    fsst.decodeValue(MemorySegment.ofArray(coded), 0, codes.length, target, 0);
  }

  private void load() {
    MemorySegment table = MemorySegment.ofArray(new byte[Fsst.TABLE_BYTES]);
    encoder.writeTable(table);
    assertThat(table.get(ValueLayout.JAVA_BYTE, 7)).isEqualTo((byte) 'F');
    fsst.load(table);
  }

  private Values encode(Values plain) {
    byte[] coded = new byte[(int) FsstEncoder.maxEncodedBytes(plain.bytes.length)];
    long[] offsets = new long[plain.offsets.length];
    long end =
        encoder.encode(
            64,
            plain.segment(),
            plain.positions(),
            plain.count(),
            MemorySegment.ofArray(coded),
            0,
            MemorySegment.ofArray(offsets));
    return new Values(Arrays.copyOf(coded, (int) end), offsets);
  }

  private static Values values(Random random, int count, int kind) {
    long[] offsets = new long[count + 1];
    for (int i = 0; i < count; i++) {
      int length =
          switch (kind) {
            case 0 -> 20 + random.nextInt(100);
            case 1 -> random.nextInt(3);
            case 2 -> random.nextInt(200) == 0 ? 50_000 : 5;
            default -> random.nextInt(40);
          };
      offsets[i + 1] = offsets[i] + length;
    }
    int total = (int) offsets[count];
    byte[] bytes =
        kind == 4 ? CodecSamples.random(random, total) : CodecSamples.text(random, total);
    return new Values(bytes, offsets);
  }
}
