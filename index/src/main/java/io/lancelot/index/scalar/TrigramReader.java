package io.lancelot.index.scalar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Finds the trigrams of one text after the other, each once.
final class TrigramReader {

  /// The number of the last text that had a trigram, by trigram.
  private final int[] lastText = new int[Trigrams.COUNT];

  private int text;
  private int[] found = new int[64];
  private int count;

  /// Reads UTF-8 text, the bytes `[from, to)`.
  void read(MemorySegment data, long from, long to) {
    start();
    int a = 0;
    int b = 0;
    for (long i = from; i < to; i++) {
      byte letter = data.get(ValueLayout.JAVA_BYTE, i);
      if (letter < 0) {
        byte[] bytes = data.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE);
        read(new String(bytes, StandardCharsets.UTF_8));
        return;
      }
      int c = Trigrams.digit(letter);
      if (a > 0 && b > 0 && c > 0) {
        add((a * 37 + b) * 37 + c);
      }
      a = b;
      b = c;
    }
  }

  void read(String text) {
    start();
    String folded = Trigrams.fold(text);
    int a = 0;
    int b = 0;
    for (int i = 0; i < folded.length(); i++) {
      int c = Trigrams.digit(folded.charAt(i));
      if (a > 0 && b > 0 && c > 0) {
        add((a * 37 + b) * 37 + c);
      }
      a = b;
      b = c;
    }
  }

  private void start() {
    count = 0;
    if (++text == Integer.MAX_VALUE) {
      Arrays.fill(lastText, 0);
      text = 1;
    }
  }

  private void add(int trigram) {
    if (lastText[trigram] == text) {
      return;
    }
    lastText[trigram] = text;
    if (count == found.length) {
      found = Arrays.copyOf(found, 2 * count);
    }
    found[count++] = trigram;
  }

  /// How many trigrams the text has.
  int count() {
    return count;
  }

  /// One of the trigrams of the text, in no order.
  int trigram(int index) {
    return found[index];
  }
}
