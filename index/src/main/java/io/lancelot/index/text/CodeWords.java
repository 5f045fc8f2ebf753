package io.lancelot.index.text;

import java.util.List;

/// Cuts source code: identifiers, their parts if wanted, and operators if wanted.
final class CodeWords implements Segmenter {

  private static final String OPERATOR_LETTERS = "!%&*+-/:<=>?^|~";

  /// Operators of several signs, longer ones first.
  private static final List<String> OPERATORS =
      List.of(
          ">>>=", "<<=", ">>=", "&&=", "||=", "??=", "**=", "//=", "===", "!==", ">>>", "<=>", "::",
          "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=",
          "&=", "|=", "^=", "<<", ">>", "**", "//", "??", ":=", "<-", "|>", "~=");

  private final boolean operators;
  private final boolean split;
  private final boolean onDigits;
  private final boolean keepWhole;

  CodeWords(TextParams params) {
    this.operators = params.indexOperators();
    this.split = params.splitIdentifiers();
    this.onDigits = params.splitOnNumerics();
    this.keepWhole = params.preserveOriginal();
  }

  private static boolean isIdentifier(int c) {
    return c == '_' || Segmenter.isWordPart(c);
  }

  @Override
  public void cut(String text, boolean query, Sink sink) {
    int position = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      int end = i + Character.charCount(c);
      if (isIdentifier(c)) {
        while (end < text.length() && isIdentifier(text.codePointAt(end))) {
          end += Character.charCount(text.codePointAt(end));
        }
        position += identifier(text, i, end, position, sink);
      } else if (operators && OPERATOR_LETTERS.indexOf(c) >= 0) {
        int at = i;
        end =
            i
                + OPERATORS.stream()
                    .filter(operator -> text.startsWith(operator, at))
                    .findFirst()
                    .map(String::length)
                    .orElse(1);
        sink.piece(i, end, position++);
      }
      i = end;
    }
  }

  /// Returns how many positions it takes.
  private int identifier(String text, int from, int to, int position, Sink sink) {
    int[] ends = new int[to - from + 1];
    int parts = 0;
    int[] starts = new int[to - from + 1];
    int start = -1;
    for (int i = from; split && i <= to; ) {
      boolean end = i == to || text.charAt(i) == '_';
      if (start >= 0 && (end || isBoundary(text, start, i, to))) {
        starts[parts] = start;
        ends[parts++] = i;
        start = end ? -1 : i;
      } else if (start < 0 && !end) {
        start = i;
      }
      i += i == to ? 1 : Character.charCount(text.codePointAt(i));
    }
    if (parts <= 1) {
      sink.piece(from, to, position);
      return 1;
    }
    if (keepWhole) {
      sink.piece(from, to, position);
    }
    for (int i = 0; i < parts; i++) {
      sink.piece(starts[i], ends[i], position + i);
    }
    return parts;
  }

  private boolean isBoundary(String text, int start, int i, int to) {
    if (i == start) {
      return false;
    }
    int before = text.codePointBefore(i);
    int at = text.codePointAt(i);
    if (onDigits && isDigit(before) != isDigit(at)) {
      return true;
    }
    if (Character.isLowerCase(before) && Character.isUpperCase(at)) {
      return true;
    }
    int next = i + Character.charCount(at);
    return Character.isUpperCase(before)
        && Character.isUpperCase(at)
        && next < to
        && Character.isLowerCase(text.codePointAt(next));
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }
}
