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
    assertThat(HexFormat.of().formatHex(Jsonb.encode(Json.parse(expected)))).isEqualTo(stored);
  }

  /// Texts that the real Lance shows otherwise than they came.
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "-0; 200000002000000100",
        "1e3; 200000002000000960408f400000000000",
        "2e308; 200000002000000120",
        "NaN; 200000002000000110",
        "-Infinity; 200000002000000130",
        "-9223372036854775809; 200000002000000960c3e0000000000000",
        "9223372036854775808; 2000000020000009508000000000000000",
        "-32769; 200000002000000540ffff7fff",
        "256; 2000000020000003500100",
        "-128; 20000000200000024080",
        "{\"a\":1,\"A\":2,\"\u00e9\":3,\"\":4,\"aa\":5};"
            + " 400000051000000010000001100000011000000210000002200000022000000220000002200000022"
            + "000000241616161c3a950045002500150055003",
        " [ 1 , 2 , {\"x\":null} ] ;"
            + " 8000000320000002200000025000000d5001500240000001100000010000000078",
        "\"a\\u0041\\n\\u00e9\\ud83d\\ude00\\/\"; 200000001000000a61410ac3a9f09f98802f",
        "\"\\ud800\"; 20000000100000065c7564383030"
      })
  void storesWhatTheRealLanceStores(String text, String expected) {
    assertThat(HexFormat.of().formatHex(Jsonb.encode(Json.parse(text)))).isEqualTo(expected);
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
