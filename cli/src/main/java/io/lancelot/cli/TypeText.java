package io.lancelot.cli;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Types;
import io.lancelot.expr.Expr;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Types as users write them: Arrow's names (`int64`, `timestamp[us, tz=UTC]`, `list<item:
/// string>`), those of SQL (`bigint`, `decimal(10, 2)`), and `vector(384)`.
final class TypeText {

  private static final Pattern VECTOR = Pattern.compile("vector\\s*\\(\\s*(\\d{1,9})\\s*\\)");
  private static final Pattern FIXED_LIST =
      Pattern.compile("fixed_size_list<(?:\\s*item\\s*:)?\\s*(.+)>\\s*\\[\\s*(\\d{1,9})\\s*]");
  private static final Pattern LIST = Pattern.compile("(large_)?list<(?:\\s*item\\s*:)?\\s*(.+)>");
  private static final Pattern UNIT =
      Pattern.compile(
          "(timestamp|time32|time64|duration)\\[\\s*(s|ms|us|ns)\\s*(?:,\\s*tz\\s*=\\s*(\\S+)\\s*)?]");
  private static final Pattern BINARY = Pattern.compile("fixed_size_binary\\[\\s*(\\d{1,9})\\s*]");

  private TypeText() {}

  /// @throws InvalidInputException if the text names no type
  static DataType parse(String text) {
    String plain = text.strip();
    String lower = plain.toLowerCase(Locale.ROOT);
    Matcher vector = VECTOR.matcher(lower);
    if (vector.matches()) {
      return Types.vector(Integer.parseInt(vector.group(1)));
    }
    Matcher fixedList = FIXED_LIST.matcher(plain);
    if (fixedList.matches()) {
      return new DataType.FixedSizeList(
          Field.nullable("item", parse(fixedList.group(1))), Integer.parseInt(fixedList.group(2)));
    }
    Matcher list = LIST.matcher(plain);
    if (list.matches()) {
      return new DataType.ListOf(
          Field.nullable("item", parse(list.group(2))), list.group(1) != null);
    }
    Matcher unit = UNIT.matcher(plain);
    if (unit.matches()) {
      return withUnit(unit);
    }
    Matcher binary = BINARY.matcher(lower);
    if (binary.matches()) {
      return new DataType.FixedSizeBinary(Integer.parseInt(binary.group(1)));
    }
    return switch (lower) {
      // Arrow's bits, where SQL would count bytes.
      case "int8" -> Types.INT8;
      case "date32[day]" -> Types.DATE32;
      case "date64[ms]" -> Types.DATE64;
      default -> sql(plain);
    };
  }

  private static DataType withUnit(Matcher matcher) {
    DataType.TimeUnit unit =
        switch (matcher.group(2)) {
          case "s" -> DataType.TimeUnit.SECOND;
          case "ms" -> DataType.TimeUnit.MILLISECOND;
          case "us" -> DataType.TimeUnit.MICROSECOND;
          default -> DataType.TimeUnit.NANOSECOND;
        };
    return switch (matcher.group(1)) {
      case "timestamp" -> new DataType.Timestamp(unit, Optional.ofNullable(matcher.group(3)));
      case "duration" -> new DataType.Duration(unit);
      default -> new DataType.Time(unit);
    };
  }

  private static DataType sql(String text) {
    try {
      if (Expr.parse("CAST(NULL AS " + text + ")")
          instanceof Expr.Cast(Expr _, DataType type, boolean _)) {
        return type;
      }
    } catch (InvalidInputException e) {
      throw new InvalidInputException("type: expected=int64, string, …, found=" + text, e);
    }
    throw new InvalidInputException("type: expected=int64, string, …, found=" + text);
  }
}
