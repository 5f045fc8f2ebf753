package io.lancelot.expr;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Lengths of time as text: `1 month -2 days 3.5 hours`, `04:05:06`.
final class Intervals {

  private static final Pattern PART =
      Pattern.compile(
          "\\s*(?:([+-]?)([0-9]{1,6}):([0-9]{2})(?::([0-9]{2}(?:\\.[0-9]{1,9})?))?"
              + "|([+-]?[0-9]{1,18}(?:\\.[0-9]{1,9})?)\\s*([a-zA-Z]+))");

  private Intervals() {}

  static boolean isUnit(String word) {
    return nanos(word) != 0 || months(word) != 0;
  }

  private static String singular(String word) {
    String lower = word.toLowerCase(Locale.ROOT);
    return lower.length() > 2 && lower.endsWith("s") && !lower.equals("ms")
        ? lower.substring(0, lower.length() - 1)
        : lower;
  }

  private static long months(String unit) {
    return switch (singular(unit)) {
      case "month", "mon" -> 1;
      case "year", "y", "yr" -> 12;
      case "decade" -> 120;
      case "century", "centurie" -> 1200;
      case "millennium", "millennia" -> 12_000;
      default -> 0;
    };
  }

  private static long nanos(String unit) {
    return switch (singular(unit)) {
      case "nanosecond", "ns", "nano" -> 1;
      case "microsecond", "us", "micro" -> 1_000;
      case "millisecond", "ms", "milli" -> 1_000_000;
      case "second", "s", "sec" -> 1_000_000_000;
      case "minute", "m", "min" -> 60_000_000_000L;
      case "hour", "h", "hr" -> 3_600_000_000_000L;
      case "day", "d" -> 86_400_000_000_000L;
      case "week", "w" -> 604_800_000_000_000L;
      default -> 0;
    };
  }

  static Expr.Interval parse(String text, int at) {
    BigDecimal months = BigDecimal.ZERO;
    BigDecimal days = BigDecimal.ZERO;
    BigDecimal nanos = BigDecimal.ZERO;
    Matcher part = PART.matcher(text);
    int end = 0;
    while (end < text.length() && part.find(end) && part.start() == end) {
      end = part.end();
      if (part.group(5) == null) {
        BigDecimal clock =
            new BigDecimal(part.group(2))
                .multiply(BigDecimal.valueOf(3600))
                .add(new BigDecimal(part.group(3)).multiply(BigDecimal.valueOf(60)))
                .add(part.group(4) == null ? BigDecimal.ZERO : new BigDecimal(part.group(4)))
                .scaleByPowerOfTen(9);
        nanos = nanos.add("-".equals(part.group(1)) ? clock.negate() : clock);
        continue;
      }
      BigDecimal count = new BigDecimal(part.group(5));
      long inMonths = months(part.group(6));
      long inNanos = nanos(part.group(6));
      if (inMonths != 0) {
        BigDecimal exact = count.multiply(BigDecimal.valueOf(inMonths));
        BigDecimal whole = exact.setScale(0, RoundingMode.DOWN);
        months = months.add(whole);
        days = days.add(exact.subtract(whole).multiply(BigDecimal.valueOf(30)));
      } else if (inNanos >= 86_400_000_000_000L) {
        days = days.add(count.multiply(BigDecimal.valueOf(inNanos / 86_400_000_000_000L)));
      } else if (inNanos != 0) {
        nanos = nanos.add(count.multiply(BigDecimal.valueOf(inNanos)));
      } else {
        throw wrong(text, at);
      }
    }
    if (text.isBlank() || !text.substring(end).isBlank()) {
      throw wrong(text, at);
    }
    BigDecimal wholeDays = days.setScale(0, RoundingMode.DOWN);
    nanos = nanos.add(days.subtract(wholeDays).multiply(BigDecimal.valueOf(86_400_000_000_000L)));
    try {
      return new Expr.Interval(
          months.longValueExact(),
          wholeDays.longValueExact(),
          nanos.setScale(0, RoundingMode.DOWN).longValueExact());
    } catch (ArithmeticException e) {
      throw wrong(text, at);
    }
  }

  private static io.lancelot.base.InvalidInputException wrong(String text, int at) {
    return Lexer.error("a length of time such as 1 month 2 days 3 hours", "'" + text + "'", at);
  }
}
