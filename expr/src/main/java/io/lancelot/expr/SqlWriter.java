package io.lancelot.expr;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;

/// Prints expressions as SQL, with the parentheses that parsing needs and no others.
final class SqlWriter {

  private final StringBuilder out = new StringBuilder();

  private SqlWriter() {}

  static String write(Expr expr) {
    SqlWriter writer = new SqlWriter();
    writer.any(expr);
    return writer.out.toString();
  }

  /// How tightly the outermost operator of an expression binds, on the parser's scale.
  private static int binding(Expr expr) {
    return switch (expr) {
      case Expr.Or _ -> Parser.OR;
      case Expr.And _ -> Parser.AND;
      case Expr.Not _ -> Parser.NOT;
      case Expr.IsNull _, Expr.IsTruth _ -> Parser.IS;
      case Expr.Like _ -> Parser.LIKE;
      case Expr.Between _, Expr.In _ -> Parser.COMPARE;
      case Expr.Compare(Expr.Comparison op, _, _) ->
          op == Expr.Comparison.DISTINCT || op == Expr.Comparison.NOT_DISTINCT
              ? Parser.IS
              : Parser.COMPARE;
      case Expr.Arithmetic(Expr.Operator op, _, _) -> Parser.binding(op);
      case Expr.Negate _ -> Parser.PRODUCT;
      case Expr.Literal(Object value)
          when (value instanceof BigInteger i && i.signum() < 0)
              || (value instanceof BigDecimal d && d.signum() < 0) ->
          Parser.PRODUCT;
      case Expr.Column _, Expr.Literal _, Expr.Cast _, Expr.Call _, Expr.Case _, Expr.Interval _ ->
          Integer.MAX_VALUE;
    };
  }

  /// Writes an operand, in parentheses unless it binds tighter than `around`.
  private void operand(Expr expr, int around) {
    if (binding(expr) > around) {
      any(expr);
    } else {
      out.append('(');
      any(expr);
      out.append(')');
    }
  }

  private void any(Expr expr) {
    switch (expr) {
      case Expr.Column(List<String> path, boolean exact) -> column(path, exact);
      case Expr.Literal(Object value) -> literal(value);
      case Expr.Compare(Expr.Comparison op, Expr left, Expr right) -> {
        int binding = binding(expr);
        operand(left, binding);
        out.append(' ').append(op.symbol()).append(' ');
        operand(right, binding);
      }
      case Expr.And(List<Expr> terms) -> terms(terms, " AND ", Parser.AND);
      case Expr.Or(List<Expr> terms) -> terms(terms, " OR ", Parser.OR);
      case Expr.Not(Expr inner) -> {
        out.append("NOT ");
        operand(inner, Parser.NOT);
      }
      case Expr.IsNull(Expr inner, boolean negated) -> {
        operand(inner, Parser.IS);
        out.append(negated ? " IS NOT NULL" : " IS NULL");
      }
      case Expr.IsTruth(Expr inner, Expr.Truth truth, boolean negated) -> {
        operand(inner, Parser.IS);
        out.append(negated ? " IS NOT " : " IS ").append(truth);
      }
      case Expr.In(Expr inner, List<Expr> items, boolean negated) -> {
        operand(inner, Parser.COMPARE);
        out.append(negated ? " NOT IN (" : " IN (");
        list(items);
        out.append(')');
      }
      case Expr.Like like -> like(like);
      case Expr.Between(Expr inner, Expr low, Expr high, boolean negated) -> {
        operand(inner, Parser.COMPARE);
        out.append(negated ? " NOT BETWEEN " : " BETWEEN ");
        operand(low, Parser.COMPARE);
        out.append(" AND ");
        operand(high, Parser.COMPARE);
      }
      case Expr.Arithmetic(Expr.Operator op, Expr left, Expr right) -> {
        int binding = Parser.binding(op);
        operand(left, binding - 1);
        out.append(' ').append(op.symbol()).append(' ');
        operand(right, binding);
      }
      case Expr.Negate(Expr inner) -> {
        // A minus before a number would be read as part of it, two minuses as a comment.
        out.append('-');
        boolean number =
            inner instanceof Expr.Literal(Object v)
                && (v instanceof BigInteger || v instanceof BigDecimal);
        operand(inner, number ? Integer.MAX_VALUE : Parser.PRODUCT);
      }
      case Expr.Cast(Expr inner, var type, boolean lenient) -> {
        out.append(lenient ? "TRY_CAST(" : "CAST(");
        any(inner);
        out.append(" AS ").append(SqlTypes.name(type)).append(')');
      }
      case Expr.Case(List<Expr.When> branches, Expr otherwise) -> {
        out.append("CASE");
        for (Expr.When branch : branches) {
          out.append(" WHEN ");
          any(branch.condition());
          out.append(" THEN ");
          any(branch.value());
        }
        if (!otherwise.equals(new Expr.Literal(null))) {
          out.append(" ELSE ");
          any(otherwise);
        }
        out.append(" END");
      }
      case Expr.Interval(long months, long days, long nanos) ->
          out.append("INTERVAL '")
              .append(months)
              .append(" months ")
              .append(days)
              .append(" days ")
              .append(nanos)
              .append(" nanoseconds'");
      case Expr.Call(String name, List<Expr> arguments) -> {
        out.append(Lexer.isPlainName(name) ? name : quoted(name)).append('(');
        list(arguments);
        out.append(')');
      }
    }
  }

  private void terms(List<Expr> terms, String between, int binding) {
    for (int i = 0; i < terms.size(); i++) {
      out.append(i == 0 ? "" : between);
      operand(terms.get(i), binding);
    }
  }

  private void list(List<Expr> items) {
    for (int i = 0; i < items.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      any(items.get(i));
    }
  }

  private void like(Expr.Like like) {
    operand(like.operand(), Parser.LIKE);
    out.append(like.negated() ? " NOT" : "").append(like.caseless() ? " ILIKE " : " LIKE ");
    operand(like.pattern(), Parser.LIKE);
    if (like.escape() != '\\') {
      out.append(" ESCAPE ").append(text(String.valueOf(like.escape())));
    }
  }

  private void column(List<String> path, boolean exact) {
    for (int i = 0; i < path.size(); i++) {
      out.append(i == 0 ? "" : ".").append(exact ? quoted(path.get(i)) : path.get(i));
    }
  }

  static String quoted(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  private static String text(String value) {
    return "'" + value.replace("'", "''") + "'";
  }

  private void literal(@org.jspecify.annotations.Nullable Object value) {
    switch (value) {
      case null -> out.append("NULL");
      case Boolean bool -> out.append(bool ? "TRUE" : "FALSE");
      case BigInteger integer -> out.append(integer);
      case BigDecimal decimal -> {
        // A point or an exponent tells a decimal from an integer.
        String shown = decimal.toString();
        out.append(shown);
        if (shown.indexOf('.') < 0 && shown.indexOf('E') < 0) {
          out.append('.');
        }
      }
      case ByteBuffer bytes -> {
        out.append("X'");
        for (int i = 0; i < bytes.remaining(); i++) {
          out.append(Character.forDigit(bytes.get(i) >> 4 & 15, 16));
          out.append(Character.forDigit(bytes.get(i) & 15, 16));
        }
        out.append('\'');
      }
      default -> out.append(text(value.toString()));
    }
  }
}
