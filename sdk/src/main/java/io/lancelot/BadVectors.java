package io.lancelot;

import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What to do with vectors that cannot be searched: those with not-a-number in them, those of
/// another length than their column, and nulls.
///
/// Looked at are columns of vectors (fixed-size lists of floats) that are called `vector`, record
/// components with [Vector], and columns that [#in] names. Other lists of numbers are left alone,
/// for not every list is a vector.
///
/// @param policy what happens to a row with a bad vector. Default: [Policy#ERROR]
/// @param fill what stands for missing numbers where the policy is [Policy#FILL]
/// @param columns further columns to look at
public record BadVectors(Policy policy, double fill, Set<String> columns) {

  public enum Policy {
    /// Nothing is written, and the error names the row. Nulls are no error where the column may be
    /// null.
    ERROR,
    /// The row is left out.
    DROP,
    /// Numbers that are missing are filled in, surplus ones cut off.
    FILL,
    /// The vector becomes null.
    NULL
  }

  public BadVectors {
    columns = Set.copyOf(columns);
  }

  public static BadVectors error() {
    return new BadVectors(Policy.ERROR, 0, Set.of());
  }

  public static BadVectors drop() {
    return new BadVectors(Policy.DROP, 0, Set.of());
  }

  public static BadVectors fill(double value) {
    return new BadVectors(Policy.FILL, value, Set.of());
  }

  public static BadVectors toNull() {
    return new BadVectors(Policy.NULL, 0, Set.of());
  }

  /// Looks at these columns too.
  public BadVectors in(String... more) {
    Set<String> all = new LinkedHashSet<>(columns);
    all.addAll(List.of(more));
    return new BadVectors(policy, fill, all);
  }

  boolean concerns(String column) {
    return column.equals("vector") || columns.contains(column);
  }

  /// The schema of input whose vectors may have any length, for a table of some schema.
  public Schema accepts(Schema table) {
    if (policy == Policy.ERROR) {
      return table;
    }
    List<Field> fields = new ArrayList<>();
    for (Field field : table.fields()) {
      boolean vector =
          concerns(field.name())
              && field.type() instanceof DataType.FixedSizeList(Field item, int _)
              && item.type() instanceof DataType.Floating;
      fields.add(
          vector ? field.withType(Types.listOf(field.type().children().getFirst().type())) : field);
    }
    return new Schema(fields, table.metadata());
  }
}
