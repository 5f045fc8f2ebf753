package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Cuts the text of a filter into tokens.
final class Lexer {

  enum Kind {
    NAME,
    QUOTED_NAME,
    STRING,
    NUMBER,
    BYTES,
    SYMBOL,
    END
  }

  /// @param text the meaning of the token: quotes removed, escapes resolved
  /// @param at position of the first character, from 1
  record Token(Kind kind, String text, int at) {

    boolean isSymbol(String symbol) {
      return kind == Kind.SYMBOL && text.equals(symbol);
    }

    boolean isWord(String upperCase) {
      return kind == Kind.NAME && text.equalsIgnoreCase(upperCase);
    }

    String shown() {
      return switch (kind) {
        case END -> "end of text";
        case STRING -> "'" + text + "'";
        case NAME, QUOTED_NAME, NUMBER, BYTES, SYMBOL -> text;
      };
    }
  }

  /// Words that cannot be a column's name unless quoted.
  private static final Set<String> RESERVED =
      Set.of(
          "AND",
          "OR",
          "NOT",
          "IS",
          "IN",
          "LIKE",
          "ILIKE",
          "BETWEEN",
          "NULL",
          "TRUE",
          "FALSE",
          "CASE",
          "WHEN",
          "THEN",
          "ELSE",
          "END",
          "SELECT",
          "FROM",
          "WHERE",
          "EXISTS",
          "INTERVAL");

  private static final List<String> SYMBOLS =
      List.of(
          "<=>", "!~*", "!~", "~*", "==", "!=", "<>", "<=", ">=", "||", "::", "=", "<", ">", "+",
          "-", "*", "/", "%", "(", ")", ",", ".", "[", "]", ";", "&", "|", "^", "~", "?", ":", "{",
          "}", "@", "#", "!", "$");

  private final String sql;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  private Lexer(String sql) {
    this.sql = sql;
  }

  static List<Token> tokens(String sql) {
    return new Lexer(sql).run();
  }

  /// Whether a name means itself without quotes.
  static boolean isPlainName(String name) {
    if (name.isEmpty() || !isNameStart(name.charAt(0)) || isReserved(name)) {
      return false;
    }
    for (int i = 1; i < name.length(); i++) {
      if (!isNamePart(name.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  static boolean isReserved(String name) {
    return RESERVED.contains(name.toUpperCase(Locale.ROOT));
  }

  private static boolean isNameStart(char c) {
    return Character.isLetter(c) || c == '_';
  }

  private static boolean isNamePart(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '$';
  }

  private List<Token> run() {
    while (skipBlanks()) {
      char c = sql.charAt(at);
      if (c == '\'') {
        tokens.add(new Token(Kind.STRING, quoted('\'', "text"), tokenStart));
      } else if (c == '`' || c == '"') {
        String name = quoted(c, "name");
        tokens.add(new Token(Kind.QUOTED_NAME, name, tokenStart));
      } else if ((c == 'x' || c == 'X') && peek(1) == '\'') {
        at++;
        int start = at;
        tokens.add(new Token(Kind.BYTES, hex(quoted('\'', "bytes")), start));
      } else if (isNameStart(c)) {
        int start = at;
        while (at < sql.length() && isNamePart(sql.charAt(at))) {
          at++;
        }
        tokens.add(new Token(Kind.NAME, sql.substring(start, at), start + 1));
      } else if (isDigit(c) || (c == '.' && isDigit(peek(1)) && !afterName())) {
        number();
      } else {
        symbol();
      }
    }
    tokens.add(new Token(Kind.END, "", sql.length() + 1));
    return tokens;
  }

  private int tokenStart;

  private boolean afterName() {
    if (tokens.isEmpty()) {
      return false;
    }
    Token last = tokens.getLast();
    return last.at() + last.text().length() == at + 1 && last.kind() == Kind.NAME;
  }

  private char peek(int ahead) {
    return at + ahead < sql.length() ? sql.charAt(at + ahead) : 0;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /// Skips white space and comments; false at the end of the text.
  private boolean skipBlanks() {
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (c == '-' && peek(1) == '-') {
        int end = sql.indexOf('\n', at);
        at = end < 0 ? sql.length() : end;
      } else if (c == '/' && peek(1) == '*') {
        int end = sql.indexOf("*/", at + 2);
        if (end < 0) {
          throw error("*/", "end of text", sql.length() + 1);
        }
        at = end + 2;
      } else {
        return true;
      }
    }
    return false;
  }

  /// The content between quotes; a doubled quote stands for one.
  private String quoted(char quote, String what) {
    tokenStart = at + 1;
    StringBuilder content = new StringBuilder();
    int i = at + 1;
    while (true) {
      int end = sql.indexOf(quote, i);
      if (end < 0) {
        throw error(
            "closing " + quote + " of the " + what + " that starts at position " + tokenStart,
            "end of text",
            sql.length() + 1);
      }
      content.append(sql, i, end);
      i = end + 1;
      if (i >= sql.length() || sql.charAt(i) != quote) {
        at = i;
        return content.toString();
      }
      content.append(quote);
      i++;
    }
  }

  private String hex(String digits) {
    if (digits.length() % 2 != 0
        || !digits.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 128)) {
      throw error("an even number of hexadecimal digits", digits, tokenStart);
    }
    return digits;
  }

  private void number() {
    int start = at;
    while (isDigit(peek(0))) {
      at++;
    }
    if (peek(0) == '.') {
      at++;
      while (isDigit(peek(0))) {
        at++;
      }
    }
    if (peek(0) == 'e' || peek(0) == 'E') {
      int sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if (isDigit(peek(1 + sign))) {
        at += 1 + sign;
        while (isDigit(peek(0))) {
          at++;
        }
      }
    }
    if (isNameStart(peek(0))) {
      int end = at;
      while (isNamePart(sql.charAt(end))) {
        end++;
        if (end == sql.length()) {
          break;
        }
      }
      throw error("a number", sql.substring(start, end), start + 1);
    }
    tokens.add(new Token(Kind.NUMBER, sql.substring(start, at), start + 1));
  }

  private void symbol() {
    for (String symbol : SYMBOLS) {
      if (sql.startsWith(symbol, at)) {
        tokens.add(new Token(Kind.SYMBOL, symbol, at + 1));
        at += symbol.length();
        return;
      }
    }
    int point = sql.codePointAt(at);
    throw error("an expression", Character.toString(point), at + 1);
  }

  static InvalidInputException error(String expected, String found, int at) {
    return new InvalidInputException(
        "invalid filter: expected="
            + expected
            + ", found="
            + (found.length() > 60 ? found.substring(0, 60) + "…" : found)
            + " (position="
            + at
            + ")");
  }
}
