package io.lancelot.columnar;

import java.util.Map;

/// A named, typed place in a schema, a struct, a list or a map.
///
/// @param metadata Arrow's field metadata; `lance-encoding:*` keys are hints for the file writer
public record Field(String name, DataType type, boolean nullable, Map<String, String> metadata) {

  public Field {
    metadata = Map.copyOf(metadata);
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
