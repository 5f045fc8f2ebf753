package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Finds columns and fields by name, and the nearest name to one that is not there.
final class Names {

  private Names() {}

  /// The column or field at a path, under its names in the schema.
  static Value.Path resolve(Schema schema, Expr.Column column) {
    List<Field> fields = schema.fields();
    List<String> names = new ArrayList<>();
    DataType type = null;
    for (String name : column.path()) {
      Field field = find(fields, name, column.exact());
      if (field == null) {
        throw unknown(names, name, fields, column);
      }
      names.add(field.name());
      type = field.type();
      fields = type instanceof DataType.Struct(List<Field> inner) ? inner : List.of();
    }
    if (type == null) {
      throw new IllegalStateException("a column without a name");
    }
    return new Value.Path(List.copyOf(names), type);
  }

  /// As written; else, unless quoted, in lower case; else the only one that differs in case.
  private static @Nullable Field find(List<Field> fields, String name, boolean exact) {
    Field found = named(fields, name);
    if (found != null || exact) {
      return found;
    }
    found = named(fields, name.toLowerCase(Locale.ROOT));
    if (found != null) {
      return found;
    }
    List<Field> similar =
        fields.stream().filter(field -> field.name().equalsIgnoreCase(name)).toList();
    if (similar.size() > 1) {
      throw new InvalidInputException(
          "ambiguous column: expected one of "
              + similar.stream().map(Field::name).toList()
              + " in back-ticks, found="
              + name);
    }
    return similar.isEmpty() ? null : similar.getFirst();
  }

  private static @Nullable Field named(List<Field> fields, String name) {
    for (Field field : fields) {
      if (field.name().equals(name)) {
        return field;
      }
    }
    return null;
  }

  private static InvalidInputException unknown(
      List<String> above, String name, List<Field> fields, Expr.Column column) {
    List<String> known = fields.stream().map(Field::name).toList();
    String where = above.isEmpty() ? "" : " in " + String.join(".", above);
    if (known.isEmpty() && !above.isEmpty()) {
      return new InvalidInputException(
          "not a struct: expected fields" + where + ", found=" + column);
    }
    String nearest = nearest(name, known).map(near -> "; did you mean " + near + "?").orElse("");
    String text =
        column.exact() && above.isEmpty() && column.path().size() == 1
            ? " (text goes in single quotes)"
            : "";
    return new InvalidInputException(
        "unknown "
            + (above.isEmpty() ? "column" : "field")
            + where
            + ": expected one of "
            + (known.size() > 50 ? known.subList(0, 50) + " …" : known)
            + ", found="
            + name
            + nearest
            + text);
  }

  /// The candidate that takes the fewest edits to reach, if that is few for its length.
  static Optional<String> nearest(String name, Collection<String> candidates) {
    String wanted = name.toLowerCase(Locale.ROOT);
    String best = null;
    int bestEdits = Math.max(1, Math.min(wanted.length(), 60) / 3) + 1;
    for (String candidate : candidates) {
      if (Math.abs(candidate.length() - name.length()) < bestEdits && name.length() <= 60) {
        int edits = edits(wanted, candidate.toLowerCase(Locale.ROOT));
        if (edits < bestEdits) {
          best = candidate;
          bestEdits = edits;
        }
      }
    }
    return Optional.ofNullable(best);
  }

  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
