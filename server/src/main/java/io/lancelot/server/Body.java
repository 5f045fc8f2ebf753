package io.lancelot.server;

import io.lancelot.base.InvalidInputException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Members of request bodies, checked.
final class Body {

  private Body() {}

  static Optional<String> text(Map<String, Object> body, String name) {
    return switch (body.get(name)) {
      case null -> Optional.empty();
      case String text -> Optional.of(text);
      case Object other ->
          throw new InvalidInputException(name + ": expected=text, found=" + other);
    };
  }

  static String requiredText(Map<String, Object> body, String name) {
    return text(body, name)
        .filter(text -> !text.isEmpty())
        .orElseThrow(() -> new InvalidInputException(name + ": expected=text, found=nothing"));
  }

  /// A whole number from 0 to 2^63 - 1.
  static OptionalLong number(Map<String, Object> body, String name) {
    return switch (body.get(name)) {
      case null -> OptionalLong.empty();
      case Integer value when value >= 0 -> OptionalLong.of(value);
      case Long value when value >= 0 -> OptionalLong.of(value);
      case Object other ->
          throw new InvalidInputException(
              name + ": expected=a whole number of at least 0, found=" + other);
    };
  }

  static long requiredNumber(Map<String, Object> body, String name) {
    return number(body, name)
        .orElseThrow(() -> new InvalidInputException(name + ": expected=a number, found=nothing"));
  }

  /// A list that must be there and have something in it.
  static List<?> items(Map<String, Object> body, String name) {
    if (body.get(name) instanceof List<?> items && !items.isEmpty()) {
      return items;
    }
    throw new InvalidInputException(
        name + ": expected=an array with something in it, found=" + body.get(name));
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> object(Object value, String name) {
    if (value instanceof Map<?, ?> object) {
      return (Map<String, Object>) object;
    }
    throw new InvalidInputException(name + ": expected=an object, found=" + value);
  }

  /// The branch that a text names; empty for the main line.
  static Optional<String> branch(Optional<String> name) {
    return name.filter(branch -> !branch.isEmpty() && !branch.equals("main"));
  }
}
