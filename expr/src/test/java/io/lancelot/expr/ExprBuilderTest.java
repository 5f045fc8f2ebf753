package io.lancelot.expr;

import static io.lancelot.expr.Expr.call;
import static io.lancelot.expr.Expr.col;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import org.junit.jupiter.api.Test;

class ExprBuilderTest {

  @Test
  void builtExpressionsAreWhatTheirTextIsParsedAs() {
    Expr built =
        col("x")
            .gt(3)
            .and(col("s").like("a%").or(col("d").le(LocalDate.of(2024, 1, 2))))
            .and(call("lower", col("s")).in("a", "b").not());
    assertThat(Expr.parse(built.toString())).isEqualTo(built);
    assertThat(col("x").plus(1).times(2.5).between(0, 9))
        .isEqualTo(Expr.parse("(`x` + 1) * 2.5 BETWEEN 0 AND 9"));
  }

  @Test
  void numbersWithoutLiteralsAreConverted() {
    assertThat(col("x").eq(Double.NaN)).isEqualTo(Expr.parse("`x` = CAST('NaN' AS double)"));
  }
}
