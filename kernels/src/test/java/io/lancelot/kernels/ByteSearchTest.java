package io.lancelot.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteSearchTest {

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  private String text(int length, String letters) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return text.toString();
  }

  @Test
  void findsWhatStringsFind() {
    for (int i = 0; i < 20_000; i++) {
      String letters = i % 2 == 0 ? "ab" : "aAbB[{@`\u00e9";
      String text = text(random.nextInt(60), letters);
      String wanted = text(1 + random.nextInt(i % 3 == 0 ? 12 : 3), letters);
      byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
      int from = random.nextInt(bytes.length + 1);
      int to = from + random.nextInt(bytes.length - from + 1);
      int found = text.substring(0, to).indexOf(wanted, from);
      MemorySegment data = MemorySegment.ofArray(bytes);
      byte[] part = wanted.getBytes(StandardCharsets.ISO_8859_1);
      String what = "'%s' in '%s' from %d to %d (seed=%d)".formatted(wanted, text, from, to, seed);
      assertThat(ByteSearch.of(part).find(data, from, to)).as(what).isEqualTo(found);
      int caseless =
          text.substring(0, to)
              .toLowerCase(Locale.ROOT)
              .indexOf(wanted.toLowerCase(Locale.ROOT), from);
      assertThat(ByteSearch.ofAnyCase(part).find(data, from, to)).as(what).isEqualTo(caseless);
      assertThat(ByteSearch.ascii(data, from, to))
          .as(what)
          .isEqualTo(text.substring(from, to).indexOf('\u00e9') < 0);
    }
  }
}
