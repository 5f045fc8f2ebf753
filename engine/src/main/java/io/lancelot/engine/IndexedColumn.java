package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.expr.Expr;
import io.lancelot.expr.Projection;
import io.lancelot.file.LanceField;
import io.lancelot.table.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A column that an index is on: a field of the table, or one inside its structs.
///
/// @param path names from the top-level column to the field
/// @param leaf the field itself
record IndexedColumn(List<String> path, LanceField leaf) {

  /// Finds a column by its name, or by its path with dots (`stats.magic`).
  ///
  /// @throws InvalidInputException if there is none
  static IndexedColumn resolve(Snapshot snapshot, String name) {
    Optional<LanceField> whole = snapshot.schema().field(name);
    if (whole.isPresent()) {
      return new IndexedColumn(List.of(name), whole.get());
    }
    List<String> path =
        Expr.parse(name) instanceof Expr.Column column ? column.path() : List.of(name);
    List<LanceField> level = snapshot.schema().fields();
    List<String> found = new ArrayList<>();
    LanceField field = null;
    for (String step : path) {
      field = field(level, step);
      if (field == null) {
        throw new InvalidInputException(
            "unknown column: expected one of "
                + level.stream().map(LanceField::name).toList()
                + ", found="
                + step
                + (path.size() > 1 ? " (column=" + name + ")" : ""));
      }
      found.add(field.name());
      level = field.type() instanceof DataType.Struct ? field.children() : List.of();
    }
    if (field == null) {
      throw new InvalidInputException("column: expected=a name, found=nothing");
    }
    return new IndexedColumn(List.copyOf(found), field);
  }

  private static @Nullable LanceField field(List<LanceField> level, String name) {
    LanceField sameButCase = null;
    for (LanceField field : level) {
      if (field.name().equals(name)) {
        return field;
      }
      if (field.name().equalsIgnoreCase(name)) {
        sameButCase = field;
      }
    }
    return sameButCase;
  }

  /// The column of a field id; empty if the schema has none of that id.
  static Optional<IndexedColumn> ofId(Snapshot snapshot, int fieldId) {
    return ofId(snapshot.schema().fields(), List.of(), fieldId);
  }

  private static Optional<IndexedColumn> ofId(
      List<LanceField> level, List<String> above, int fieldId) {
    for (LanceField field : level) {
      List<String> path = new ArrayList<>(above);
      path.add(field.name());
      if (field.id() == fieldId) {
        return Optional.of(new IndexedColumn(path, field));
      }
      Optional<IndexedColumn> below = ofId(field.children(), path, fieldId);
      if (below.isPresent()) {
        return below;
      }
    }
    return Optional.empty();
  }

  /// The path as text, as it is written in filters.
  String name() {
    return path.size() == 1 ? path.getFirst() : expr().toString();
  }

  Expr.Column expr() {
    return new Expr.Column(path, true);
  }

  /// The field's column in a batch that has the top-level column at a place.
  Column in(Batch batch, int place, Scratch scratch) {
    return path.size() == 1
        ? batch.column(place)
        : Projection.of(expr(), batch.schema()).evaluate(batch, scratch);
  }

  /// The top-level column with nothing in it but the field.
  LanceField alone(Snapshot snapshot) {
    return alone(snapshot.schema().field(path.getFirst()).orElseThrow(), 1);
  }

  private LanceField alone(LanceField field, int depth) {
    if (depth == path.size() || field.packed()) {
      return field;
    }
    LanceField child = Objects.requireNonNull(field(field.children(), path.get(depth)));
    return field.ofMembers(List.of(alone(child, depth + 1)));
  }

  /// The field as its index sees it: null where it or any struct around it is null.
  Field field() {
    return new Field(leaf.name(), leaf.type(), true, leaf.field().metadata());
  }
}
