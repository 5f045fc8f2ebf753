package io.lancelot.columnar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.CorruptDataException;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The binary forms are those that the real Lance stored for the texts.
class JsonbTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "2000000000000000; null",
        "2000000040000000; true",
        "20000000200000025001; 1",
        "200000002000000240ff; -1",
        "200000002000000350012c; 300",
        "200000002000000540fffeee90; -70000",
        "2000000020000009500020000000000001; 9007199254740993",
        "200000002000000950ab54a98ceb1f0ad2; 12345678901234567890",
        "2000000020000009603ff8000000000000; 1.5",
        "200000002000000960409770000000" + "0000; 1500.0",
        "20000000200000096000000000000000" + "00; 0.0",
        "2000000020000009608000000000000000; -0.0",
        "2000000020000009604341c37937e08000; 1e+16",
        "200000002000000960430c6bf526340000; 1000000000000000.0",
        "2000000020000009603ee4f8b588e368f1; 0.00001",
        "2000000020000009603e7ad7f29abcaf48; 1e-7",
        "200000001000000178; \"x\"",
        "80000000; []",
        "40000000; {}",
        "40000002100000011000000120000001100000016162" + "0078; {\"a\":0,\"b\":\"x\"}"
      })
  void printsWhatTheRealLancePrints(String stored, String expected) {
    byte[] bytes = HexFormat.of().parseHex(stored);
    assertThat(Jsonb.text(MemorySegment.ofArray(bytes))).isEqualTo(expected);
  }

  @Test
  void refusesWhatIsNoSuchValue() {
    String[] broken = {
      "",
      "00000000",
      "20",
      "2000000020000002",
      "800000ff",
      "4000000110000004",
      "20000000200000026001",
      "20000000700000015000"
    };
    for (String stored : broken) {
      byte[] bytes = HexFormat.of().parseHex(stored);
      assertThatThrownBy(() -> Jsonb.text(MemorySegment.ofArray(bytes)))
          .as(stored)
          .isInstanceOf(CorruptDataException.class);
    }
  }

  @Test
  void nestingEnds() {
    byte[] bytes = new byte[8 * 100_000];
    for (int i = 0; i < bytes.length; i += 8) {
      int length = bytes.length - i - 8;
      bytes[i] = (byte) 0x80;
      bytes[i + 3] = 1;
      bytes[i + 4] = (byte) (0x50 | length >>> 24);
      bytes[i + 5] = (byte) (length >>> 16);
      bytes[i + 6] = (byte) (length >>> 8);
      bytes[i + 7] = (byte) length;
    }
    assertThatThrownBy(() -> Jsonb.text(MemorySegment.ofArray(bytes)))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("depth");
  }
}
