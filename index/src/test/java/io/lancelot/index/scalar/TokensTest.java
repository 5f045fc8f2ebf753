package io.lancelot.index.scalar;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.expr.Probe;
import io.lancelot.kernels.XxHash64;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TokensTest {

  private static BitSet tokens(String text) {
    BitSet tokens = new BitSet();
    byte[] bytes = ("x" + text + "yz").getBytes(StandardCharsets.UTF_8);
    TrigramReader reader = new TrigramReader();
    reader.read(MemorySegment.ofArray(bytes), 1, bytes.length - 2);
    for (int i = 0; i < reader.count(); i++) {
      assertThat(tokens.get(reader.trigram(i))).isFalse();
      tokens.set(reader.trigram(i));
    }
    return tokens;
  }

  @Test
  void trigramsAreNumberedAsLanceDoes() {
    assertThat(tokens("000").stream().toArray()).containsExactly(1407);
    assertThat(tokens("Été")).isEqualTo(tokens("ete"));
    assertThat(tokens("straße")).isEqualTo(tokens("strasse"));
    assertThat(tokens("a-b-c").isEmpty()).isTrue();
    assertThat(tokens("ab漢cd").isEmpty()).isTrue();
  }

  @Test
  void whatIsLookedForIsStoredForEveryTextThatHoldsIt() {
    Random random = new Random(7);
    List<String> letters = List.of("a", "B", "c", "é", "ß", "1", "_", "漢", "e\u0301", "ﬁ");
    for (int i = 0; i < 2000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = 0; j < 12; j++) {
        text.append(letters.get(random.nextInt(letters.size())));
      }
      int from = random.nextInt(text.length());
      String part = text.substring(from, from + random.nextInt(text.length() - from));
      BitSet stored = tokens(text.toString());
      for (int token : Trigrams.ofParts(List.of(new Probe.Part(part, true)))) {
        assertThat(stored.get(token)).as("%s in %s", part, text).isTrue();
      }
    }
  }

  @Test
  void bloomFiltersHaveLancesSizeAndForgetNothing() {
    assertThat(SplitBlockBloom.bytesFor(8192, 0.00057)).isEqualTo(32768);
    MemorySegment filter = MemorySegment.ofArray(new byte[32768]);
    Random random = new Random(7);
    long[] hashes = new long[8192];
    for (int i = 0; i < hashes.length; i++) {
      hashes[i] = XxHash64.hash(MemorySegment.ofArray(new long[] {random.nextLong()}));
      SplitBlockBloom.insert(filter, hashes[i]);
    }
    for (long hash : hashes) {
      assertThat(SplitBlockBloom.mayContain(filter, hash)).isTrue();
    }
    int wrong = 0;
    for (int i = 0; i < 100_000; i++) {
      long hash = XxHash64.hash(MemorySegment.ofArray(new long[] {random.nextLong()}));
      wrong += SplitBlockBloom.mayContain(filter, hash) ? 1 : 0;
    }
    assertThat(wrong).isLessThan(200);
  }
}
