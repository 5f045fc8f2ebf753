package io.lancelot.embeddings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lancelot.base.InvalidInputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class MiniLmEmbedderTest {

  private static MiniLmEmbedder embedder;

  @BeforeAll
  static void load() {
    embedder = new MiniLmEmbedder(2);
  }

  @AfterAll
  static void free() {
    embedder.close();
  }

  @Test
  void vectorsHave384DimensionsAndUnitLength() {
    float[] vector = embedder.embed("A bell rings in the fog.");
    assertThat(embedder.dimension()).isEqualTo(384);
    assertThat(vector).hasSize(384);
    assertThat(dot(vector, vector)).isCloseTo(1.0, within(1e-5));
  }

  @Test
  void similarSentencesAreCloserThanOthers() {
    float[] cat = embedder.embed("A kitten is asleep on the sofa.");
    float[] same = embedder.embed("The small cat naps on a couch.");
    float[] other = embedder.embed("Parliament passed a law about interest rates.");
    assertThat(dot(cat, same)).isGreaterThan(dot(cat, other) + 0.3);
  }

  @Test
  void theSameTextGivesTheSameVector() {
    String text = "Salt keeps meat through the winter.";
    assertThat(embedder.embed(text)).containsExactly(embedder.embed(text));
  }

  @Test
  void manyTextsKeepTheirOrderAndReportProgress() {
    List<String> texts =
        IntStream.range(0, 21).mapToObj(i -> "Ship number " + i + " leaves the harbour.").toList();
    List<Integer> progress = new ArrayList<>();
    float[][] vectors = embedder.embedAll(texts, progress::add);
    assertThat(vectors).hasDimensions(21, 384);
    for (int i = 0; i < vectors.length; i++) {
      assertThat(vectors[i]).as(texts.get(i)).containsExactly(embedder.embed(texts.get(i)));
    }
    assertThat(progress).hasSize(3).isSorted().endsWith(21);
  }

  @Test
  void nothingToEmbedIsNothing() {
    assertThat(embedder.embedAll(List.of())).isEmpty();
  }

  @Test
  void aTextLongerThanTheModelReadsStillHasAUnitVector() {
    float[] vector = embedder.embed("the tide rises and falls ".repeat(300));
    assertThat(dot(vector, vector)).isCloseTo(1.0, within(1e-5));
  }

  @Test
  void aBlankTextIsRefusedWithItsPosition() {
    assertThatThrownBy(() -> embedder.embed(" ")).isInstanceOf(InvalidInputException.class);
    List<String> texts = new ArrayList<>(Collections.nCopies(12, "a word"));
    texts.set(10, "");
    assertThatThrownBy(() -> embedder.embedAll(texts))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("position=10");
  }

  @Test
  void aClosedEmbedderRefusesWork() {
    var closed = new MiniLmEmbedder(1);
    closed.close();
    closed.close();
    assertThatThrownBy(() -> closed.embed("a word"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> closed.embedAll(List.of("a word")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void loadingLeavesTheOfflineSettingAsItWas() {
    assertThat(System.getProperty("ai.djl.offline")).isNull();
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
