package io.lancelot.client;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Rows at positions: the server finds each once, in its own order; here they get the order and the
/// repetitions that were asked for.
final class RowsByOffset {

  private static final String OFFSET = "_rowoffset";

  private RowsByOffset() {}

  /// @throws InvalidInputException if there is no row at a position
  static Batch take(RemoteTable table, long[] offsets, Scratch scratch) {
    List<String> columns = new ArrayList<>(table.schema().names());
    columns.add(OFFSET);
    String wanted =
        Arrays.stream(offsets)
            .distinct()
            .mapToObj(Long::toString)
            .collect(Collectors.joining(", ", OFFSET + " IN (", ")"));
    List<Batch> batches = new ArrayList<>();
    Map<Long, Integer> rowOf = new HashMap<>();
    Schema schema;
    int seen = 0;
    try (BatchStream found =
        table.query().where(offsets.length == 0 ? "false" : wanted).select(columns).stream()) {
      schema = found.schema();
      for (Batch batch = found.next(); batch != null; batch = found.next()) {
        Batch kept = Batches.copy(batch, scratch);
        Column positions = kept.columns().getLast();
        for (int i = 0; i < kept.rowCount(); i++) {
          if (Values.at(positions, i) instanceof Number offset) {
            rowOf.put(offset.longValue(), seen);
          }
          seen++;
        }
        batches.add(kept);
      }
    }
    int[] rows = new int[offsets.length];
    for (int i = 0; i < rows.length; i++) {
      Integer row = rowOf.get(offsets[i]);
      if (row == null) {
        throw new InvalidInputException(
            "row offset: expected=below the number of rows, found=" + offsets[i]);
      }
      rows[i] = row;
    }
    Batch all = Batches.concat(schema, batches, scratch);
    Batch ordered = Batches.gather(all, rows, rows.length, scratch);
    int width = schema.fields().size() - 1;
    return new Batch(
        new Schema(schema.fields().subList(0, width), schema.metadata()),
        ordered.rowCount(),
        ordered.columns().subList(0, width));
  }
}
