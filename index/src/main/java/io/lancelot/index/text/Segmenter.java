package io.lancelot.index.text;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;

/// Cuts text into pieces.
interface Segmenter {

  /// Takes pieces `[from, to)` of the text in order.
  interface Sink {
    void piece(int from, int to, int position);

    /// A part of a piece, by which it is found too. It does not make the text longer.
    default void part(int from, int to, int position) {
      piece(from, to, position);
    }
  }

  /// @param query whether the text is a query, which need not look for one word in several ways
  void cut(String text, boolean query, Sink sink);

  static Segmenter of(TextParams params) {
    String base = params.baseTokenizer();
    return switch (base) {
      case "simple" -> params.cjkBigrams() ? new Bigrams() : Segmenter::simple;
      case "whitespace" -> Segmenter::whitespace;
      case "raw" -> Segmenter::raw;
      case "icu" -> new WordBreaks(false);
      case "icu/split" -> new WordBreaks(true);
      case "code" -> new CodeWords(params);
      case "ngram" -> new NGrams(params.minNgram(), params.maxNgram(), params.prefixOnly());
      default -> {
        if (base.startsWith("jieba/")) {
          yield DictionaryWords.open(base);
        }
        if (base.startsWith("lindera")) {
          throw new UnsupportedFeatureException(
              "base_tokenizer="
                  + base
                  + " is not built: use the default or icu, which find Japanese and Korean words"
                  + " without a dictionary, or lucene: with the class of an analyzer that has one");
        }
        throw new InvalidInputException(
            "base_tokenizer: expected=simple, whitespace, raw, ngram, icu, icu/split, code, jieba/NAME or"
                + " lucene:CLASS, found="
                + base);
      }
    };
  }

  static boolean isWordPart(int c) {
    if (c < 0x80) {
      return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
    if (Character.isAlphabetic(c)) {
      return true;
    }
    int type = Character.getType(c);
    return type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  /// Runs of letters and digits.
  private static void simple(String text, boolean query, Sink sink) {
    int length = text.length();
    int position = 0;
    int start = -1;
    for (int i = 0; i < length; ) {
      int c = text.charAt(i);
      int next = i + 1;
      if (Character.isHighSurrogate((char) c)) {
        c = text.codePointAt(i);
        next = i + Character.charCount(c);
      }
      if (isWordPart(c)) {
        if (start < 0) {
          start = i;
        }
      } else if (start >= 0) {
        sink.piece(start, i, position++);
        start = -1;
      }
      i = next;
    }
    if (start >= 0) {
      sink.piece(start, length, position);
    }
  }

  private static void whitespace(String text, boolean query, Sink sink) {
    int position = 0;
    int start = -1;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean space = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
      if (!space && start < 0) {
        start = i;
      } else if (space && start >= 0) {
        sink.piece(start, i, position++);
        start = -1;
      }
    }
    if (start >= 0) {
      sink.piece(start, text.length(), position);
    }
  }

  private static void raw(String text, boolean query, Sink sink) {
    if (!text.isEmpty()) {
      sink.piece(0, text.length(), 0);
    }
  }

  /// Letters of scripts that are written without spaces, or whose words take many endings.
  static boolean isCjk(int c) {
    if (c < 0x1100) {
      return false;
    }
    return switch (Character.UnicodeScript.of(c)) {
      case HAN, HIRAGANA, KATAKANA, HANGUL, BOPOMOFO -> true;
      default -> c == 0x30FC || c == 0xFF70;
    };
  }

  /// Windows of so many letters. All stand at the same place.
  record NGrams(int min, int max, boolean prefixOnly) implements Segmenter {
    @Override
    public void cut(String text, boolean query, Sink sink) {
      if (prefixOnly) {
        // Of each word, not of the whole text: "incident" inside a title is found too.
        simple(text, query, (from, to, _) -> windows(text, from, to, true, sink));
        return;
      }
      windows(text, 0, text.length(), false, sink);
    }

    private void windows(String text, int from, int to, boolean first, Sink sink) {
      int length = text.codePointCount(from, to);
      int[] ends = new int[length + 1];
      ends[0] = from;
      for (int i = 1; i <= length; i++) {
        ends[i] = text.offsetByCodePoints(ends[i - 1], 1);
      }
      for (int start = 0; start + min <= length && (start == 0 || !first); start++) {
        for (int size = min; size <= max && start + size <= length; size++) {
          sink.piece(ends[start], ends[start + size], 0);
        }
      }
    }
  }

  /// Runs of letters and digits; runs with Chinese, Japanese or Korean letters also by every two
  /// neighbours, so that any word of two letters is found without a dictionary.
  final class Bigrams implements Segmenter {
    private static final int MIN_PART = 3;

    @Override
    public void cut(String text, boolean query, Sink sink) {
      int[] shift = {0};
      simple(
          text,
          query,
          (from, to, position) -> {
            int at = position + shift[0];
            shift[0] += run(text, from, to, at, query, sink) - 1;
          });
    }

    /// Returns how many positions the run takes.
    static int run(String text, int from, int to, int position, boolean query, Sink sink) {
      boolean mixed = false;
      for (int i = from; i < to && !mixed; i++) {
        mixed = text.charAt(i) >= 0x1100 && isCjk(text.codePointAt(i));
      }
      if (!mixed) {
        sink.piece(from, to, position);
        if (!query) {
          letters(text, from, to, position, sink);
        }
        return 1;
      }
      int letters = text.codePointCount(from, to);
      boolean all = allCjk(text, from, to);
      if (all && letters <= 2) {
        sink.piece(from, to, position);
        return 1;
      }
      if (!query) {
        sink.piece(from, to, position);
      }
      int at = position;
      for (int start = from; start < to; ) {
        boolean cjk = isCjk(text.codePointAt(start));
        int end = start;
        while (end < to && isCjk(text.codePointAt(end)) == cjk) {
          end += Character.charCount(text.codePointAt(end));
        }
        at += cjk ? pairs(text, start, end, at, sink) : whole(start, end, at, sink);
        start = end;
      }
      return at - position;
    }

    /// The letters of a word that has digits too: `SYMINV2` is found by `SYMINV`. Upstream takes
    /// letters and digits for one word only. Whoever reads a text takes the letters for a word too,
    /// and every word in a row is to find the row: so does the tokenizer of those who name none.
    /// Naming `simple` gives upstream's tokens and no others.
    private static void letters(String text, int from, int to, int position, Sink sink) {
      int start = from;
      boolean digits = false;
      for (int i = from; i <= to; i++) {
        boolean end = i == to || isDigit(text.charAt(i));
        digits |= i < to && end;
        if (end) {
          if (i - start >= MIN_PART && (digits || start > from)) {
            sink.part(start, i, position);
          }
          start = i + 1;
        }
      }
    }

    private static boolean isDigit(char c) {
      return c >= '0' && c <= '9';
    }

    private static boolean allCjk(String text, int from, int to) {
      for (int i = from; i < to; ) {
        int c = text.codePointAt(i);
        if (!isCjk(c)) {
          return false;
        }
        i += Character.charCount(c);
      }
      return true;
    }

    private static int whole(int from, int to, int position, Sink sink) {
      sink.piece(from, to, position);
      return 1;
    }

    static int pairs(String text, int from, int to, int position, Sink sink) {
      int first = from;
      int second = from + Character.charCount(text.codePointAt(from));
      if (second == to) {
        return whole(from, to, position, sink);
      }
      int at = position;
      while (second < to) {
        int end = second + Character.charCount(text.codePointAt(second));
        sink.piece(first, end, at++);
        first = second;
        second = end;
      }
      return at - position;
    }
  }
}
