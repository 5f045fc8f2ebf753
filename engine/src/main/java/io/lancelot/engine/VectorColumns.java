package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.file.LanceField;
import io.lancelot.kernels.ElementType;
import io.lancelot.kernels.Metric;
import io.lancelot.kernels.QueryVector;
import io.lancelot.table.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Which columns of a table hold vectors, and what is compared with them.
final class VectorColumns {

  private VectorColumns() {}

  /// The column to search: the one named, or the only one that fits.
  ///
  /// @throws InvalidInputException if there is none, or more than one
  static IndexedColumn of(Nearest nearest, Snapshot snapshot) {
    if (nearest.column().isPresent()) {
      IndexedColumn column = IndexedColumn.resolve(snapshot, nearest.column().get());
      if (Shape.of(column.field()).isEmpty()) {
        throw new InvalidInputException(
            "not a vector column: expected=fixed_size_list of numbers, or list of those, found="
                + column.leaf().type().arrowName()
                + " (column="
                + shown(column)
                + ")");
      }
      return column;
    }
    List<IndexedColumn> candidates = new ArrayList<>();
    collect(snapshot.schema().fields(), List.of(), candidates);
    if (candidates.isEmpty()) {
      throw new InvalidInputException(
          "No vector column: expected=one of fixed_size_list of numbers, found=none in the table");
    }
    if (candidates.size() > 1) {
      // Often only one of them has as many dimensions as the query.
      int asked = nearest.vectors().getFirst().length;
      List<IndexedColumn> fitting =
          candidates.stream().filter(column -> dimensions(column) == asked).toList();
      candidates = fitting.size() == 1 ? fitting : candidates;
    }
    if (candidates.size() > 1) {
      throw new InvalidInputException(
          "vector column: expected=a name, since the table has "
              + candidates.size()
              + " vector columns: "
              + candidates.stream().map(VectorColumns::shown).toList());
    }
    return candidates.getFirst();
  }

  private static String shown(IndexedColumn column) {
    return String.join(".", column.path());
  }

  private static int dimensions(IndexedColumn vectors) {
    return Shape.of(vectors.field()).map(Shape::dim).orElse(0);
  }

  /// Vectors at the top level, and in structs.
  private static void collect(
      List<LanceField> level, List<String> above, List<IndexedColumn> found) {
    for (LanceField field : level) {
      List<String> path = new ArrayList<>(above);
      path.add(field.name());
      if (Shape.of(field.field()).isPresent()) {
        found.add(new IndexedColumn(List.copyOf(path), field));
      } else if (field.type() instanceof DataType.Struct && !field.blob()) {
        collect(field.children(), path, found);
      }
    }
  }

  /// What a vector column holds.
  ///
  /// @param dim numbers per vector
  /// @param lists whether each row holds a list of vectors (a multivector column), and not just one
  record Shape(ElementType element, int dim, boolean lists) {

    /// Empty if it is no vector column.
    static Optional<Shape> of(Field field) {
      if (field.type() instanceof DataType.ListOf(Field item, boolean large) && !large) {
        return of(item.type(), true);
      }
      return of(field.type(), false);
    }

    private static Optional<Shape> of(DataType type, boolean lists) {
      if (!(type instanceof DataType.FixedSizeList(Field item, int dim))) {
        return Optional.empty();
      }
      return switch (item.type()) {
        case DataType.Floating(int bits) ->
            Optional.of(
                new Shape(
                    bits == 16
                        ? ElementType.FLOAT16
                        : bits == 32 ? ElementType.FLOAT32 : ElementType.FLOAT64,
                    dim,
                    lists));
        case DataType.Int(int bits, boolean signed) when bits == 8 ->
            Optional.of(new Shape(signed ? ElementType.INT8 : ElementType.UINT8, dim, lists));
        default -> Optional.empty();
      };
    }
  }

  /// What is looked for: each vector by itself, or, in a column of lists of vectors, all of them
  /// together.
  ///
  /// @throws InvalidInputException if a vector has another number of dimensions than the column
  static List<QueryVectors> queries(Nearest nearest, Metric metric, IndexedColumn column) {
    Shape shape = Shape.of(column.field()).orElseThrow();
    List<QueryVector> vectors = new ArrayList<>();
    for (double[] vector : nearest.vectors()) {
      if (vector.length != shape.dim()) {
        throw new InvalidInputException(
            "query dim("
                + vector.length
                + ") doesn't match the column "
                + shown(column)
                + " vector dim("
                + shape.dim()
                + "): expected="
                + shape.dim()
                + ", found="
                + vector.length);
      }
      vectors.add(QueryVector.of(metric, shape.element(), vector));
    }
    if (shape.lists()) {
      return List.of(new QueryVectors(vectors, nearest.vectors()));
    }
    List<QueryVectors> queries = new ArrayList<>();
    for (int i = 0; i < vectors.size(); i++) {
      queries.add(new QueryVectors(List.of(vectors.get(i)), List.of(nearest.vectors().get(i))));
    }
    return queries;
  }
}
