package io.lancelot.index.text;

import java.text.Normalizer;
import org.jspecify.annotations.Nullable;

/// Lower case and ASCII forms, letter by letter.
final class Folding {

  private Folding() {}

  /// Lower case without regard to neighbours: a sigma at the end of a word is no exception.
  static String lowerCase(String text) {
    int length = text.length();
    int first = 0;
    while (first < length && isLower(text.charAt(first))) {
      first++;
    }
    if (first == length) {
      return text;
    }
    StringBuilder lower = new StringBuilder(length + 2).append(text, 0, first);
    for (int i = first; i < length; ) {
      int letter = text.codePointAt(i);
      i += Character.charCount(letter);
      if (letter == 'İ') {
        lower.append("i\u0307");
      } else {
        lower.appendCodePoint(Character.toLowerCase(letter));
      }
    }
    return lower.toString();
  }

  private static boolean isLower(char c) {
    return c < 0x80 && (c < 'A' || c > 'Z');
  }

  /// Letters without their marks, and plain letters for joined ones.
  static String ascii(String text) {
    int plain = 0;
    while (plain < text.length() && text.charAt(plain) < 0x80) {
      plain++;
    }
    if (plain == text.length()) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length() + 4).append(text, 0, plain);
    for (int i = plain; i < text.length(); ) {
      int letter = text.codePointAt(i);
      i += Character.charCount(letter);
      fold(letter, out);
    }
    return out.toString();
  }

  private static void fold(int letter, StringBuilder out) {
    if (letter < 0x80) {
      out.append((char) letter);
      return;
    }
    String mapped = joined(letter);
    if (mapped != null) {
      out.append(mapped);
      return;
    }
    int before = out.length();
    String parts = Normalizer.normalize(Character.toString(letter), Normalizer.Form.NFKD);
    for (int i = 0; i < parts.length(); ) {
      int part = parts.codePointAt(i);
      i += Character.charCount(part);
      if (part < 0x80) {
        out.append((char) part);
      } else if (!isMark(part)) {
        String more = joined(part);
        if (more != null) {
          out.append(more);
        }
      }
    }
    if (out.length() == before) {
      out.appendCodePoint(letter);
    }
  }

  static boolean isMark(int letter) {
    int type = Character.getType(letter);
    return type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.COMBINING_SPACING_MARK;
  }

  private static @Nullable String joined(int letter) {
    return switch (letter) {
      case 'ß' -> "ss";
      case 'ẞ' -> "SS";
      case 'Æ' -> "AE";
      case 'æ' -> "ae";
      case 'Œ' -> "OE";
      case 'œ' -> "oe";
      case 'Ø' -> "O";
      case 'ø' -> "o";
      case 'Ł' -> "L";
      case 'ł' -> "l";
      case 'Đ', 'Ð' -> "D";
      case 'đ', 'ð' -> "d";
      case 'Þ' -> "TH";
      case 'þ' -> "th";
      case 'Ħ' -> "H";
      case 'ħ' -> "h";
      case 'Ŧ' -> "T";
      case 'ŧ' -> "t";
      case 'Ŋ' -> "N";
      case 'ŋ' -> "n";
      case 'ı' -> "i";
      case 'ĸ' -> "k";
      case 'ſ' -> "s";
      default -> null;
    };
  }
}
