package io.lancelot.columnar;

import io.lancelot.base.InvalidInputException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The columns of a batch or a table, in order, with Arrow's schema metadata. Names at the top
/// level are unique.
public record Schema(List<Field> fields, Map<String, String> metadata) {

  /// So few names are compared with each other sooner than hashed: a query makes several schemas.
  private static final int FEW = 6;

  public Schema {
    fields = List.copyOf(fields);
    metadata = Field.ordered(metadata);
    if (fields.size() <= FEW) {
      for (int i = 1; i < fields.size(); i++) {
        for (int j = 0; j < i; j++) {
          checkDiffer(fields.get(j).name(), fields.get(i).name());
        }
      }
    } else {
      Set<String> seen = new HashSet<>();
      for (Field field : fields) {
        if (!seen.add(field.name())) {
          checkDiffer(field.name(), field.name());
        }
      }
    }
  }

  private static void checkDiffer(String name, String other) {
    if (name.equals(other)) {
      throw new InvalidInputException("duplicate column name: found=" + name);
    }
  }

  public static Schema of(Field... fields) {
    return new Schema(List.of(fields), Map.of());
  }

  public static Schema of(List<Field> fields) {
    return new Schema(fields, Map.of());
  }

  /// Position of the top-level column `name`, or -1. Names are compared as written.
  public int indexOf(String name) {
    for (int i = 0; i < fields.size(); i++) {
      if (fields.get(i).name().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  public Optional<Field> field(String name) {
    int index = indexOf(name);
    return index < 0 ? Optional.empty() : Optional.of(fields.get(index));
  }

  public List<String> names() {
    return fields.stream().map(Field::name).toList();
  }

  /// The schema of the named columns, in that order.
  ///
  /// @throws InvalidInputException naming the first column that is not here
  public Schema select(List<String> names) {
    List<Field> selected = new ArrayList<>();
    for (String name : names) {
      selected.add(
          field(name)
              .orElseThrow(() ->
                  new InvalidInputException(
                      "unknown column: expected one of " + names() + ", found=" + name)));
    }
    return new Schema(selected, metadata);
  }
}
