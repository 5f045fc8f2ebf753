package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

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

  private final TokenCursor tokens;
  private final Operands operands;
  private int nesting;

  /// Height of the expression parsed last.
  int height;

  Parser(String sql) {
    tokens = new TokenCursor(sql);
    operands = new Operands(this, tokens);
  }

  static int binding(Expr.Operator op) {
    return switch (op) {
      case ADD, SUBTRACT -> SUM;
      case MULTIPLY, DIVIDE, REMAINDER, CONCAT -> PRODUCT;
    };
  }

  Expr parse() {
    Expr expr = expression(0);
    if (tokens.peek().kind() != Lexer.Kind.END) {
      throw tokens.unexpected("an operator or the end of the text");
    }
    return expr;
  }

  void grow(int left, int right) {
    height = Math.max(left, right) + 1;
    if (height > Expr.MAX_DEPTH) {
      throw tooDeep();
    }
  }

  private InvalidInputException tooDeep() {
    return Lexer.error(
        "at most " + Expr.MAX_DEPTH + " levels of nesting", "more", tokens.peek().at());
  }

  /// Parses operators that bind tighter than `around`.
  Expr expression(int around) {
    if (++nesting > Expr.MAX_DEPTH) {
      throw tooDeep();
    }
    Expr left = operands.prefix();
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
    Lexer.Token token = tokens.peek();
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
      case NAME -> wordBinding(token.text(), tokens.ahead(1));
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
          tokens.peek().kind() == Lexer.Kind.SYMBOL
              ? regex(left, leftHeight)
              : like(left, leftHeight, tokens.takeWord("NOT"));
      case POSTFIX -> postfix(left, leftHeight);
      default -> {
        if (tokens.peek().kind() == Lexer.Kind.NAME) {
          boolean negated = tokens.takeWord("NOT");
          yield tokens.takeWord("IN")
              ? in(left, leftHeight, negated)
              : between(left, leftHeight, negated);
        }
        String symbol = tokens.take().text();
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
    while (tokens.takeWord(binding == AND ? "AND" : "OR")) {
      terms.add(expression(binding));
      highest = Math.max(highest, height);
    }
    grow(highest, highest);
    return binding == AND ? new Expr.And(terms) : new Expr.Or(terms);
  }

  private Expr is(Expr left, int leftHeight) {
    tokens.expectWord("IS");
    boolean negated = tokens.takeWord("NOT");
    if (tokens.takeWord("DISTINCT")) {
      tokens.expectWord("FROM");
      Expr right = expression(IS);
      grow(leftHeight, height);
      return new Expr.Compare(
          negated ? Expr.Comparison.NOT_DISTINCT : Expr.Comparison.DISTINCT, left, right);
    }
    grow(leftHeight, leftHeight);
    if (tokens.takeWord("NULL")) {
      return new Expr.IsNull(left, negated);
    }
    for (Expr.Truth truth : Expr.Truth.values()) {
      if (tokens.takeWord(truth.name())) {
        return new Expr.IsTruth(left, truth, negated);
      }
    }
    throw tokens.unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM");
  }

  private Expr regex(Expr left, int leftHeight) {
    String symbol = tokens.take().text();
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
    if (tokens.takeWord("SIMILAR")) {
      tokens.expectWord("TO");
      Expr pattern = expression(LIKE);
      grow(leftHeight, height + 1);
      Expr test = new Expr.Call("similar_to", List.of(left, pattern));
      return negated ? new Expr.Not(test) : test;
    }
    boolean caseless = tokens.take().isWord("ILIKE");
    Expr pattern = expression(LIKE);
    grow(leftHeight, height);
    char escape = '\\';
    if (tokens.takeWord("ESCAPE")) {
      Lexer.Token token = tokens.take();
      if (token.kind() != Lexer.Kind.STRING || token.text().length() != 1) {
        throw Lexer.error("one character in quotes", token.shown(), token.at());
      }
      escape = token.text().charAt(0);
    }
    return new Expr.Like(left, pattern, escape, caseless, negated);
  }

  private Expr in(Expr left, int leftHeight, boolean negated) {
    tokens.expectSymbol("(");
    int highest = leftHeight;
    List<Expr> items = new ArrayList<>();
    if (!tokens.peek().isSymbol(")")) {
      do {
        items.add(expression(0));
        highest = Math.max(highest, height);
      } while (tokens.takeSymbol(","));
    }
    tokens.expectSymbol(")");
    grow(highest, highest);
    return new Expr.In(left, items, negated);
  }

  private Expr between(Expr left, int leftHeight, boolean negated) {
    if (!tokens.takeWord("BETWEEN")) {
      throw tokens.unexpected("IN, LIKE, ILIKE or BETWEEN");
    }
    Expr low = expression(COMPARE);
    int lowHeight = height;
    tokens.expectWord("AND");
    Expr high = expression(COMPARE);
    grow(leftHeight, Math.max(lowHeight, height));
    return new Expr.Between(left, low, high, negated);
  }

  private Expr postfix(Expr left, int leftHeight) {
    if (tokens.takeSymbol("::")) {
      grow(leftHeight, leftHeight);
      return new Expr.Cast(left, SqlTypes.parse(tokens), false);
    }
    tokens.take();
    Lexer.Token key = tokens.peek();
    if (key.kind() == Lexer.Kind.STRING && left instanceof Expr.Column(List<String> path, _)) {
      tokens.take();
      tokens.expectSymbol("]");
      List<String> longer = new ArrayList<>(path);
      longer.add(key.text());
      Operands.checkPath(longer, key);
      height = leftHeight;
      return new Expr.Column(longer, true);
    }
    int highest = leftHeight;
    List<Expr> arguments = new ArrayList<>(List.of(left, expression(0)));
    highest = Math.max(highest, height);
    boolean range = tokens.takeSymbol(":");
    if (range) {
      arguments.add(expression(0));
      highest = Math.max(highest, height);
    }
    tokens.expectSymbol("]");
    grow(highest, highest);
    boolean name =
        arguments.get(1) instanceof Expr.Literal(Object found) && found instanceof String;
    return new Expr.Call(range ? "array_slice" : name ? "get_field" : "array_element", arguments);
  }
}
