package io.lancelot.columnar;

import java.util.ArrayList;
import java.util.List;

/// Rows as columns: immutable, equally long, in the schema's order.
public record Batch(Schema schema, int rowCount, List<Column> columns) {

  public Batch {
    columns = List.copyOf(columns);
    if (columns.size() != schema.fields().size()) {
      throw new IllegalArgumentException(
          "columns: expected=" + schema.fields().size() + ", found=" + columns.size());
    }
    for (Column column : columns) {
      if (column.length() != rowCount) {
        throw new IllegalArgumentException(
            "column rows: expected=" + rowCount + ", found=" + column.length());
      }
    }
  }

  public Column column(int index) {
    return columns.get(index);
  }

  /// The column of that name.
  ///
  /// @throws io.lancelot.base.InvalidInputException if there is none
  public Column column(String name) {
    return select(List.of(name)).column(0);
  }

  /// Rows `[from, from + count)`, sharing memory with this batch.
  public Batch slice(int from, int count) {
    return new Batch(
        schema, count, columns.stream().map(column -> column.slice(from, count)).toList());
  }

  /// The named columns in that order.
  public Batch select(List<String> names) {
    Schema selected = schema.select(names);
    List<Column> kept = new ArrayList<>();
    for (String name : names) {
      kept.add(columns.get(schema.indexOf(name)));
    }
    return new Batch(selected, rowCount, kept);
  }
}
