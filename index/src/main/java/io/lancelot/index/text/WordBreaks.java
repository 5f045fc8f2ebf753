package io.lancelot.index.text;

/// Cuts text at word boundaries as Unicode defines them (UAX 29), so that `can't` and `3.14` are
/// one word. Runs of Chinese and Japanese letters, where that definition needs a dictionary, are
/// found by every two neighbours.
final class WordBreaks implements Segmenter {

  private enum Kind {
    LETTER,
    DIGIT,
    KATAKANA,
    HANGUL,
    JOINER,
    MARK,
    PAIRED,
    BETWEEN_LETTERS,
    BETWEEN_DIGITS,
    BETWEEN_BOTH,
    OTHER
  }

  private final boolean split;

  /// @param split whether words are cut again at everything that is no letter or digit
  WordBreaks(boolean split) {
    this.split = split;
  }

  @SuppressWarnings("RefactorSwitch") // Grouped as the standard has it.
  private static Kind kind(int c) {
    if (c < 0x80 && Segmenter.isWordPart(c)) {
      return c <= '9' ? Kind.DIGIT : Kind.LETTER;
    }
    switch (c) {
      case '.', 0x2018, 0x2019, 0x2024, 0xFE52, 0xFF07, 0xFF0E, '\'' -> {
        return Kind.BETWEEN_BOTH;
      }
      case 0xB7, 0x387, 0x55F, 0x5F4, 0x2027, 0xFE13, 0xFE55, 0xFF1A -> {
        return Kind.BETWEEN_LETTERS;
      }
      case ',',
          ';',
          0x37E,
          0x589,
          0x60C,
          0x60D,
          0x66C,
          0x7F8,
          0x2044,
          0xFE10,
          0xFE14,
          0xFE50,
          0xFE54,
          0xFF0C,
          0xFF1B -> {
        return Kind.BETWEEN_DIGITS;
      }
      default -> {
        int type = Character.getType(c);
        if (type == Character.FORMAT || Folding.isMark(c)) {
          return Kind.MARK;
        }
        if (type == Character.CONNECTOR_PUNCTUATION) {
          return Kind.JOINER;
        }
        if (!Segmenter.isWordPart(c)) {
          return Kind.OTHER;
        }
        return switch (Character.UnicodeScript.of(c)) {
          case HAN, HIRAGANA -> Kind.PAIRED;
          case KATAKANA -> Kind.KATAKANA;
          case HANGUL -> Kind.HANGUL;
          default ->
              c == 0x30FC
                  ? Kind.KATAKANA
                  : type == Character.DECIMAL_DIGIT_NUMBER ? Kind.DIGIT : Kind.LETTER;
        };
      }
    }
  }

  @Override
  public void cut(String text, boolean query, Sink sink) {
    int position = 0;
    int i = 0;
    while (i < text.length()) {
      int c = text.codePointAt(i);
      Kind kind = kind(c);
      if (kind == Kind.PAIRED || kind == Kind.KATAKANA || kind == Kind.HANGUL) {
        int end = cjkEnd(text, i);
        position += Bigrams.run(text, i, end, position, query, sink);
        i = end;
      } else if (kind == Kind.LETTER || kind == Kind.DIGIT || kind == Kind.JOINER) {
        int end = wordEnd(text, i);
        position += word(text, i, end, position, sink);
        i = end;
      } else {
        i += Character.charCount(c);
      }
    }
  }

  private static int cjkEnd(String text, int from) {
    int i = from;
    while (i < text.length()) {
      int c = text.codePointAt(i);
      Kind kind = kind(c);
      if (kind != Kind.PAIRED
          && kind != Kind.KATAKANA
          && kind != Kind.HANGUL
          && (kind != Kind.MARK || i == from)) {
        break;
      }
      i += Character.charCount(c);
    }
    return i;
  }

  private static int wordEnd(String text, int from) {
    int i = from;
    Kind before = Kind.OTHER;
    while (i < text.length()) {
      int c = text.codePointAt(i);
      Kind kind = kind(c);
      int next = i + Character.charCount(c);
      switch (kind) {
        case LETTER, DIGIT, JOINER -> before = kind;
        case MARK -> {}
        case BETWEEN_LETTERS, BETWEEN_DIGITS, BETWEEN_BOTH -> {
          Kind after = next < text.length() ? kind(text.codePointAt(next)) : Kind.OTHER;
          boolean joins =
              before == after
                  && (before == Kind.LETTER && kind != Kind.BETWEEN_DIGITS
                      || before == Kind.DIGIT && kind != Kind.BETWEEN_LETTERS);
          if (!joins) {
            return i;
          }
        }
        case PAIRED, KATAKANA, HANGUL, OTHER -> {
          return i;
        }
      }
      i = next;
    }
    return i;
  }

  /// Returns how many positions it takes.
  private int word(String text, int from, int to, int position, Sink sink) {
    int start = -1;
    int pieces = 0;
    boolean letters = false;
    for (int i = from; i <= to; ) {
      boolean part = i < to && Segmenter.isWordPart(text.codePointAt(i));
      letters |= part;
      if (split) {
        if (part && start < 0) {
          start = i;
        } else if (!part && start >= 0) {
          sink.piece(start, i, position + pieces++);
          start = -1;
        }
      }
      i += i == to ? 1 : Character.charCount(text.codePointAt(i));
    }
    if (split) {
      return pieces;
    }
    if (letters) {
      sink.piece(from, to, position);
      return 1;
    }
    return 0;
  }
}
