package io.lancelot.compat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Names rows to the [Oracle]: generated ones, an Arrow file, or a Lance table.
///
/// @param reference what the request carries; see `oracle.py`
record Data(Map<String, Object> reference) {

  /// One type, a column for each pattern of nulls and each shape of values.
  static Data column(String type, int rows) {
    return generated(Map.of("kind", "column", "type", type, "rows", rows, "seed", 1));
  }

  /// A corner of the format, by its name in `shapes.py`.
  static Data special(String name) {
    return generated(Map.of("kind", "special", "name", name));
  }

  /// A random schema with random rows that fits the format.
  static Data random(long seed, String format) {
    return generated(Map.of("kind", "random", "seed", seed, "format", format));
  }

  /// A column `id` counting from 0, and random columns.
  static Data numbered(long seed, int rows, String format) {
    return generated(Map.of("kind", "numbered", "seed", seed, "rows", rows, "format", format));
  }

  /// Columns `id`, `label` and `vector`.
  static Data vectors(int rows, int dim) {
    return generated(Map.of("kind", "vectors", "rows", rows, "dim", dim));
  }

  /// Columns `id` and `vector`, around centres.
  static Data clustered(int rows, int dim, long seed) {
    return generated(Map.of("kind", "clustered", "rows", rows, "dim", dim, "seed", seed));
  }

  /// Columns `id`, `label` and `vector`, whose rows hold lists of vectors; some are empty or null.
  ///
  /// @param type of the numbers: float16, float32 or float64
  static Data multivectors(int rows, int dim, String type, long seed) {
    return generated(
        Map.of("kind", "multivectors", "rows", rows, "dim", dim, "type", type, "seed", seed));
  }

  /// Columns of several types to filter by, with nulls, NaNs and zeros of both signs.
  static Data filterable(int rows) {
    return generated(Map.of("kind", "filterable", "rows", rows));
  }

  static Data filterable(int rows, long seed) {
    return generated(Map.of("kind", "filterable", "rows", rows, "seed", seed));
  }

  static Data arrow(Path file) {
    return new Data(Map.of("arrow", file.toAbsolutePath().toString()));
  }

  static Data lance(Path table) {
    return new Data(Map.of("lance", table.toAbsolutePath().toString()));
  }

  static Data lance(Path table, long version) {
    return new Data(Map.of("lance", table.toAbsolutePath().toString(), "version", version));
  }

  private static Data generated(Map<String, ?> spec) {
    return new Data(Map.of("data", spec));
  }

  /// The given rows of generated data, in that order.
  Data take(List<Long> rows) {
    if (!(reference.get("data") instanceof Map<?, ?> spec)) {
      throw new IllegalStateException("not generated: " + reference);
    }
    Map<String, Object> taken = new LinkedHashMap<>();
    spec.forEach((name, value) -> taken.put((String) name, value));
    taken.put("take", rows);
    return generated(taken);
  }
}
