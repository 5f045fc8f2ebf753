package io.lancelot.bench;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;

/// Made-up data: whole tables when there are no real ones, and the ordinary columns beside real
/// vectors. The same seed makes the same rows.
final class Synthetic {

  private static final int CENTRES = 256;
  private static final int QUERIES = 200;
  private static final String[] CATEGORIES = {
    "book", "film", "game", "map", "music", "news", "photo", "tool"
  };
  private static final String[] SYLLABLES = {
    "ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "zu"
  };

  private final SplittableRandom random;

  Synthetic(long seed) {
    random = new SplittableRandom(seed);
  }

  /// Rows without vectors: an id, a category, a text and a price.
  ///
  /// @param id of each row by its number
  static DataSet rows(int count, LongUnaryOperator id) {
    Arena arena = Arena.ofShared();
    Synthetic made = new Synthetic(1);
    Schema schema =
        Schema.of(
            Field.nullable("id", Types.INT64),
            Field.nullable("category", Types.UTF8),
            Field.nullable("text", Types.UTF8),
            Field.nullable("price", Types.FLOAT64));
    List<Batch> batches = new ArrayList<>();
    for (int first = 0; first < count; first += DataSet.BATCH_ROWS) {
      int rows = Math.min(DataSet.BATCH_ROWS, count - first);
      batches.add(new Batch(schema, rows, made.ordinary(arena, rows, first, id)));
    }
    return new DataSet("rows-" + count, arena, schema, batches, Optional.empty());
  }

  private List<Column> ordinary(Arena arena, int count, long first, LongUnaryOperator id) {
    ColumnBuilder ids = ColumnBuilder.of(Types.INT64, arena);
    ColumnBuilder categories = ColumnBuilder.of(Types.UTF8, arena);
    ColumnBuilder texts = ColumnBuilder.of(Types.UTF8, arena);
    ColumnBuilder prices = ColumnBuilder.of(Types.FLOAT64, arena);
    for (int i = 0; i < count; i++) {
      ids.append(id.applyAsLong(first + i));
      categories.append(CATEGORIES[random.nextInt(CATEGORIES.length)]);
      texts.append(sentence());
      prices.append(random.nextInt(1_000_000) / 100.0);
    }
    return List.of(ids.build(), categories.build(), texts.build(), prices.build());
  }

  /// A table of vectors around common centres, with an id, a category, a text and a price.
  DataSet table(int rows, int dim) {
    Arena arena = Arena.ofShared();
    float[][] centres = new float[CENTRES][];
    for (int i = 0; i < CENTRES; i++) {
      centres[i] = around(new float[dim], 1);
    }
    MemorySegment vectors = arena.allocate(4L * rows * dim, 64);
    for (int row = 0; row < rows; row++) {
      float[] vector = around(centres[random.nextInt(CENTRES)], 0.5);
      MemorySegment.copy(vector, 0, vectors, FixedColumn.FLOAT, 4L * row * dim, dim);
    }
    float[][] queries = new float[QUERIES][];
    for (int i = 0; i < QUERIES; i++) {
      queries[i] = around(centres[random.nextInt(CENTRES)], 0.5);
    }
    return withVectors(
        "synthetic-" + rows + "-" + dim,
        arena,
        new Vectors("vector", dim, rows, vectors, queries, Optional.empty()),
        Map.of());
  }

  private float[] around(float[] centre, double spread) {
    float[] vector = centre.clone();
    for (int i = 0; i < vector.length; i++) {
      vector[i] += (float) random.nextGaussian(0, spread);
    }
    return vector;
  }

  /// Rows of given vectors and whole numbers, with made-up columns beside them.
  ///
  /// @param numbers int32 columns, one value per row
  DataSet withVectors(
      String name, Arena arena, Vectors vectors, Map<String, MemorySegment> numbers) {
    List<Field> fields = new ArrayList<>();
    fields.add(Field.nullable("id", Types.INT64));
    new LinkedHashMap<>(numbers)
        .keySet()
        .forEach(column -> fields.add(Field.nullable(column, Types.INT32)));
    fields.add(Field.nullable("category", Types.UTF8));
    fields.add(Field.nullable("text", Types.UTF8));
    fields.add(Field.nullable("price", Types.FLOAT64));
    fields.add(Field.nullable(vectors.column(), Types.vector(vectors.dim())));
    Schema schema = Schema.of(fields);
    List<Batch> batches = new ArrayList<>();
    for (long first = 0; first < vectors.count(); first += DataSet.BATCH_ROWS) {
      int count = (int) Math.min(DataSet.BATCH_ROWS, vectors.count() - first);
      batches.add(batch(schema, arena, vectors, numbers, first, count));
    }
    return new DataSet(name, arena, schema, batches, Optional.of(vectors));
  }

  private Batch batch(
      Schema schema,
      Arena arena,
      Vectors vectors,
      Map<String, MemorySegment> numbers,
      long first,
      int count) {
    List<Column> ordinary = ordinary(arena, count, first, LongUnaryOperator.identity());
    List<Column> columns = new ArrayList<>();
    columns.add(ordinary.getFirst());
    for (Field field : schema.fields()) {
      MemorySegment values = numbers.get(field.name());
      if (values != null) {
        columns.add(
            new FixedColumn(Types.INT32, count, values.asSlice(4 * first, 4L * count), null));
      }
    }
    columns.addAll(ordinary.subList(1, ordinary.size()));
    int dim = vectors.dim();
    MemorySegment floats = vectors.rows().asSlice(4L * first * dim, 4L * count * dim);
    FixedColumn items = new FixedColumn(Types.FLOAT32, count * dim, floats, null);
    columns.add(new FixedListColumn(Types.vector(dim), count, items, null));
    return new Batch(schema, count, columns);
  }

  private String sentence() {
    StringBuilder text = new StringBuilder();
    int words = 6 + random.nextInt(9);
    for (int i = 0; i < words; i++) {
      if (i > 0) {
        text.append(' ');
      }
      int syllables = 1 + random.nextInt(4);
      for (int j = 0; j < syllables; j++) {
        text.append(SYLLABLES[random.nextInt(SYLLABLES.length)]);
      }
    }
    return text.toString();
  }
}
