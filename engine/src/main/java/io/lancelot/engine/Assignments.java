package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Jsonb;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.VarColumn;
import io.lancelot.expr.Projection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// New values of some columns, bound to a table's schema. Immutable.
final class Assignments {

  /// @param cast null if text becomes the binary form of a column of JSON
  private record Computing(Projection value, @Nullable Casting cast) {
    Column apply(Batch batch, Field field, Scratch scratch) {
      Column values = value.evaluate(batch, scratch);
      return cast != null
          ? cast.apply(values, scratch)
          : Jsonb.stored((VarColumn) values, field, scratch);
    }
  }

  private final Schema schema;
  private final Map<String, Computing> computed;
  private final Map<String, Assignment.Fixed> fixed;

  private Assignments(
      Schema schema, Map<String, Computing> computed, Map<String, Assignment.Fixed> fixed) {
    this.schema = schema;
    this.computed = computed;
    this.fixed = fixed;
  }

  /// @throws InvalidInputException if a column is unknown, set twice, or of a type that its new
  ///   value does not fit
  static Assignments of(List<Assignment> assignments, Schema schema) {
    if (assignments.isEmpty()) {
      throw new InvalidInputException("update: expected=at least one column to set, found=none");
    }
    Map<String, Computing> computed = new HashMap<>();
    Map<String, Assignment.Fixed> fixed = new HashMap<>();
    for (Assignment assignment : assignments) {
      Field field = field(assignment.column(), schema);
      if (computed.containsKey(field.name()) || fixed.containsKey(field.name())) {
        throw new InvalidInputException(
            "update: expected=one new value per column, found=two (column=" + field.name() + ")");
      }
      switch (assignment) {
        case Assignment.Computed(String column, var expr) -> {
          Projection value = Projection.of(expr, schema);
          boolean json = Jsonb.isStored(field) && value.type() instanceof DataType.Utf8;
          Casting cast = json ? null : Casting.of(value.type(), field.type(), column);
          computed.put(field.name(), new Computing(value, cast));
        }
        case Assignment.Fixed(String column, String text) when Jsonb.isStored(field) ->
            fixed.put(field.name(), new Assignment.Fixed(column, json(text, column)));
        case Assignment.Fixed constant -> {
          check(field, constant);
          fixed.put(field.name(), constant);
        }
      }
    }
    return new Assignments(schema, computed, fixed);
  }

  private static byte[] json(String text, String column) {
    try {
      return Jsonb.encodeText(text);
    } catch (InvalidInputException e) {
      throw new InvalidInputException(e.getMessage() + " (column=" + column + ")", e);
    }
  }

  private static Field field(String name, Schema schema) {
    return schema
        .field(name)
        .orElseThrow(() ->
            name.contains(".") && schema.indexOf(name.substring(0, name.indexOf('.'))) >= 0
                ? new UnsupportedFeatureException(
                    "update of a field inside a struct is not supported; set the whole column"
                        + " (column="
                        + name
                        + ")")
                : new InvalidInputException(
                    "unknown column: expected one of " + schema.names() + ", found=" + name));
  }

  /// Before anything is read: a value that does not fit fails here.
  private static void check(Field field, Assignment.Fixed constant) {
    if (constant.value() == null && !field.nullable()) {
      throw new InvalidInputException(
          "null in a column that must not be null (column=" + field.name() + ")");
    }
    try {
      ColumnBuilder.of(
              field.type(),
              (bytes, _) -> java.lang.foreign.MemorySegment.ofArray(new byte[(int) bytes]))
          .append(constant.value());
    } catch (InvalidInputException e) {
      throw new InvalidInputException(e.getMessage() + " (column=" + field.name() + ")", e);
    }
  }

  /// The columns with new values.
  boolean sets(String column) {
    return computed.containsKey(column) || fixed.containsKey(column);
  }

  /// Columns that must be read to have all columns of the new rows.
  List<String> inputs() {
    List<String> inputs = new ArrayList<>();
    for (String name : schema.names()) {
      boolean read = computed.values().stream().anyMatch(c -> c.value().columns().contains(name));
      if (read || !sets(name)) {
        inputs.add(name);
      }
    }
    return inputs;
  }

  /// The new rows.
  ///
  /// @param batch holds [#inputs()]
  Batch apply(Batch batch, Scratch scratch) {
    List<Column> columns = new ArrayList<>();
    for (Field field : schema.fields()) {
      Computing computing = computed.get(field.name());
      Assignment.Fixed constant = fixed.get(field.name());
      if (computing != null) {
        columns.add(computing.apply(batch, field, scratch));
      } else if (constant != null) {
        columns.add(repeat(field, constant, batch.rowCount(), scratch));
      } else {
        columns.add(batch.column(batch.schema().indexOf(field.name())));
      }
    }
    return new Batch(schema, batch.rowCount(), columns);
  }

  private static Column repeat(Field field, Assignment.Fixed constant, int rows, Scratch scratch) {
    ColumnBuilder one = ColumnBuilder.of(field.type(), scratch);
    one.append(constant.value());
    return Columns.gather(one.build(), new int[rows], rows, scratch);
  }
}
