package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.zone.ZoneRules;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Dates, times and timestamps written as text.
///
/// @param nanos nanoseconds since the epoch, or since midnight: wall clock if there is no offset,
///   else in UTC
/// @param zoned the text named an offset
record Moment(BigInteger nanos, boolean zoned) {

  private static final Pattern TIMESTAMP =
      Pattern.compile(
          "([+-]?[0-9]{4,6})-([0-9]{1,2})-([0-9]{1,2})"
              + "(?:[T ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\\.([0-9]{1,9}))?)?)?"
              + " ?(Z|z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?");
  private static final Pattern TIME =
      Pattern.compile("([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\\.([0-9]{1,9}))?)?");
  private static final BigInteger SECOND = BigInteger.valueOf(1_000_000_000L);

  /// A date with or without a time and an offset; empty if the text is none.
  static Optional<Moment> timestamp(String text) {
    Matcher found = TIMESTAMP.matcher(text.strip());
    if (!found.matches()) {
      return Optional.empty();
    }
    try {
      long day = LocalDate.of(integer(found, 1), integer(found, 2), integer(found, 3)).toEpochDay();
      int hour = integer(found, 4);
      int minute = integer(found, 5);
      int second = integer(found, 6);
      if (hour > 23 || minute > 59 || second > 59) {
        return Optional.empty();
      }
      int offset = offset(found.group(8));
      BigInteger seconds =
          BigInteger.valueOf(day * 86_400 + hour * 3600L + minute * 60L + second - offset);
      return Optional.of(
          new Moment(
              seconds.multiply(SECOND).add(BigInteger.valueOf(fraction(found.group(7)))),
              found.group(8) != null));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /// A time of day; empty if the text is none.
  static Optional<Moment> time(String text) {
    Matcher found = TIME.matcher(text.strip());
    if (!found.matches()) {
      return Optional.empty();
    }
    int hour = integer(found, 1);
    int minute = integer(found, 2);
    int second = integer(found, 3);
    if (hour > 23 || minute > 59 || second > 59) {
      return Optional.empty();
    }
    long nanos = (hour * 3600L + minute * 60L + second) * 1_000_000_000L + fraction(found.group(4));
    return Optional.of(new Moment(BigInteger.valueOf(nanos), false));
  }

  private static int integer(Matcher found, int group) {
    String digits = found.group(group);
    return digits == null ? 0 : Integer.parseInt(digits);
  }

  private static long fraction(@org.jspecify.annotations.Nullable String digits) {
    return digits == null ? 0 : Long.parseLong((digits + "000000000").substring(0, 9));
  }

  private static int offset(@org.jspecify.annotations.Nullable String text) {
    if (text == null || !(text.startsWith("+") || text.startsWith("-"))) {
      return 0;
    }
    String digits = text.substring(1).replace(":", "");
    int hours = Integer.parseInt(digits.substring(0, 2));
    int minutes = digits.length() > 2 ? Integer.parseInt(digits.substring(2)) : 0;
    int seconds = hours * 3600 + minutes * 60;
    return text.startsWith("-") ? -seconds : seconds;
  }

  static ZoneRules rules(String zone) {
    try {
      return ZoneId.of(zone).getRules();
    } catch (DateTimeException e) {
      throw new InvalidInputException("unknown time zone: found=" + zone, e);
    }
  }
}
