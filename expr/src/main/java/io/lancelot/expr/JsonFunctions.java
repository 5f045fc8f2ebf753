package io.lancelot.expr;

import io.lancelot.columnar.DataType;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Functions of JSON, which may be text or the binary form of JSON columns. Values that are not of
/// the kind asked for are null.
final class JsonFunctions {

  private JsonFunctions() {}

  static void register(FunctionTable to) {
    to.family("JSON");
    to.add(
        "json_extract(bytes, text) -> text",
        "What a path leads to, as JSON text",
        a -> {
          List<@Nullable Object> found = Json.path(json(a), a.text(1));
          return found.isEmpty() ? null : Json.write(found.getFirst());
        });
    to.add(
        "json_exists(bytes, text) -> bool",
        "Whether a path leads anywhere",
        a -> !Json.path(json(a), a.text(1)).isEmpty());
    to.add(
        "json_get(bytes, any) -> text",
        "The value of a key or of a position from 0, as JSON text",
        a -> {
          Object found = get(a);
          return found == null ? null : Json.write(found);
        });
    to.add(
        "json_get_string(bytes, any) -> text",
        "The same as text without quotes",
        a -> {
          Object found = get(a);
          return found == null ? null : found instanceof String text ? text : Json.write(found);
        });
    to.add(
        "json_get_int(bytes, any) -> int",
        "The same as a whole number",
        a ->
            switch (get(a)) {
              case BigDecimal number -> number.longValue();
              case Double number -> number.longValue();
              case Boolean flag -> flag ? 1L : 0L;
              case String text when text.matches("[+-]?[0-9]{1,18}") -> Long.parseLong(text);
              case null, default -> null;
            });
    to.add(
        "json_get_float(bytes, any) -> float",
        "The same as a number",
        a ->
            switch (get(a)) {
              case BigDecimal number -> number.doubleValue();
              case Double number -> number;
              case String text when text.matches("[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?") ->
                  Double.parseDouble(text);
              case null, default -> null;
            });
    to.add(
        "json_get_bool(bytes, any) -> bool",
        "The same as a boolean",
        a ->
            switch (get(a)) {
              case Boolean flag -> flag;
              case BigDecimal number -> number.signum() != 0;
              case String text when text.equals("true") -> true;
              case String text when text.equals("false") -> false;
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
          List<@Nullable Object> found = Json.path(json(a), a.text(1));
          return !found.isEmpty() && found.getFirst() instanceof List<?> list
              ? (Object) (long) list.size()
              : null;
        });
  }

  private static @Nullable Object json(Arguments a) {
    return a.type(0) instanceof DataType.Utf8 ? Json.ofText(a.text(0)) : Json.ofBinary(a.bytes(0));
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

  private static @Nullable Boolean contains(Arguments a) {
    List<@Nullable Object> found = Json.path(json(a), a.text(1));
    if (found.isEmpty() || !(found.getFirst() instanceof List<?> list)) {
      return null;
    }
    String wanted = String.valueOf(a.value(2));
    for (Object item : list) {
      boolean same =
          item instanceof BigDecimal number && a.value(2) instanceof Number other
              ? number.compareTo(new BigDecimal(other.toString())) == 0
              : wanted.equals(item instanceof String text ? text : Json.write(item));
      if (same) {
        return true;
      }
    }
    return false;
  }
}
