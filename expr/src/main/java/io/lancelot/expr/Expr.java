package io.lancelot.expr;

import io.lancelot.columnar.DataType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
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
      for (int i = 0; i < path.size() && !exact; i++) {
        exact = !Lexer.isPlainName(path.get(i));
      }
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

  /// `CASE WHEN … THEN … ELSE … END`: the value beside the first condition that is true.
  ///
  /// @param otherwise the value where none is; a null literal if it was not written
  record Case(List<When> branches, Expr otherwise) implements Expr {
    public Case {
      branches = List.copyOf(branches);
      if (branches.isEmpty()) {
        throw new IllegalArgumentException("a CASE needs a branch");
      }
    }

    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  /// A branch of [Case].
  record When(Expr condition, Expr value) {}

  /// A length of time, in which months and days are not always equally long.
  record Interval(long months, long days, long nanos) implements Expr {
    @Override
    public String toString() {
      return SqlWriter.write(this);
    }
  }

  /// A column by its exact name, with fields inside it after that: `col("stats", "magic")`.
  static Expr col(String... path) {
    return new Column(List.of(path), true);
  }

  /// A constant: null, a boolean, number, text, bytes, or a value of `java.time`.
  ///
  /// @throws IllegalArgumentException if it is anything else
  static Expr lit(@Nullable Object value) {
    return Literals.of(value);
  }

  /// A function by its name; arguments that are no expressions are constants.
  static Expr call(String name, Object... arguments) {
    return new Call(name, Arrays.stream(arguments).map(Literals::of).toList());
  }

  default Expr eq(@Nullable Object other) {
    return new Compare(Comparison.EQ, this, Literals.of(other));
  }

  default Expr ne(@Nullable Object other) {
    return new Compare(Comparison.NE, this, Literals.of(other));
  }

  default Expr lt(@Nullable Object other) {
    return new Compare(Comparison.LT, this, Literals.of(other));
  }

  default Expr le(@Nullable Object other) {
    return new Compare(Comparison.LE, this, Literals.of(other));
  }

  default Expr gt(@Nullable Object other) {
    return new Compare(Comparison.GT, this, Literals.of(other));
  }

  default Expr ge(@Nullable Object other) {
    return new Compare(Comparison.GE, this, Literals.of(other));
  }

  /// `IS DISTINCT FROM`: null is a value like any other.
  default Expr distinctFrom(@Nullable Object other) {
    return new Compare(Comparison.DISTINCT, this, Literals.of(other));
  }

  default Expr and(Expr other) {
    return new And(List.of(this, other));
  }

  default Expr or(Expr other) {
    return new Or(List.of(this, other));
  }

  default Expr not() {
    return new Not(this);
  }

  default Expr isNull() {
    return new IsNull(this, false);
  }

  default Expr isNotNull() {
    return new IsNull(this, true);
  }

  default Expr in(Object... items) {
    return new In(this, Arrays.stream(items).map(Literals::of).toList(), false);
  }

  default Expr between(Object low, Object high) {
    return new Between(this, Literals.of(low), Literals.of(high), false);
  }

  default Expr like(String pattern) {
    return new Like(this, new Literal(pattern), '\\', false, false);
  }

  default Expr ilike(String pattern) {
    return new Like(this, new Literal(pattern), '\\', true, false);
  }

  default Expr plus(Object other) {
    return new Arithmetic(Operator.ADD, this, Literals.of(other));
  }

  default Expr minus(Object other) {
    return new Arithmetic(Operator.SUBTRACT, this, Literals.of(other));
  }

  default Expr times(Object other) {
    return new Arithmetic(Operator.MULTIPLY, this, Literals.of(other));
  }

  default Expr dividedBy(Object other) {
    return new Arithmetic(Operator.DIVIDE, this, Literals.of(other));
  }

  default Expr castTo(DataType type) {
    return new Cast(this, type, false);
  }

  /// The item of a list at a position from 1.
  default Expr item(long position) {
    return call("array_element", this, position);
  }

  /// A field of a struct, or the value of a key in a map.
  default Expr field(String name) {
    return call("get_field", this, name);
  }

  /// The same with a moment in the place of `now()` and its kin, so that all of it, wherever and
  /// however often it is bound, sees the same one. Itself if it does not ask for the time.
  default Expr at(Instant now) {
    return FixedClock.in(this, now);
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
