package io.lancelot.expr;

import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Parses what stands between operators: literals, columns, calls, casts, CASE.
final class Operands {

  private static final int MAX_DIGITS = 1000;

  private final Parser parser;
  private final TokenCursor tokens;

  Operands(Parser parser, TokenCursor tokens) {
    this.parser = parser;
    this.tokens = tokens;
  }

  /// What an expression may begin with.
  Expr prefix() {
    Lexer.Token token = tokens.take();
    parser.height = 1;
    return switch (token.kind()) {
      case NUMBER -> number(token, false);
      case STRING -> new Expr.Literal(token.text());
      case BYTES -> new Expr.Literal(ByteBuffer.wrap(HexFormat.of().parseHex(token.text())));
      case QUOTED_NAME -> tokens.peek().isSymbol("(") ? call(token) : column(token, true);
      case NAME -> word(token);
      case SYMBOL -> symbol(token);
      case END -> throw Lexer.error("an expression", token.shown(), token.at());
    };
  }

  private Expr symbol(Lexer.Token token) {
    return switch (token.text()) {
      case "(" -> {
        Expr inner = parser.expression(0);
        tokens.expectSymbol(")");
        yield inner;
      }
      case "-" -> {
        if (tokens.peek().kind() == Lexer.Kind.NUMBER) {
          yield number(tokens.take(), true);
        }
        Expr operand = parser.expression(Parser.PRODUCT);
        parser.grow(parser.height, parser.height);
        yield new Expr.Negate(operand);
      }
      case "+" -> parser.expression(Parser.PRODUCT);
      case "[" -> new Expr.Call("make_array", items("]"));
      default -> throw Lexer.error("an expression", token.shown(), token.at());
    };
  }

  private static boolean digitsOnly(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return !text.isEmpty();
  }

  private static Expr number(Lexer.Token token, boolean negative) {
    String text = token.text();
    try {
      if (text.length() > MAX_DIGITS) {
        throw new NumberFormatException();
      }
      if (digitsOnly(text)) {
        BigInteger value =
            text.length() < 19 ? BigInteger.valueOf(Long.parseLong(text)) : new BigInteger(text);
        return new Expr.Literal(negative ? value.negate() : value);
      }
      BigDecimal value = new BigDecimal(text);
      // Beyond this, turning the number into digits would take unreasonable memory.
      if (Math.abs((long) value.scale()) > MAX_DIGITS) {
        throw new NumberFormatException();
      }
      return new Expr.Literal(negative ? value.negate() : value);
    } catch (NumberFormatException e) {
      throw Lexer.error("a number of at most " + MAX_DIGITS + " digits", text, token.at());
    }
  }

  private Expr word(Lexer.Token token) {
    return switch (token.text().toUpperCase(Locale.ROOT)) {
      case "NULL" -> new Expr.Literal(null);
      case "TRUE" -> new Expr.Literal(true);
      case "FALSE" -> new Expr.Literal(false);
      case "NOT" -> {
        Expr operand = parser.expression(Parser.NOT);
        parser.grow(parser.height, parser.height);
        yield new Expr.Not(operand);
      }
      case "CASE" -> choice();
      case "INTERVAL" -> interval();
      case "EXISTS", "SELECT" ->
          throw new UnsupportedFeatureException(
              token.text().toUpperCase(Locale.ROOT) + " in filters (position=" + token.at() + ")");
      default -> {
        if (Lexer.isReserved(token.text())) {
          throw Lexer.error("an expression", token.shown(), token.at());
        }
        yield name(token);
      }
    };
  }

  private Expr name(Lexer.Token token) {
    if (tokens.peek().isSymbol("(") && (token.isWord("CAST") || token.isWord("TRY_CAST"))) {
      return cast(token.isWord("TRY_CAST"));
    }
    if (token.isWord("ARRAY") && tokens.takeSymbol("[")) {
      return new Expr.Call("make_array", items("]"));
    }
    if (tokens.peek().isSymbol("(")) {
      Expr special = specialCall(token);
      if (special != null) {
        return special;
      }
    }
    Expr typed = typedLiteral(token);
    if (typed != null) {
      return typed;
    }
    return tokens.peek().isSymbol("(") ? call(token) : column(token, false);
  }

  /// `date '2024-01-01'`, `timestamp(3) '…'`, `decimal(10, 2) '1.25'`: the same as a cast.
  private @Nullable Expr typedLiteral(Lexer.Token token) {
    int ahead = 0;
    if (tokens.peek().isSymbol("(")) {
      ahead = 1;
      while (tokens.ahead(ahead).kind() == Lexer.Kind.NUMBER || tokens.ahead(ahead).isSymbol(",")) {
        ahead++;
      }
      if (ahead == 1 || !tokens.ahead(ahead).isSymbol(")")) {
        return null;
      }
      ahead++;
    }
    if (tokens.ahead(ahead).kind() != Lexer.Kind.STRING) {
      return null;
    }
    DataType type =
        SqlTypes.of(token.text().toLowerCase(Locale.ROOT), SqlTypes.parameters(tokens), token.at());
    parser.grow(1, 1);
    return new Expr.Cast(new Expr.Literal(tokens.take().text()), type, false);
  }

  private Expr cast(boolean lenient) {
    tokens.expectSymbol("(");
    Expr operand = parser.expression(0);
    int operandHeight = parser.height;
    tokens.expectWord("AS");
    DataType type = SqlTypes.parse(tokens);
    tokens.expectSymbol(")");
    parser.grow(operandHeight, operandHeight);
    return new Expr.Cast(operand, type, lenient);
  }

  private Expr call(Lexer.Token name) {
    tokens.expectSymbol("(");
    return new Expr.Call(name.text(), items(")"));
  }

  /// Expressions with commas between, and what closes them.
  private List<Expr> items(String close) {
    int highest = 0;
    List<Expr> items = new ArrayList<>();
    if (!tokens.peek().isSymbol(close)) {
      do {
        items.add(parser.expression(0));
        highest = Math.max(highest, parser.height);
      } while (tokens.takeSymbol(","));
    }
    tokens.expectSymbol(close);
    parser.grow(highest, highest);
    return items;
  }

  /// Calls whose arguments are not written with commas; null if it is none of them.
  private @Nullable Expr specialCall(Lexer.Token name) {
    return switch (name.text().toUpperCase(Locale.ROOT)) {
      case "EXTRACT" -> {
        tokens.skip(1);
        Lexer.Token field = tokens.take();
        tokens.expectWord("FROM");
        Expr moment = parser.expression(0);
        tokens.expectSymbol(")");
        parser.grow(parser.height, 1);
        yield new Expr.Call(
            "date_part", List.of(new Expr.Literal(field.text().toLowerCase(Locale.ROOT)), moment));
      }
      case "POSITION" -> {
        tokens.skip(1);
        Expr part = parser.expression(Parser.COMPARE);
        int partHeight = parser.height;
        if (tokens.takeSymbol(",")) {
          Expr other = parser.expression(0);
          tokens.expectSymbol(")");
          parser.grow(partHeight, parser.height);
          yield new Expr.Call("strpos", List.of(part, other));
        }
        tokens.expectWord("IN");
        Expr text = parser.expression(0);
        tokens.expectSymbol(")");
        parser.grow(partHeight, parser.height);
        yield new Expr.Call("strpos", List.of(text, part));
      }
      case "SUBSTRING", "OVERLAY" -> worded(name);
      case "TRIM" -> trim();
      default -> null;
    };
  }

  /// `substring(s FROM 2 FOR 3)`, `overlay(s PLACING r FROM 2 FOR 3)`, and the same with commas.
  private Expr worded(Lexer.Token name) {
    tokens.skip(1);
    int highest = 0;
    List<Expr> arguments = new ArrayList<>();
    do {
      arguments.add(parser.expression(0));
      highest = Math.max(highest, parser.height);
    } while (tokens.takeSymbol(",")
        || tokens.takeWord("PLACING")
        || tokens.takeWord("FROM")
        || tokens.takeWord("FOR"));
    tokens.expectSymbol(")");
    parser.grow(highest, highest);
    return new Expr.Call(name.text(), arguments);
  }

  /// `trim(BOTH 'x' FROM s)` and `trim(s, 'x')`.
  private Expr trim() {
    tokens.skip(1);
    String function = "btrim";
    boolean sided = false;
    for (String[] side :
        new String[][] {{"LEADING", "ltrim"}, {"TRAILING", "rtrim"}, {"BOTH", "btrim"}}) {
      if (tokens.takeWord(side[0])) {
        function = side[1];
        sided = true;
      }
    }
    if (sided && tokens.takeWord("FROM")) {
      Expr text = parser.expression(0);
      tokens.expectSymbol(")");
      parser.grow(parser.height, parser.height);
      return new Expr.Call(function, List.of(text));
    }
    Expr first = parser.expression(0);
    int highest = parser.height;
    List<Expr> arguments = new ArrayList<>(List.of(first));
    if (tokens.takeWord("FROM")) {
      arguments.addFirst(parser.expression(0));
    } else if (tokens.takeSymbol(",")) {
      arguments.add(parser.expression(0));
    }
    tokens.expectSymbol(")");
    parser.grow(Math.max(highest, parser.height), 1);
    return new Expr.Call(function, arguments);
  }

  private Expr choice() {
    int highest = 0;
    Expr subject = null;
    if (!tokens.peek().isWord("WHEN")) {
      subject = parser.expression(0);
      highest = parser.height;
    }
    List<Expr.When> branches = new ArrayList<>();
    while (tokens.takeWord("WHEN")) {
      Expr condition = parser.expression(0);
      highest = Math.max(highest, parser.height);
      tokens.expectWord("THEN");
      Expr value = parser.expression(0);
      highest = Math.max(highest, parser.height);
      branches.add(
          new Expr.When(
              subject == null
                  ? condition
                  : new Expr.Compare(Expr.Comparison.EQ, subject, condition),
              value));
    }
    if (branches.isEmpty()) {
      throw tokens.unexpected("WHEN");
    }
    Expr otherwise = new Expr.Literal(null);
    if (tokens.takeWord("ELSE")) {
      otherwise = parser.expression(0);
      highest = Math.max(highest, parser.height);
    }
    tokens.expectWord("END");
    parser.grow(highest + 1, highest);
    return new Expr.Case(branches, otherwise);
  }

  private Expr interval() {
    Lexer.Token text = tokens.take();
    if (text.kind() != Lexer.Kind.STRING && text.kind() != Lexer.Kind.NUMBER) {
      throw Lexer.error("a length of time in quotes", text.shown(), text.at());
    }
    String written = text.text();
    if (tokens.peek().kind() == Lexer.Kind.NAME && Intervals.isUnit(tokens.peek().text())) {
      written += " " + tokens.take().text();
    }
    return Intervals.parse(written, text.at());
  }

  private Expr column(Lexer.Token first, boolean quoted) {
    List<String> path = new ArrayList<>();
    path.add(first.text());
    boolean exact = quoted;
    while (tokens.takeSymbol(".")) {
      Lexer.Token part = tokens.take();
      if (part.kind() != Lexer.Kind.NAME && part.kind() != Lexer.Kind.QUOTED_NAME) {
        throw Lexer.error("the name of a field", part.shown(), part.at());
      }
      exact |= part.kind() == Lexer.Kind.QUOTED_NAME;
      path.add(part.text());
      checkPath(path, part);
    }
    return new Expr.Column(path, exact);
  }

  static void checkPath(List<String> path, Lexer.Token part) {
    if (path.size() > Expr.MAX_DEPTH) {
      throw Lexer.error("at most " + Expr.MAX_DEPTH + " nested fields", "more", part.at());
    }
  }
}
