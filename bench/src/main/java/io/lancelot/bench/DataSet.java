package io.lancelot.bench;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/// Rows in memory, and the questions to ask about them.
final class DataSet implements AutoCloseable {

  /// Rows in a batch, for every system.
  static final int BATCH_ROWS = 16_384;

  /// Names that mean the same in every system's SQL without quotes.
  private static final Pattern PLAIN_NAME = Pattern.compile("[a-z][a-z0-9_]*");

  private static final double SELECTIVITY = 0.1;

  private final String name;
  private final Arena arena;
  private final Schema schema;
  private final List<Batch> batches;
  private final Optional<Vectors> vectors;
  private final long rows;
  private final String filterColumn;
  private final double threshold;
  private final long matching;

  /// @param arena of everything in `batches`; closed with the data set
  DataSet(String name, Arena arena, Schema schema, List<Batch> batches, Optional<Vectors> vectors) {
    this.name = name;
    this.arena = arena;
    this.schema = schema;
    this.batches = List.copyOf(batches);
    this.vectors = vectors;
    this.rows = batches.stream().mapToLong(Batch::rowCount).sum();
    this.filterColumn = filterColumn();
    double[] values = values(filterColumn);
    Arrays.sort(values);
    this.threshold = values.length == 0 ? 0 : values[(int) (values.length * (1 - SELECTIVITY))];
    this.matching = Arrays.stream(values).filter(value -> value >= threshold).count();
  }

  String name() {
    return name;
  }

  Schema schema() {
    return schema;
  }

  List<Batch> batches() {
    return batches;
  }

  Optional<Vectors> vectors() {
    return vectors;
  }

  long rows() {
    return rows;
  }

  /// All columns.
  List<String> columns() {
    return schema.names();
  }

  /// Two narrow columns: the first one, and the one to filter by or else the second.
  List<String> pair() {
    String first = columns().getFirst();
    return List.of(first, first.equals(filterColumn) ? columns().get(1) : filterColumn);
  }

  /// Columns that files hold as they are in memory: floats, and vectors of them.
  List<String> flat() {
    return schema.fields().stream()
        .filter(field ->
            field.type() instanceof DataType.Floating
                || field.type() instanceof DataType.FixedSizeList(Field item, _)
                    && item.type() instanceof DataType.Floating)
        .map(Field::name)
        .toList();
  }

  /// What the columns take in Arrow's layout.
  long bytes(List<String> selected) {
    ReadBytes reading = new ReadBytes();
    batches.forEach(batch -> reading.read(batch.select(selected)));
    return reading.bytes();
  }

  /// An SQL predicate that about a tenth of the rows pass.
  String predicate() {
    String literal =
        threshold == Math.rint(threshold) && Math.abs(threshold) < 1e15
            ? Long.toString((long) threshold)
            : Double.toString(threshold);
    return filterColumn + " >= " + literal;
  }

  /// How many rows pass.
  long matching() {
    return matching;
  }

  /// Positions of rows, random, without repeats, and the same in every run.
  long[] someRows(int count, long seed) {
    LongStream positions = new SplittableRandom(seed).longs(0, rows).distinct();
    return positions.limit(Math.min(count, rows / 2)).toArray();
  }

  private String filterColumn() {
    List<String> candidates =
        schema.fields().stream().filter(DataSet::filterable).map(Field::name).toList();
    return candidates.stream()
        .filter(column -> column.equals("price"))
        .findFirst()
        .or(() -> candidates.stream().filter(column -> !column.endsWith("id")).findFirst())
        .or(() -> candidates.stream().findFirst())
        .orElseThrow(() ->
            new InvalidInputException(
                "data to measure with: expected=a column of numbers to filter by, found="
                    + columns()
                    + " (data="
                    + name
                    + ")"));
  }

  private static boolean filterable(Field field) {
    boolean number =
        switch (field.type()) {
          case DataType.Int _ -> true;
          case DataType.Floating(int bits) -> bits == 64;
          default -> false;
        };
    return number && PLAIN_NAME.matcher(field.name()).matches();
  }

  private double[] values(String column) {
    List<double[]> parts = new ArrayList<>();
    for (Batch batch : batches) {
      FixedColumn numbers = (FixedColumn) batch.column(column);
      double[] part = new double[numbers.length()];
      int kept = 0;
      for (int i = 0; i < part.length; i++) {
        if (!numbers.isNull(i)) {
          part[kept++] = number(numbers, i);
        }
      }
      parts.add(Arrays.copyOf(part, kept));
    }
    return parts.stream().flatMapToDouble(Arrays::stream).toArray();
  }

  private static double number(FixedColumn numbers, int index) {
    return numbers.type() instanceof DataType.Floating
        ? numbers.floatingAt(index)
        : numbers.integerAt(index);
  }

  @Override
  public void close() {
    arena.close();
  }
}
