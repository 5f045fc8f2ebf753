package io.lancelot.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Vectors of texts, and what to look for by words and vector together.
///
/// @param rows of each text; null where there is none
/// @param words of each question
/// @param questions of each question
record TextVectors(float[] @Nullable [] rows, List<String> words, float[][] questions) {

  int dim() {
    return questions[0].length;
  }
}
