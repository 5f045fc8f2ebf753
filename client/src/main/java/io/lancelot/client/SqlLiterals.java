package io.lancelot.client;

import io.lancelot.base.InvalidInputException;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Values as the SQL that updates carry.
final class SqlLiterals {

  private SqlLiterals() {}

  /// @throws InvalidInputException if SQL has no word for it
  static String of(@Nullable Object value) {
    return switch (value) {
      case null -> "NULL";
      case Boolean truth -> truth.toString();
      case Double number when !Double.isFinite(number) -> "CAST('" + number + "' AS DOUBLE)";
      case Float number when !Float.isFinite(number) -> "CAST('" + number + "' AS FLOAT)";
      case Number number -> number.toString();
      case CharSequence text -> quoted(text.toString());
      case Character letter -> quoted(letter.toString());
      case Enum<?> constant -> quoted(constant.name());
      case LocalDate date -> "DATE '" + date + "'";
      case LocalDateTime time -> "TIMESTAMP '" + time + "'";
      case Instant time -> "TIMESTAMP '" + time + "'";
      case byte[] bytes -> "X'" + HexFormat.of().formatHex(bytes) + "'";
      case ByteBuffer bytes -> {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        yield of(copy);
      }
      case Collection<?> items ->
          items.stream().map(SqlLiterals::of).collect(Collectors.joining(", ", "[", "]"));
      case Map<?, ?> fields ->
          fields.entrySet().stream()
              .map(field -> quoted(String.valueOf(field.getKey())) + ", " + of(field.getValue()))
              .collect(Collectors.joining(", ", "named_struct(", ")"));
      case Object array when array.getClass().isArray() -> {
        StringBuilder items = new StringBuilder("[");
        for (int i = 0; i < Array.getLength(array); i++) {
          items.append(i == 0 ? "" : ", ").append(of(Array.get(array, i)));
        }
        yield items.append(']').toString();
      }
      default ->
          throw new InvalidInputException(
              "value of an update: expected=a number, text, list or the like, found="
                  + value.getClass().getName());
    };
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
