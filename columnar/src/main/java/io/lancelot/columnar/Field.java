package io.lancelot.columnar;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// A named, typed place in a schema, a struct, a list or a map.
///
/// @param metadata Arrow's field metadata; `lance-encoding:*` keys are hints for the file writer
public record Field(String name, DataType type, boolean nullable, Map<String, String> metadata) {

  public Field {
    metadata = ordered(metadata);
  }

  /// An immutable copy in the same order, so that what is written does not differ between runs.
  static Map<String, String> ordered(Map<String, String> metadata) {
    return metadata.isEmpty()
        ? Map.of()
        : Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  public static Field nullable(String name, DataType type) {
    return new Field(name, type, true, Map.of());
  }

  public static Field required(String name, DataType type) {
    return new Field(name, type, false, Map.of());
  }

  public Field withName(String newName) {
    return new Field(newName, type, nullable, metadata);
  }

  public Field withType(DataType newType) {
    return new Field(name, newType, nullable, metadata);
  }
}
