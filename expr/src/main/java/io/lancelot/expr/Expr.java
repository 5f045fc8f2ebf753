package io.lancelot.expr;

import io.lancelot.columnar.DataType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// An expression of the filter dialect as it was written: parsed, but not bound to a schema.
///
/// [#toString] prints SQL that parses back to an equal tree.
public sealed interface Expr {

  /// Expressions nest at most this deep; anything deeper is refused, so that no walk over a tree
  /// runs out of stack.
  int MAX_DEPTH = 500;

  /// A column, or a field inside one: `stats`, `stats.magic`.
  ///
  /// @param path the column and the fields below it, outermost first
  /// @param exact names are taken as written; otherwise a name also finds a column that differs
  ///   from it in case only. Quoted names are exact.
  record Column(List<String> path, boolean exact) implements Expr {
    public Column {
      path = List.copyOf(path);
      if (path.isEmpty()) {
        throw new IllegalArgumentException("a column needs a name");
      }
      exact |= !path.stream().allMatch(Lexer::isPlainName);
    }

    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  /// A constant.
  ///
  /// @param value null, `Boolean`, `BigInteger` (a number without a point), `BigDecimal` (one with
  ///   a point or an exponent), `String` or `ByteBuffer`. Dates, timestamps and the like are casts
  ///   of strings.
  record Literal(@Nullable Object value) implements Expr {
    public Literal {
      switch (value) {
        case null -> {}
        case Boolean _, BigInteger _, BigDecimal _, String _ -> {}
        case ByteBuffer bytes -> value = bytes.asReadOnlyBuffer().slice();
        default ->
            throw new IllegalArgumentException("not a literal: " + value.getClass().getName());
      }
    }

    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  /// How two values are compared. The last two never give null.
  enum Comparison {
    EQ("="),
    NE("!="),
    LT("<"),
    LE("<="),
    GT(">"),
    GE(">="),
    DISTINCT("IS DISTINCT FROM"),
    NOT_DISTINCT("IS NOT DISTINCT FROM");

    private final String symbol;

    Comparison(String symbol) {
      this.symbol = symbol;
    }

    public String symbol() {
      return symbol;
    }

    /// The comparison that holds between `b` and `a` exactly when this one does between `a` and
    /// `b`.
    public Comparison mirrored() {
      return switch (this) {
        case LT -> GT;
        case LE -> GE;
        case GT -> LT;
        case GE -> LE;
        case EQ, NE, DISTINCT, NOT_DISTINCT -> this;
      };
    }
  }

  record Compare(Comparison op, Expr left, Expr right) implements Expr {
    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  /// All terms hold. A term that is itself an [And] is taken apart.
  record And(List<Expr> terms) implements Expr {
    public And {
      terms = flat(terms, true);
    }

    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  /// At least one term holds. A term that is itself an [Or] is taken apart.
  record Or(List<Expr> terms) implements Expr {
    public Or {
      terms = flat(terms, false);
    }

    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  record Not(Expr operand) implements Expr {
    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  record IsNull(Expr operand, boolean negated) implements Expr {
    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  /// What [IsTruth] asks for.
  enum Truth {
    TRUE,
    FALSE,
    UNKNOWN
  }

  record IsTruth(Expr operand, Truth truth, boolean negated) implements Expr {
    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  record In(Expr operand, List<Expr> items, boolean negated) implements Expr {
    public In {
      items = List.copyOf(items);
    }

    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  /// @param escape the character that takes the meaning from a following `%`, `_` or itself
  /// @param caseless letters match in either case (`ILIKE`)
  record Like(Expr operand, Expr pattern, char escape, boolean caseless, boolean negated)
      implements Expr {
    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  record Between(Expr operand, Expr low, Expr high, boolean negated) implements Expr {
    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  enum Operator {
    ADD("+"),
    SUBTRACT("-"),
    MULTIPLY("*"),
    DIVIDE("/"),
    REMAINDER("%"),
    CONCAT("||");

    private final String symbol;

    Operator(String symbol) {
      this.symbol = symbol;
    }

    public String symbol() {
      return symbol;
    }
  }

  record Arithmetic(Operator op, Expr left, Expr right) implements Expr {
    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  record Negate(Expr operand) implements Expr {
    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  /// @param lenient values that cannot be converted become null (`TRY_CAST`) instead of an error
  record Cast(Expr operand, DataType type, boolean lenient) implements Expr {
    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  /// A function by its name, in lower case.
  record Call(String name, List<Expr> arguments) implements Expr {
    public Call {
      name = name.toLowerCase(Locale.ROOT);
      arguments = List.copyOf(arguments);
    }

    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  /// Parses the text of a filter or of a computed value.
  ///
  /// @throws io.lancelot.base.InvalidInputException if it is not of the dialect; says where
  /// @throws io.lancelot.base.UnsupportedFeatureException if it is, but not built yet
  static Expr parse(String sql) {
    return new Parser(sql).parse();
  }

  private static List<Expr> flat(List<Expr> terms, boolean and) {
    List<Expr> flat = new ArrayList<>(terms.size());
    for (Expr term : terms) {
      switch (term) {
        case And(List<Expr> inner) when and -> flat.addAll(inner);
        case Or(List<Expr> inner) when !and -> flat.addAll(inner);
        default -> flat.add(term);
      }
    }
    if (flat.size() < 2) {
      throw new IllegalArgumentException("at least two terms expected, found " + flat.size());
    }
    return List.copyOf(flat);
  }
}
