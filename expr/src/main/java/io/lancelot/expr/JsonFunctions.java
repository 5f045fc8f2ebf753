package io.lancelot.expr;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Json;
import io.lancelot.columnar.Jsonb;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Functions of JSON, which may be text or the binary form of JSON columns. Values that are not of
/// the kind asked for are null.
final class JsonFunctions {

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?[0-9]{1,400}(\\.[0-9]{0,400})?([eE][+-]?[0-9]{1,3})?");
  private static final Map<String, Boolean> TRUTHS =
      Map.of("true", true, "yes", true, "false", false, "no", false);

  private JsonFunctions() {}

  static void register(FunctionTable to) {
    to.family("JSON");
    to.add(
        "json_extract(bytes, text) -> text",
        "What a path leads to, as JSON text; an array if that is several values",
        a -> {
          List<@Nullable Object> found = JsonPath.find(json(a), a.text(1));
          return switch (found.size()) {
            case 0 -> null;
            case 1 -> Json.text(found.getFirst());
            default -> Json.text(found);
          };
        });
    to.add(
        "json_exists(bytes, text) -> bool",
        "Whether a path leads anywhere",
        a -> !JsonPath.find(json(a), a.text(1)).isEmpty());
    to.add(
        "json_get(bytes, any) -> text",
        "The value of a key or of a position from 0, as JSON text",
        a -> {
          Object found = get(a);
          return found == null ? null : Json.text(found);
        });
    to.add(
        "json_get_string(bytes, any) -> text",
        "The same as text without quotes",
        a -> {
          Object found = get(a);
          return found == null ? null : found instanceof String text ? text : Json.text(found);
        });
    to.add(
        "json_get_int(bytes, any) -> int",
        "The same as a whole number, rounded",
        a ->
            switch (get(a)) {
              case Boolean flag -> flag ? 1L : 0L;
              case BigDecimal number -> rounded(number);
              case Double number when Double.isFinite(number) ->
                  rounded(BigDecimal.valueOf(number));
              case String text when NUMBER.matcher(text).matches() -> rounded(new BigDecimal(text));
              case null, default -> null;
            });
    to.add(
        "json_get_float(bytes, any) -> float",
        "The same as a number",
        a ->
            switch (get(a)) {
              case Boolean flag -> flag ? 1.0 : 0.0;
              case BigDecimal number -> number.doubleValue();
              case Double number -> number;
              case String text when NUMBER.matcher(text).matches() -> Double.parseDouble(text);
              case null, default -> null;
            });
    to.add(
        "json_get_bool(bytes, any) -> bool",
        "The same as a boolean",
        a ->
            switch (get(a)) {
              case Boolean flag -> flag;
              case BigDecimal number -> number.signum() != 0;
              case Double number -> number != 0;
              case String text -> TRUTHS.get(text.toLowerCase(Locale.ROOT));
              case null, default -> null;
            });
    to.add(
        "json_array_contains(bytes, text, any) -> bool",
        "Whether the array at a path has an item",
        JsonFunctions::contains);
    to.add(
        "json_array_length(bytes, text) -> int",
        "Items of the array at a path",
        a -> {
          List<@Nullable Object> found = JsonPath.find(json(a), a.text(1));
          return !found.isEmpty() && found.getFirst() instanceof List<?> list
              ? (Object) (long) list.size()
              : null;
        });
  }

  private static @Nullable Object json(Arguments a) {
    return a.type(0) instanceof DataType.Utf8 ? Json.parse(a.text(0)) : binary(a.bytes(0));
  }

  /// Any column of bytes may come here, so other bytes are the caller's fault.
  private static @Nullable Object binary(byte[] bytes) {
    try {
      return Jsonb.decode(ByteBuffer.wrap(bytes));
    } catch (CorruptDataException e) {
      throw new InvalidInputException(
          "invalid JSON value: expected=binary JSON, found=" + bytes.length + " other bytes", e);
    }
  }

  private static @Nullable Object get(Arguments a) {
    Object json = json(a);
    Object key = a.value(1);
    return switch (json) {
      case Map<?, ?> map -> map.get(String.valueOf(key));
      case List<?> list -> {
        String position = String.valueOf(key);
        int at = position.matches("[0-9]{1,9}") ? Integer.parseInt(position) : list.size();
        yield at < list.size() ? list.get(at) : null;
      }
      case null, default -> null;
    };
  }

  private static @Nullable Long rounded(BigDecimal number) {
    if (number.precision() - number.scale() > 19) {
      return null;
    }
    BigInteger whole = number.setScale(0, RoundingMode.HALF_UP).toBigInteger();
    return whole.bitLength() < Long.SIZE ? whole.longValue() : null;
  }

  private static boolean contains(Arguments a) {
    String wanted = String.valueOf(a.value(2));
    for (Object found : JsonPath.find(json(a), a.text(1))) {
      for (Object item : found instanceof List<?> list ? list : List.of()) {
        boolean same =
            item instanceof Number number && a.value(2) instanceof Number other
                ? new BigDecimal(number.toString()).compareTo(new BigDecimal(other.toString())) == 0
                : wanted.equals(item instanceof String text ? text : Json.text(item));
        if (same) {
          return true;
        }
      }
    }
    return false;
  }
}
