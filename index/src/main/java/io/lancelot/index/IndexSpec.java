package io.lancelot.index;

import io.lancelot.base.InvalidInputException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// What somebody wants indexed, and how.
///
/// @param type the kind, as the field names it: `BTREE`, `IVF_PQ`, `FTS`
/// @param params settings by their usual names (`num_partitions`, `with_position`), as text; each
///   kind says which it knows
public record IndexSpec(String type, Map<String, String> params) {

  public IndexSpec {
    type = type.toUpperCase(Locale.ROOT);
    params = Map.copyOf(params);
  }

  /// @throws InvalidInputException if a setting has another name
  public void checkNames(Set<String> known) {
    for (String name : new TreeMap<>(params).keySet()) {
      if (!known.contains(name)) {
        throw new InvalidInputException(
            "unknown index parameter: expected one of "
                + known.stream().sorted().toList()
                + ", found="
                + name
                + " (type="
                + type
                + ")");
      }
    }
  }

  public Optional<String> text(String name) {
    return Optional.ofNullable(params.get(name));
  }

  /// @throws InvalidInputException if it is no whole number, or outside `[min, max]`
  public Optional<Long> number(String name, long min, long max) {
    String text = params.get(name);
    if (text == null) {
      return Optional.empty();
    }
    try {
      long value = Long.parseLong(text.strip());
      if (value >= min && value <= max) {
        return Optional.of(value);
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw bad(name, "a whole number from " + min + " to " + max, text);
  }

  /// @throws InvalidInputException if it is no number
  public Optional<Double> decimal(String name) {
    String text = params.get(name);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Double.parseDouble(text.strip()));
    } catch (NumberFormatException _) {
      throw bad(name, "a number", text);
    }
  }

  /// @throws InvalidInputException if it is neither `true` nor `false`
  public Optional<Boolean> flag(String name) {
    String text = params.get(name);
    return switch (text == null ? null : text.strip().toLowerCase(Locale.ROOT)) {
      case null -> Optional.empty();
      case "true" -> Optional.of(true);
      case "false" -> Optional.of(false);
      default -> throw bad(name, "true or false", String.valueOf(text));
    };
  }

  private InvalidInputException bad(String name, String expected, String found) {
    return new InvalidInputException(
        "index parameter "
            + name
            + ": expected="
            + expected
            + ", found="
            + found
            + " (type="
            + type
            + ")");
  }
}
