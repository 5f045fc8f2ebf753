package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
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

/// Parses the dialect by operator precedence. The scale is that of the SQL parser upstream uses, so
/// that texts without parentheses mean the same to both.
final class Parser {

  static final int OR = 5;
  static final int AND = 10;
  static final int NOT = 15;
  static final int IS = 17;
  static final int LIKE = 19;
  static final int COMPARE = 20;
  static final int SUM = 30;
  static final int PRODUCT = 40;
  private static final int POSTFIX = 50;

  private static final int MAX_DIGITS = 1000;

  private final List<Lexer.Token> tokens;
  private int next;
  private int nesting;

  /// Height of the expression parsed last.
  private int height;

  Parser(String sql) {
    tokens = Lexer.tokens(sql);
  }

  static int binding(Expr.Operator op) {
    return switch (op) {
      case ADD, SUBTRACT -> SUM;
      case MULTIPLY, DIVIDE, REMAINDER, CONCAT -> PRODUCT;
    };
  }

  Expr parse() {
    Expr expr = expression(0);
    if (peek().kind() != Lexer.Kind.END) {
      throw unexpected("an operator or the end of the text");
    }
    return expr;
  }

  private Lexer.Token peek() {
    return tokens.get(next);
  }

  private Lexer.Token take() {
    Lexer.Token token = tokens.get(next);
    if (token.kind() != Lexer.Kind.END) {
      next++;
    }
    return token;
  }

  private Lexer.Token ahead(int count) {
    return tokens.get(Math.min(next + count, tokens.size() - 1));
  }

  private boolean takeSymbol(String symbol) {
    boolean found = peek().isSymbol(symbol);
    next += found ? 1 : 0;
    return found;
  }

  private boolean takeWord(String word) {
    boolean found = peek().isWord(word);
    next += found ? 1 : 0;
    return found;
  }

  private void expectSymbol(String symbol) {
    if (!takeSymbol(symbol)) {
      throw unexpected(symbol);
    }
  }

  private void expectWord(String word) {
    if (!takeWord(word)) {
      throw unexpected(word);
    }
  }

  private InvalidInputException unexpected(String expected) {
    return Lexer.error(expected, peek().shown(), peek().at());
  }

  private void grow(int left, int right) {
    height = Math.max(left, right) + 1;
    if (height > Expr.MAX_DEPTH) {
      throw tooDeep();
    }
  }

  private InvalidInputException tooDeep() {
    return Lexer.error("at most " + Expr.MAX_DEPTH + " levels of nesting", "more", peek().at());
  }

  /// Parses operators that bind tighter than `around`.
  private Expr expression(int around) {
    if (++nesting > Expr.MAX_DEPTH) {
      throw tooDeep();
    }
    Expr left = prefix();
    while (true) {
      int binding = nextBinding();
      if (binding <= around) {
        nesting--;
        return left;
      }
      left = infix(left, binding);
    }
  }

  private int nextBinding() {
    Lexer.Token token = peek();
    return switch (token.kind()) {
      case SYMBOL ->
          switch (token.text()) {
            case "~", "~*", "!~", "!~*" -> LIKE;
            case "=", "==", "!=", "<>", "<", "<=", ">", ">=" -> COMPARE;
            case "+", "-" -> SUM;
            case "*", "/", "%", "||" -> PRODUCT;
            case "::", "[" -> POSTFIX;
            case "&", "|", "^", "<=>" ->
                throw new UnsupportedFeatureException(
                    "operator " + token.text() + " in filters (position=" + token.at() + ")");
            default -> 0;
          };
      case NAME -> wordBinding(token.text(), ahead(1));
      case QUOTED_NAME, STRING, NUMBER, BYTES, END -> 0;
    };
  }

  private static int wordBinding(String word, Lexer.Token after) {
    return switch (word.toUpperCase(Locale.ROOT)) {
      case "OR" -> OR;
      case "AND" -> AND;
      case "IS" -> IS;
      case "LIKE", "ILIKE" -> LIKE;
      case "SIMILAR" -> after.isWord("TO") ? LIKE : 0;
      case "IN", "BETWEEN" -> COMPARE;
      case "NOT" ->
          after.isWord("LIKE") || after.isWord("ILIKE") || after.isWord("SIMILAR") ? LIKE : COMPARE;
      default -> 0;
    };
  }

  private Expr infix(Expr left, int binding) {
    int leftHeight = height;
    return switch (binding) {
      case OR, AND -> logic(left, leftHeight, binding);
      case IS -> is(left, leftHeight);
      case LIKE ->
          peek().kind() == Lexer.Kind.SYMBOL
              ? regex(left, leftHeight)
              : like(left, leftHeight, takeWord("NOT"));
      case POSTFIX -> postfix(left, leftHeight);
      default -> {
        if (peek().kind() == Lexer.Kind.NAME) {
          boolean negated = takeWord("NOT");
          yield takeWord("IN") ? in(left, leftHeight, negated) : between(left, leftHeight, negated);
        }
        String symbol = take().text();
        Expr right = expression(binding);
        grow(leftHeight, height);
        yield binary(symbol, left, right);
      }
    };
  }

  private static Expr binary(String symbol, Expr left, Expr right) {
    for (Expr.Operator op : Expr.Operator.values()) {
      if (op.symbol().equals(symbol)) {
        return new Expr.Arithmetic(op, left, right);
      }
    }
    Expr.Comparison op =
        switch (symbol) {
          case "=", "==" -> Expr.Comparison.EQ;
          case "!=", "<>" -> Expr.Comparison.NE;
          case "<" -> Expr.Comparison.LT;
          case "<=" -> Expr.Comparison.LE;
          case ">" -> Expr.Comparison.GT;
          case ">=" -> Expr.Comparison.GE;
          default -> throw new IllegalStateException("not an operator: " + symbol);
        };
    return new Expr.Compare(op, left, right);
  }

  /// A chain of ANDs or ORs, which is one flat expression however long it is.
  private Expr logic(Expr left, int leftHeight, int binding) {
    List<Expr> terms = new ArrayList<>();
    terms.add(left);
    int highest = leftHeight;
    while (takeWord(binding == AND ? "AND" : "OR")) {
      terms.add(expression(binding));
      highest = Math.max(highest, height);
    }
    grow(highest, highest);
    return binding == AND ? new Expr.And(terms) : new Expr.Or(terms);
  }

  private Expr is(Expr left, int leftHeight) {
    expectWord("IS");
    boolean negated = takeWord("NOT");
    if (takeWord("DISTINCT")) {
      expectWord("FROM");
      Expr right = expression(IS);
      grow(leftHeight, height);
      return new Expr.Compare(
          negated ? Expr.Comparison.NOT_DISTINCT : Expr.Comparison.DISTINCT, left, right);
    }
    grow(leftHeight, leftHeight);
    if (takeWord("NULL")) {
      return new Expr.IsNull(left, negated);
    }
    for (Expr.Truth truth : Expr.Truth.values()) {
      if (takeWord(truth.name())) {
        return new Expr.IsTruth(left, truth, negated);
      }
    }
    throw unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM");
  }

  private Expr regex(Expr left, int leftHeight) {
    String symbol = take().text();
    Expr pattern = expression(LIKE);
    grow(leftHeight, height + 1);
    List<Expr> arguments = new ArrayList<>(List.of(left, pattern));
    if (symbol.endsWith("*")) {
      arguments.add(new Expr.Literal("i"));
    }
    Expr test = new Expr.Call("regexp_like", arguments);
    return symbol.startsWith("!") ? new Expr.Not(test) : test;
  }

  private Expr like(Expr left, int leftHeight, boolean negated) {
    if (takeWord("SIMILAR")) {
      expectWord("TO");
      Expr pattern = expression(LIKE);
      grow(leftHeight, height + 1);
      Expr test = new Expr.Call("similar_to", List.of(left, pattern));
      return negated ? new Expr.Not(test) : test;
    }
    boolean caseless = take().isWord("ILIKE");
    Expr pattern = expression(LIKE);
    grow(leftHeight, height);
    char escape = '\\';
    if (takeWord("ESCAPE")) {
      Lexer.Token token = take();
      if (token.kind() != Lexer.Kind.STRING || token.text().length() != 1) {
        throw Lexer.error("one character in quotes", token.shown(), token.at());
      }
      escape = token.text().charAt(0);
    }
    return new Expr.Like(left, pattern, escape, caseless, negated);
  }

  private Expr in(Expr left, int leftHeight, boolean negated) {
    expectSymbol("(");
    int highest = leftHeight;
    List<Expr> items = new ArrayList<>();
    if (!peek().isSymbol(")")) {
      do {
        items.add(expression(0));
        highest = Math.max(highest, height);
      } while (takeSymbol(","));
    }
    expectSymbol(")");
    grow(highest, highest);
    return new Expr.In(left, items, negated);
  }

  private Expr between(Expr left, int leftHeight, boolean negated) {
    if (!takeWord("BETWEEN")) {
      throw unexpected("IN, LIKE, ILIKE or BETWEEN");
    }
    Expr low = expression(COMPARE);
    int lowHeight = height;
    expectWord("AND");
    Expr high = expression(COMPARE);
    grow(leftHeight, Math.max(lowHeight, height));
    return new Expr.Between(left, low, high, negated);
  }

  private Expr postfix(Expr left, int leftHeight) {
    if (takeSymbol("::")) {
      grow(leftHeight, leftHeight);
      return new Expr.Cast(left, type(), false);
    }
    take();
    Lexer.Token key = peek();
    if (key.kind() == Lexer.Kind.STRING && left instanceof Expr.Column(List<String> path, _)) {
      take();
      expectSymbol("]");
      List<String> longer = new ArrayList<>(path);
      longer.add(key.text());
      checkPath(longer, key);
      height = leftHeight;
      return new Expr.Column(longer, true);
    }
    int highest = leftHeight;
    List<Expr> arguments = new ArrayList<>(List.of(left, expression(0)));
    highest = Math.max(highest, height);
    boolean range = takeSymbol(":");
    if (range) {
      arguments.add(expression(0));
      highest = Math.max(highest, height);
    }
    expectSymbol("]");
    grow(highest, highest);
    boolean name =
        arguments.get(1) instanceof Expr.Literal(Object found) && found instanceof String;
    return new Expr.Call(range ? "array_slice" : name ? "get_field" : "array_element", arguments);
  }

  private Expr prefix() {
    Lexer.Token token = take();
    height = 1;
    return switch (token.kind()) {
      case NUMBER -> number(token, false);
      case STRING -> new Expr.Literal(token.text());
      case BYTES -> new Expr.Literal(ByteBuffer.wrap(HexFormat.of().parseHex(token.text())));
      case QUOTED_NAME -> peek().isSymbol("(") ? call(token) : column(token, true);
      case NAME -> word(token);
      case SYMBOL -> symbol(token);
      case END -> throw Lexer.error("an expression", token.shown(), token.at());
    };
  }

  private Expr symbol(Lexer.Token token) {
    return switch (token.text()) {
      case "(" -> {
        Expr inner = expression(0);
        expectSymbol(")");
        yield inner;
      }
      case "-" -> {
        if (peek().kind() == Lexer.Kind.NUMBER) {
          yield number(take(), true);
        }
        Expr operand = expression(PRODUCT);
        grow(height, height);
        yield new Expr.Negate(operand);
      }
      case "+" -> expression(PRODUCT);
      case "[" -> new Expr.Call("make_array", items("]"));
      default -> throw Lexer.error("an expression", token.shown(), token.at());
    };
  }

  private static Expr number(Lexer.Token token, boolean negative) {
    String text = token.text();
    try {
      if (text.length() > MAX_DIGITS) {
        throw new NumberFormatException();
      }
      if (text.chars().allMatch(c -> c >= '0' && c <= '9')) {
        BigInteger value = new BigInteger(text);
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
        Expr operand = expression(NOT);
        grow(height, height);
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
    if (peek().isSymbol("(") && (token.isWord("CAST") || token.isWord("TRY_CAST"))) {
      return cast(token.isWord("TRY_CAST"));
    }
    if (token.isWord("ARRAY") && takeSymbol("[")) {
      return new Expr.Call("make_array", items("]"));
    }
    if (peek().isSymbol("(")) {
      Expr special = specialCall(token);
      if (special != null) {
        return special;
      }
    }
    Expr typed = typedLiteral(token);
    if (typed != null) {
      return typed;
    }
    return peek().isSymbol("(") ? call(token) : column(token, false);
  }

  /// `date '2024-01-01'`, `timestamp(3) '…'`, `decimal(10, 2) '1.25'`: the same as a cast.
  private @Nullable Expr typedLiteral(Lexer.Token token) {
    int ahead = 0;
    if (peek().isSymbol("(")) {
      ahead = 1;
      while (ahead(ahead).kind() == Lexer.Kind.NUMBER || ahead(ahead).isSymbol(",")) {
        ahead++;
      }
      if (ahead == 1 || !ahead(ahead).isSymbol(")")) {
        return null;
      }
      ahead++;
    }
    if (ahead(ahead).kind() != Lexer.Kind.STRING) {
      return null;
    }
    DataType type = SqlTypes.of(token.text().toLowerCase(Locale.ROOT), parameters(), token.at());
    grow(1, 1);
    return new Expr.Cast(new Expr.Literal(take().text()), type, false);
  }

  private Expr cast(boolean lenient) {
    expectSymbol("(");
    Expr operand = expression(0);
    int operandHeight = height;
    expectWord("AS");
    DataType type = type();
    expectSymbol(")");
    grow(operandHeight, operandHeight);
    return new Expr.Cast(operand, type, lenient);
  }

  private DataType type() {
    Lexer.Token first = take();
    if (first.kind() != Lexer.Kind.NAME) {
      throw Lexer.error("a type", first.shown(), first.at());
    }
    StringBuilder words = new StringBuilder(first.text().toLowerCase(Locale.ROOT));
    if (first.isWord("DOUBLE") && takeWord("PRECISION")) {
      words.append(" precision");
    } else if (first.isWord("CHARACTER") && takeWord("VARYING")) {
      words.append(" varying");
    } else if (takeWord("UNSIGNED")) {
      words.append(" unsigned");
    }
    List<Integer> parameters = parameters();
    boolean with = peek().isWord("WITH");
    if ((with || peek().isWord("WITHOUT")) && ahead(1).isWord("TIME") && ahead(2).isWord("ZONE")) {
      next += 3;
      words.append(with ? " with time zone" : " without time zone");
    }
    return SqlTypes.of(words.toString(), parameters, first.at());
  }

  private List<Integer> parameters() {
    List<Integer> parameters = new ArrayList<>();
    if (takeSymbol("(")) {
      do {
        boolean negative = takeSymbol("-");
        Lexer.Token token = take();
        if (token.kind() != Lexer.Kind.NUMBER || !token.text().matches("[0-9]{1,9}")) {
          throw Lexer.error("a whole number", token.shown(), token.at());
        }
        int value = Integer.parseInt(token.text());
        parameters.add(negative ? -value : value);
      } while (takeSymbol(","));
      expectSymbol(")");
    }
    return parameters;
  }

  private Expr call(Lexer.Token name) {
    expectSymbol("(");
    return new Expr.Call(name.text(), items(")"));
  }

  /// Expressions with commas between, and what closes them.
  private List<Expr> items(String close) {
    int highest = 0;
    List<Expr> items = new ArrayList<>();
    if (!peek().isSymbol(close)) {
      do {
        items.add(expression(0));
        highest = Math.max(highest, height);
      } while (takeSymbol(","));
    }
    expectSymbol(close);
    grow(highest, highest);
    return items;
  }

  /// Calls whose arguments are not written with commas; null if it is none of them.
  private @Nullable Expr specialCall(Lexer.Token name) {
    return switch (name.text().toUpperCase(Locale.ROOT)) {
      case "EXTRACT" -> {
        next++;
        Lexer.Token field = take();
        expectWord("FROM");
        Expr moment = expression(0);
        expectSymbol(")");
        grow(height, 1);
        yield new Expr.Call(
            "date_part", List.of(new Expr.Literal(field.text().toLowerCase(Locale.ROOT)), moment));
      }
      case "POSITION" -> {
        next++;
        Expr part = expression(COMPARE);
        int partHeight = height;
        if (takeSymbol(",")) {
          Expr other = expression(0);
          expectSymbol(")");
          grow(partHeight, height);
          yield new Expr.Call("strpos", List.of(part, other));
        }
        expectWord("IN");
        Expr text = expression(0);
        expectSymbol(")");
        grow(partHeight, height);
        yield new Expr.Call("strpos", List.of(text, part));
      }
      case "SUBSTRING", "OVERLAY" -> worded(name);
      case "TRIM" -> trim();
      default -> null;
    };
  }

  /// `substring(s FROM 2 FOR 3)`, `overlay(s PLACING r FROM 2 FOR 3)`, and the same with commas.
  private Expr worded(Lexer.Token name) {
    next++;
    int highest = 0;
    List<Expr> arguments = new ArrayList<>();
    do {
      arguments.add(expression(0));
      highest = Math.max(highest, height);
    } while (takeSymbol(",") || takeWord("PLACING") || takeWord("FROM") || takeWord("FOR"));
    expectSymbol(")");
    grow(highest, highest);
    return new Expr.Call(name.text(), arguments);
  }

  /// `trim(BOTH 'x' FROM s)` and `trim(s, 'x')`.
  private Expr trim() {
    next++;
    String function = "btrim";
    boolean sided = false;
    for (String[] side :
        new String[][] {{"LEADING", "ltrim"}, {"TRAILING", "rtrim"}, {"BOTH", "btrim"}}) {
      if (takeWord(side[0])) {
        function = side[1];
        sided = true;
      }
    }
    if (sided && takeWord("FROM")) {
      Expr text = expression(0);
      expectSymbol(")");
      grow(height, height);
      return new Expr.Call(function, List.of(text));
    }
    Expr first = expression(0);
    int highest = height;
    List<Expr> arguments = new ArrayList<>(List.of(first));
    if (takeWord("FROM")) {
      arguments.addFirst(expression(0));
    } else if (takeSymbol(",")) {
      arguments.add(expression(0));
    }
    expectSymbol(")");
    grow(Math.max(highest, height), 1);
    return new Expr.Call(function, arguments);
  }

  private Expr choice() {
    int highest = 0;
    Expr subject = null;
    if (!peek().isWord("WHEN")) {
      subject = expression(0);
      highest = height;
    }
    List<Expr.When> branches = new ArrayList<>();
    while (takeWord("WHEN")) {
      Expr condition = expression(0);
      highest = Math.max(highest, height);
      expectWord("THEN");
      Expr value = expression(0);
      highest = Math.max(highest, height);
      branches.add(
          new Expr.When(
              subject == null
                  ? condition
                  : new Expr.Compare(Expr.Comparison.EQ, subject, condition),
              value));
    }
    if (branches.isEmpty()) {
      throw unexpected("WHEN");
    }
    Expr otherwise = new Expr.Literal(null);
    if (takeWord("ELSE")) {
      otherwise = expression(0);
      highest = Math.max(highest, height);
    }
    expectWord("END");
    grow(highest + 1, highest);
    return new Expr.Case(branches, otherwise);
  }

  private Expr interval() {
    Lexer.Token text = take();
    if (text.kind() != Lexer.Kind.STRING && text.kind() != Lexer.Kind.NUMBER) {
      throw Lexer.error("a length of time in quotes", text.shown(), text.at());
    }
    String written = text.text();
    if (peek().kind() == Lexer.Kind.NAME && Intervals.isUnit(peek().text())) {
      written += " " + take().text();
    }
    return Intervals.parse(written, text.at());
  }

  private Expr column(Lexer.Token first, boolean quoted) {
    List<String> path = new ArrayList<>();
    path.add(first.text());
    boolean exact = quoted;
    while (takeSymbol(".")) {
      Lexer.Token part = take();
      if (part.kind() != Lexer.Kind.NAME && part.kind() != Lexer.Kind.QUOTED_NAME) {
        throw Lexer.error("the name of a field", part.shown(), part.at());
      }
      exact |= part.kind() == Lexer.Kind.QUOTED_NAME;
      path.add(part.text());
      checkPath(path, part);
    }
    return new Expr.Column(path, exact);
  }

  private static void checkPath(List<String> path, Lexer.Token part) {
    if (path.size() > Expr.MAX_DEPTH) {
      throw Lexer.error("at most " + Expr.MAX_DEPTH + " nested fields", "more", part.at());
    }
  }
}
