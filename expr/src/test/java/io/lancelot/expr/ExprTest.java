package io.lancelot.expr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExprTest {

  private static final Random RANDOM = seeded();

  private static Random seeded() {
    long seed = Long.getLong("lancelot.seed", System.nanoTime());
    System.out.println("ExprTest: -Dlancelot.seed=" + seed);
    return new Random(seed);
  }

  @Test
  void printedTreesParseBack() {
    for (int i = 0; i < 5_000; i++) {
      Expr expr = tree(5);
      assertThat(Expr.parse(expr.toString())).as(expr.toString()).isEqualTo(expr);
    }
  }

  private static Expr tree(int depth) {
    if (depth == 0 || RANDOM.nextInt(6) == 0) {
      return leaf();
    }
    boolean flag = RANDOM.nextBoolean();
    return switch (RANDOM.nextInt(13)) {
      case 0 -> new Expr.Compare(pick(Expr.Comparison.values()), tree(depth - 1), tree(depth - 1));
      case 1 -> new Expr.And(trees(depth, 2));
      case 2 -> new Expr.Or(trees(depth, 2));
      case 3 -> new Expr.Not(tree(depth - 1));
      case 4 -> new Expr.IsNull(tree(depth - 1), flag);
      case 5 -> new Expr.IsTruth(tree(depth - 1), pick(Expr.Truth.values()), flag);
      case 6 -> new Expr.In(tree(depth - 1), trees(depth, 0), flag);
      case 7 ->
          new Expr.Like(
              tree(depth - 1),
              tree(depth - 1),
              flag ? '\\' : '\'',
              RANDOM.nextBoolean(),
              RANDOM.nextBoolean());
      case 8 -> new Expr.Between(tree(depth - 1), tree(depth - 1), tree(depth - 1), flag);
      case 9 -> new Expr.Arithmetic(pick(Expr.Operator.values()), tree(depth - 1), tree(depth - 1));
      case 10 -> new Expr.Negate(tree(depth - 1));
      case 11 -> new Expr.Cast(tree(depth - 1), pick(TYPES), flag);
      default -> new Expr.Call(flag ? "coalesce" : "date", trees(depth, 0));
    };
  }

  private static final DataType[] TYPES = {
    Types.BOOL,
    Types.INT8,
    Types.INT16,
    Types.INT32,
    Types.INT64,
    Types.UINT8,
    Types.UINT64,
    Types.FLOAT16,
    Types.FLOAT32,
    Types.FLOAT64,
    Types.UTF8,
    Types.LARGE_UTF8,
    Types.BINARY,
    Types.LARGE_BINARY,
    Types.DATE32,
    Types.DATE64,
    new DataType.Decimal(128, 10, -2),
    new DataType.Decimal(256, 50, 7),
    new DataType.FixedSizeBinary(4),
    new DataType.Time(DataType.TimeUnit.MILLISECOND),
    new DataType.Timestamp(DataType.TimeUnit.NANOSECOND, Optional.empty()),
    new DataType.Timestamp(DataType.TimeUnit.SECOND, Optional.of("UTC")),
  };

  private static Expr leaf() {
    String[] names = {
      "a", "B1", "date", "a b", "select", "x`y", "", "é", "日本", "1a", "a.b", "cast"
    };
    return switch (RANDOM.nextInt(8)) {
      case 0 -> new Expr.Literal(null);
      case 1 -> new Expr.Literal(RANDOM.nextBoolean());
      case 2 -> new Expr.Literal(BigInteger.valueOf(RANDOM.nextLong() >> RANDOM.nextInt(64)));
      case 3 -> new Expr.Literal(BigDecimal.valueOf(RANDOM.nextInt(), RANDOM.nextInt(40) - 20));
      case 4 ->
          new Expr.Literal(pick(new String[] {"", "it's", "a\\b", "日本 \"x\" `y`", "--", "/*"}));
      case 5 -> new Expr.Literal(ByteBuffer.wrap(new byte[] {(byte) RANDOM.nextInt(), 0, -1}));
      default -> {
        List<String> path = new ArrayList<>();
        do {
          path.add(pick(names));
        } while (RANDOM.nextInt(3) == 0);
        yield new Expr.Column(path, RANDOM.nextBoolean());
      }
    };
  }

  private static List<Expr> trees(int depth, int least) {
    List<Expr> trees = new ArrayList<>();
    for (int i = RANDOM.nextInt(3) + least; i > 0; i--) {
      trees.add(tree(depth - 1));
    }
    return trees;
  }

  private static <T> T pick(T[] values) {
    return values[RANDOM.nextInt(values.length)];
  }

  /// Random text, and random changes to text that is nearly right, end as a tree or a typed error.
  @Test
  void garbageIsRefused() {
    Schema schema =
        Schema.of(
            Field.nullable("a", Types.INT32),
            Field.nullable("s", Types.UTF8),
            Field.nullable("t", new DataType.Timestamp(DataType.TimeUnit.SECOND, Optional.empty())),
            Field.nullable("d", new DataType.Decimal(128, 10, 2)));
    String[] words = {
      "a",
      "s",
      "t",
      "d",
      "=",
      "<",
      "(",
      ")",
      "AND",
      "OR",
      "NOT",
      "IS",
      "NULL",
      "IN",
      ",",
      "LIKE",
      "'x'",
      "1",
      "-",
      "+",
      "*",
      "1.5",
      "CAST",
      "AS",
      "int",
      "::",
      "BETWEEN",
      "date",
      "timestamp",
      "'2024-01-01'",
      ".",
      "`",
      "\"",
      "'",
      "X'00'",
      "lower",
      "round",
      "||",
      "[",
      "]",
      "1e400",
      "TRUE",
      "/*",
      "--",
      "\u0000",
      "\uD800",
      "decimal",
      "(10,2)",
      "!",
      ";"
    };
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = RANDOM.nextInt(12); j >= 0; j--) {
        text.append(
            RANDOM.nextInt(8) == 0 ? String.valueOf((char) RANDOM.nextInt(256)) : pick(words));
        text.append(RANDOM.nextInt(4) == 0 ? "" : " ");
      }
      try {
        Filter.parse(text.toString(), schema);
      } catch (InvalidInputException | UnsupportedFeatureException expected) {
        assertThat(expected.getMessage()).isNotEmpty();
      } catch (RuntimeException e) {
        throw new AssertionError("filter: " + text, e);
      }
    }
  }

  @Test
  void depthIsLimited() {
    for (String deep :
        List.of(
            "(".repeat(100_000) + "a",
            "NOT ".repeat(100_000) + "a",
            "-".repeat(2) + "\n" + "- ".repeat(100_000) + "a",
            "a" + " + a".repeat(100_000),
            "a" + "::int".repeat(100_000),
            "a" + " IS NULL".repeat(100_000),
            "f(".repeat(100_000),
            "a" + ".a".repeat(100_000))) {
      assertThatThrownBy(() -> Expr.parse(deep))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("at most 500");
    }
    Expr wide = Expr.parse("a = 1" + " OR a = 1".repeat(100_000));
    assertThat(wide).isInstanceOf(Expr.Or.class);
    assertThat(Expr.parse("(".repeat(400) + "a" + ")".repeat(400))).isEqualTo(Expr.parse("a"));
  }
}
