package io.lancelot.expr;

import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Types;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Values of Java as constants of the dialect.
final class Literals {

  private Literals() {}

  static Expr of(@Nullable Object value) {
    return switch (value) {
      case null -> new Expr.Literal(null);
      case Expr expr -> expr;
      case Byte _, Short _, Integer _, Long _ ->
          new Expr.Literal(BigInteger.valueOf(((Number) value).longValue()));
      case Float number -> floating(number, new BigDecimal(Float.toString(finite(number))));
      case Double number -> floating(number, BigDecimal.valueOf(finite(number)));
      case byte[] bytes -> new Expr.Literal(ByteBuffer.wrap(bytes));
      case LocalDate day -> new Expr.Cast(new Expr.Literal(day.toString()), Types.DATE32, false);
      case LocalDateTime time ->
          new Expr.Cast(new Expr.Literal(time.toString()), TimeFunctions.NANOS, false);
      case Instant instant ->
          new Expr.Cast(
              new Expr.Literal(instant.toString()),
              new DataType.Timestamp(DataType.TimeUnit.NANOSECOND, Optional.of("UTC")),
              false);
      default -> new Expr.Literal(value);
    };
  }

  private static float finite(float value) {
    return Float.isFinite(value) ? value : 0;
  }

  private static double finite(double value) {
    return Double.isFinite(value) ? value : 0;
  }

  /// NaN and the infinities have no literal, but a text that is read as them.
  private static Expr floating(Number value, BigDecimal exact) {
    return Double.isFinite(value.doubleValue())
        ? new Expr.Literal(exact)
        : new Expr.Cast(new Expr.Literal(String.valueOf(value)), Types.FLOAT64, false);
  }
}
