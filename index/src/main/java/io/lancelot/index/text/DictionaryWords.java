package io.lancelot.index.text;

import io.lancelot.base.InvalidInputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Words of a dictionary that users supply: a line for each word, with its frequency. Text is cut
/// where the words are most probable together; words within long ones are found too. What the
/// dictionary lacks is cut into letters, but runs of Latin letters and digits stay whole.
final class DictionaryWords implements Segmenter {

  static final String HOME = "lancelot.language.models";
  private static final String FILE = "dict.txt";

  private final double logTotal;
  private final int longest;
  private final Map<String, Long> frequencies;

  private DictionaryWords(Map<String, Long> frequencies) {
    this.frequencies = frequencies;
    long total = 1;
    int length = 1;
    for (Map.Entry<String, Long> word : frequencies.entrySet()) {
      total += word.getValue();
      length = Math.max(length, word.getKey().length());
    }
    this.logTotal = Math.log((double) total);
    this.longest = length;
  }

  /// Opens a dictionary by the name of its tokenizer, such as `jieba/default`.
  ///
  /// @throws InvalidInputException if it is not there
  static DictionaryWords open(String name) {
    Path file = home().resolve(name).resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          "base_tokenizer="
              + name
              + ": expected=a dictionary of words and frequencies at "
              + file
              + ", found=none (the folder is set by the system property "
              + HOME
              + " or LANCE_LANGUAGE_MODEL_HOME)");
    }
    Map<String, Long> frequencies = new HashMap<>();
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        List<String> parts = List.of(line.strip().split("\\s+", -1));
        if (!parts.getFirst().isEmpty()) {
          frequencies.put(parts.getFirst(), parts.size() < 2 ? 1 : frequency(parts.get(1), line));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new DictionaryWords(frequencies);
  }

  private static long frequency(String text, String line) {
    try {
      return Math.max(1, Long.parseLong(text));
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "dictionary of words: expected=a word and its frequency, found=" + line, e);
    }
  }

  private static Path home() {
    String set = System.getProperty(HOME, System.getenv("LANCE_LANGUAGE_MODEL_HOME"));
    return set == null
        ? Path.of(System.getProperty("user.home"), ".local", "share", "lance", "language_models")
        : Path.of(set);
  }

  @Override
  public void cut(String text, boolean query, Sink sink) {
    int position = 0;
    for (int from = 0; from < text.length(); ) {
      int to = from;
      while (to < text.length() && Segmenter.isWordPart(text.codePointAt(to))) {
        to += Character.charCount(text.codePointAt(to));
      }
      if (to > from) {
        for (int end : ends(text, from, to)) {
          word(text, from, end, position++, sink);
          from = end;
        }
      } else {
        from += Character.charCount(text.codePointAt(from));
      }
    }
  }

  /// Where the words of a run end, by the most probable way through it from its end.
  private List<Integer> ends(String text, int from, int to) {
    int length = to - from;
    double[] best = new double[length + 1];
    int[] end = new int[length];
    for (int at = length - 1; at >= 0; at--) {
      best[at] = Double.NEGATIVE_INFINITY;
      if (Character.isLowSurrogate(text.charAt(from + at))) {
        continue;
      }
      int letter = letters(text, from + at, to) - from;
      for (int next = at + 1; next <= Math.min(length, Math.max(letter, at + longest)); next++) {
        Long known =
            next <= at + longest ? frequencies.get(text.substring(from + at, from + next)) : null;
        if (known != null || next == letter) {
          double way =
              Math.log(known == null ? 1.0 : (double) known.longValue()) - logTotal + best[next];
          if (way > best[at]) {
            best[at] = way;
            end[at] = next;
          }
        }
      }
    }
    List<Integer> ends = new ArrayList<>();
    for (int at = 0; at < length; at = end[at]) {
      ends.add(from + end[at]);
    }
    return ends;
  }

  /// The end of a letter, or of a run of letters of scripts with spaces.
  private static int letters(String text, int from, int to) {
    int end = from + Character.charCount(text.codePointAt(from));
    if (Segmenter.isCjk(text.codePointAt(from))) {
      return end;
    }
    while (end < to && !Segmenter.isCjk(text.codePointAt(end))) {
      end += Character.charCount(text.codePointAt(end));
    }
    return end;
  }

  /// A word, and before it the shorter ones in it.
  private void word(String text, int from, int to, int position, Sink sink) {
    for (int size = 2; size <= 3; size++) {
      for (int at = from; size < to - from && at + size <= to; at++) {
        if (frequencies.containsKey(text.substring(at, at + size))) {
          sink.piece(at, at + size, position);
        }
      }
    }
    sink.piece(from, to, position);
  }
}
