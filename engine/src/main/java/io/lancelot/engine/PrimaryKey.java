package io.lancelot.engine;

import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// The columns that a schema's metadata calls its primary key, which nothing enforces. Format:
/// lance-format section 3.9.
final class PrimaryKey {

  private static final String FLAG = "lance-schema:unenforced-primary-key";
  private static final String POSITION = FLAG + ":position";
  private static final Set<String> YES = Set.of("true", "1", "yes");

  private PrimaryKey() {}

  /// Names of top-level columns, in the key's order; empty if there is no key.
  static List<String> of(Schema schema) {
    List<Field> key = new ArrayList<>();
    for (Field field : schema.fields()) {
      Map<String, String> metadata = field.metadata();
      if (YES.contains(metadata.getOrDefault(FLAG, "").toLowerCase(Locale.ROOT))
          || metadata.containsKey(POSITION)) {
        key.add(field);
      }
    }
    key.sort(Comparator.comparingInt(PrimaryKey::position));
    return key.stream().map(Field::name).toList();
  }

  private static int position(Field field) {
    String position = field.metadata().getOrDefault(POSITION, "");
    return position.matches("\\d{1,9}") ? Integer.parseInt(position) : 0;
  }
}
