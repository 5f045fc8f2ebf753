package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.StructColumn;
import io.lancelot.expr.Expr;
import io.lancelot.expr.Filter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// A condition of a merge, bound to the table and, for matched rows, to the source.
final class MergeCondition {

  private static final String TARGET = "target";
  private static final String SOURCE = "source";

  private final Filter filter;
  private final Schema target;
  private final Schema source;

  private MergeCondition(Filter filter, Schema target, Schema source) {
    this.filter = filter;
    this.target = target;
    this.source = source;
  }

  /// A condition on rows that both have: `source.price < target.price`.
  static MergeCondition onMatched(Expr expr, Schema table, Schema source) {
    Schema wanted = named(expr, TARGET, table);
    Schema given = named(expr, SOURCE, source);
    // Bound to all columns, so that a wrong name is told with the right ones.
    Schema both = Schema.of(struct(TARGET, table), struct(SOURCE, source));
    Filter.of(expr, both);
    Schema narrow = Schema.of(struct(TARGET, wanted), struct(SOURCE, given));
    return new MergeCondition(Filter.of(expr, narrow), wanted, given);
  }

  /// A condition on rows of the table: `year < 1980`, or `target.year < 1980`.
  static MergeCondition onTable(Expr expr, Schema table) {
    Schema wanted = named(expr, TARGET, table);
    boolean prefixed = !wanted.fields().isEmpty() && table.indexOf(TARGET) < 0;
    if (prefixed) {
      Schema both = Schema.of(struct(TARGET, table));
      Filter.of(expr, both);
      return new MergeCondition(
          Filter.of(expr, Schema.of(struct(TARGET, wanted))), wanted, Schema.of());
    }
    Filter filter = Filter.of(expr, table);
    return new MergeCondition(filter, table.select(filter.columns()), Schema.of());
  }

  private static Field struct(String name, Schema schema) {
    return Field.required(name, new DataType.Struct(schema.fields()));
  }

  /// The columns of a schema that are named behind a prefix.
  private static Schema named(Expr expr, String prefix, Schema schema) {
    Set<String> names = new LinkedHashSet<>();
    for (List<String> path : ColumnPaths.of(expr)) {
      if (path.size() > 1 && path.getFirst().equalsIgnoreCase(prefix)) {
        for (String name : schema.names()) {
          if (name.equalsIgnoreCase(path.get(1))) {
            names.add(name);
          }
        }
      }
    }
    return schema.select(List.copyOf(names));
  }

  /// Columns of the table that it reads.
  List<String> targetColumns() {
    return target.names();
  }

  /// Columns of the source that it reads.
  List<String> sourceColumns() {
    return source.names();
  }

  /// One bit per row.
  ///
  /// @param fromTarget [#targetColumns()] of each row
  /// @param fromSource [#sourceColumns()] of each row
  Bits evaluate(Batch fromTarget, Batch fromSource, int rows, Scratch scratch) {
    List<Field> fields = new ArrayList<>();
    List<Column> columns = new ArrayList<>();
    fields.addAll(target.fields());
    columns.addAll(fromTarget.columns());
    boolean prefixed = filter.columns().stream().anyMatch(name -> target.indexOf(name) < 0);
    if (prefixed) {
      DataType.Struct targetType = new DataType.Struct(target.fields());
      DataType.Struct sourceType = new DataType.Struct(source.fields());
      fields = List.of(Field.required(TARGET, targetType), Field.required(SOURCE, sourceType));
      columns =
          List.of(
              new StructColumn(targetType, rows, fromTarget.columns(), null),
              new StructColumn(sourceType, rows, fromSource.columns(), null));
    }
    return filter.evaluate(new Batch(Schema.of(fields), rows, columns), scratch);
  }
}
