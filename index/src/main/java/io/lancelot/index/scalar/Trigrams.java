package io.lancelot.index.scalar;

import io.lancelot.expr.Probe;
import java.text.Normalizer;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The trigrams of text: every three ASCII letters or digits in a row, after lower-casing and
/// folding of accents, as numbers below 37³. Format: lance-format section 4.11.
final class Trigrams {

  /// One more than the greatest token.
  static final int COUNT = 37 * 37 * 37;

  /// Stands for rows whose text is null.
  static final int NULLS = 0;

  private static final byte[] DIGITS = digits();

  private Trigrams() {}

  /// Tokens that are stored for every text that holds all of some parts. Only those that no way of
  /// folding could have changed.
  static int[] ofParts(List<Probe.Part> parts) {
    BitSet tokens = new BitSet();
    for (Probe.Part each : parts) {
      String part = each.text();
      int a = 0;
      int b = 0;
      for (int i = 0; i < part.length(); i++) {
        char letter = part.charAt(i);
        int c = digit(letter);
        if (a > 0 && b > 0 && c > 0) {
          tokens.set((a * 37 + b) * 37 + c);
        }
        a = b;
        b = c;
      }
    }
    return tokens.stream().toArray();
  }

  /// From 1 for ASCII digits and letters of either case; 0 for all else.
  static int digit(int letter) {
    return letter < DIGITS.length ? DIGITS[letter] : 0;
  }

  private static byte[] digits() {
    byte[] digits = new byte[128];
    for (int i = 0; i < 10; i++) {
      digits['0' + i] = (byte) (1 + i);
    }
    for (int i = 0; i < 26; i++) {
      digits['a' + i] = (byte) (11 + i);
      digits['A' + i] = (byte) (11 + i);
    }
    return digits;
  }

  /// Lower-case letters without their accents. What has no ASCII form stays.
  static String fold(String any) {
    String text = any.toLowerCase(Locale.ROOT);
    if (text.chars().allMatch(letter -> letter < 128)) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(point -> {
          if (point < 128) {
            out.append((char) point);
            return;
          }
          String known = known(point);
          if (known != null) {
            out.append(known);
            return;
          }
          int before = out.length();
          Normalizer.normalize(Character.toString(point), Normalizer.Form.NFKD)
              .codePoints()
              .forEach(part -> {
                String inner = part < 128 ? Character.toString(part) : known(part);
                if (inner != null) {
                  out.append(inner);
                }
              });
          if (out.length() == before) {
            // Never part of a trigram, but it keeps its neighbours apart.
            out.append('\uFFFF');
          }
        });
    return out.toString();
  }

  /// Letters that do not come apart into a plain one and an accent.
  private static @Nullable String known(int point) {
    return switch (point) {
      case 'ß' -> "ss";
      case 'ẞ' -> "SS";
      case 'æ' -> "ae";
      case 'Æ' -> "AE";
      case 'œ' -> "oe";
      case 'Œ' -> "OE";
      case 'ø' -> "o";
      case 'Ø' -> "O";
      case 'ł' -> "l";
      case 'Ł' -> "L";
      case 'đ', 'ð' -> "d";
      case 'Đ', 'Ð' -> "D";
      case 'þ' -> "th";
      case 'Þ' -> "TH";
      case 'ħ' -> "h";
      case 'Ħ' -> "H";
      case 'ŧ' -> "t";
      case 'Ŧ' -> "T";
      case 'ŋ' -> "n";
      case 'Ŋ' -> "N";
      case 'ı' -> "i";
      case 'ĸ' -> "k";
      case 'ſ' -> "s";
      default -> null;
    };
  }
}
