package io.lancelot.expr;

import java.math.BigInteger;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleUnaryOperator;

/// Functions of numbers.
final class MathFunctions {

  private MathFunctions() {}

  static void register(FunctionTable to) {
    to.family("Numbers");
    unary(to, "acos", "Arc cosine", Math::acos);
    unary(to, "acosh", "Inverse hyperbolic cosine", x -> Math.log(x + Math.sqrt(x * x - 1)));
    unary(to, "asin", "Arc sine", Math::asin);
    unary(to, "asinh", "Inverse hyperbolic sine", MathFunctions::asinh);
    unary(to, "atan", "Arc tangent", Math::atan);
    unary(to, "atanh", "Inverse hyperbolic tangent", x -> 0.5 * Math.log((1 + x) / (1 - x)));
    to.add(
        "atan2(float, float) -> float",
        "Angle of the point (second, first)",
        a -> Math.atan2(a.floating(0), a.floating(1)));
    unary(to, "cbrt", "Cube root", Math::cbrt);
    unary(to, "cos", "Cosine", Math::cos);
    unary(to, "cosh", "Hyperbolic cosine", Math::cosh);
    unary(to, "cot", "Cotangent", x -> 1 / Math.tan(x));
    unary(to, "degrees", "Radians to degrees", Math::toDegrees);
    unary(to, "exp", "e to the power", Math::exp);
    to.add("factorial(int) -> int", "Product of 1 to n", a -> factorial(a.integer(0)));
    to.add(
        "gcd(int, int) -> int",
        "Greatest common divisor",
        a -> big(a, 0).gcd(big(a, 1)).longValueExact());
    to.add("lcm(int, int) -> int", "Least common multiple", MathFunctions::lcm);
    to.add("iszero(float) -> bool", "Whether it is 0 or -0", a -> a.floating(0) == 0);
    unary(to, "ln", "Natural logarithm", Math::log);
    to.add(
        "log(float, float?) -> float",
        "Logarithm to base 10, or of the second to the base of the first",
        a ->
            a.has(1)
                ? Math.log(a.floating(1)) / Math.log(a.floating(0))
                : Math.log10(a.floating(0)));
    unary(to, "log10", "Logarithm to base 10", Math::log10);
    unary(to, "log2", "Logarithm to base 2", x -> log2(x));
    to.add(
        "nanvl(float, float) -> float",
        "The first, or the second where that is NaN",
        a -> Double.isNaN(a.floating(0)) ? a.floating(1) : a.floating(0));
    to.add("pi() -> float", "The number pi", _ -> Math.PI);
    to.add(
        "power|pow(float, float) -> float",
        "The first to the power of the second",
        a -> Math.pow(a.floating(0), a.floating(1)));
    unary(to, "radians", "Degrees to radians", Math::toRadians);
    to.addUnsteady(
        "random() -> float",
        "A random number in [0, 1), another in each row",
        _ -> ThreadLocalRandom.current().nextDouble());
    unary(to, "signum", "-1, 0 or 1", Math::signum);
    unary(to, "sin", "Sine", Math::sin);
    unary(to, "sinh", "Hyperbolic sine", Math::sinh);
    unary(to, "sqrt", "Square root", Math::sqrt);
    unary(to, "tan", "Tangent", Math::tan);
    unary(to, "tanh", "Hyperbolic tangent", Math::tanh);
    to.add(
        "trunc(float, int?) -> float",
        "Cut off after so many places; default 0",
        a -> truncated(a.floating(0), a.has(1) ? a.small(1) : 0));
    to.add("to_hex(int) -> text", "Hexadecimal digits", a -> Long.toHexString(a.integer(0)));
    to.add("bit_and(int, int) -> int", "Bits set in both", a -> a.integer(0) & a.integer(1));
    to.add("bit_or(int, int) -> int", "Bits set in either", a -> a.integer(0) | a.integer(1));
    to.add("bit_xor(int, int) -> int", "Bits set in one of them", a -> a.integer(0) ^ a.integer(1));
    to.add("shift_left(int, int) -> int", "Bits moved up", a -> a.integer(0) << a.integer(1));
    to.add("shift_right(int, int) -> int", "Bits moved down", a -> a.integer(0) >> a.integer(1));
  }

  private static void unary(
      FunctionTable to, String name, String summary, DoubleUnaryOperator function) {
    to.add(name + "(float) -> float", summary, a -> function.applyAsDouble(a.floating(0)));
  }

  private static double asinh(double x) {
    return Math.copySign(Math.log(Math.abs(x) + Math.sqrt(x * x + 1)), x);
  }

  private static double log2(double x) {
    int exponent = Math.getExponent(x);
    // Powers of two come out whole.
    return x == Math.scalb(1.0, exponent) ? exponent : Math.log(x) / Math.log(2);
  }

  private static double truncated(double x, int places) {
    if (places == 0 || !Double.isFinite(x)) {
      return x < 0 ? Math.ceil(x) : Math.floor(x);
    }
    double scale = Math.pow(10, places);
    double scaled = x * scale;
    return Double.isFinite(scaled) && scale != 0
        ? (scaled < 0 ? Math.ceil(scaled) : Math.floor(scaled)) / scale
        : x;
  }

  private static long factorial(long n) {
    if (n > 20) {
      throw new ArithmeticException("factorial of " + n + " exceeds 64 bits");
    }
    long product = 1;
    for (long i = 2; i <= n; i++) {
      product *= i;
    }
    return product;
  }

  private static BigInteger big(Arguments a, int index) {
    return BigInteger.valueOf(a.integer(index));
  }

  private static long lcm(Arguments a) {
    BigInteger x = big(a, 0);
    BigInteger y = big(a, 1);
    if (x.signum() == 0 || y.signum() == 0) {
      return 0;
    }
    return x.multiply(y).abs().divide(x.gcd(y)).longValueExact();
  }
}
