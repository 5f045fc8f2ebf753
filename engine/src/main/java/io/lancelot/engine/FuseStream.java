package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Puts the rows of a vector search and of a text search into one ranking.
final class FuseStream implements BatchStream {

  private final Execution execution;
  private final Plan.Fuse plan;
  private final BatchStream vector;
  private final BatchStream text;
  private final Scratch scratch;
  private boolean done;

  FuseStream(Execution execution, Plan.Fuse plan, BatchStream vector, BatchStream text) {
    this.execution = execution;
    this.plan = plan;
    this.vector = vector;
    this.text = text;
    this.scratch = execution.context().memory().scratch();
  }

  @Override
  public Schema schema() {
    return plan.schema();
  }

  @Override
  public @Nullable Batch next() {
    if (done) {
      return null;
    }
    done = true;
    Map<Long, Float> distances = read(vector, Plan.DISTANCE.name());
    Map<Long, Float> scores = read(text, Plan.SCORE.name());
    Map<Long, Integer> ids = new LinkedHashMap<>();
    distances.keySet().forEach(id -> ids.put(id, ids.size()));
    scores.keySet().forEach(id -> ids.putIfAbsent(id, ids.size()));
    int count = ids.size();
    long[] rows = new long[count];
    ids.forEach((id, at) -> rows[at] = id);
    Fusion.Candidates found =
        new Fusion.Candidates(
            rows,
            values(ids, distances),
            values(ids, scores),
            ranks(ids, distances),
            ranks(ids, scores));
    return result(found, Fusion.relevance(plan.settings(), found));
  }

  private static Map<Long, Float> read(BatchStream rows, String column) {
    Map<Long, Float> values = new LinkedHashMap<>();
    for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
      FixedColumn ids = (FixedColumn) batch.column(Plan.ROW_ID.name());
      FixedColumn numbers = (FixedColumn) batch.column(column);
      for (int i = 0; i < batch.rowCount(); i++) {
        values.putIfAbsent(ids.longAt(i), numbers.floatAt(i));
      }
    }
    return values;
  }

  private static float[] values(Map<Long, Integer> ids, Map<Long, Float> found) {
    float[] values = new float[ids.size()];
    ids.forEach((id, at) -> values[at] = found.getOrDefault(id, Float.NaN));
    return values;
  }

  private static int[] ranks(Map<Long, Integer> ids, Map<Long, Float> found) {
    int[] ranks = new int[ids.size()];
    int rank = 0;
    for (Long id : found.keySet()) {
      Integer at = ids.get(id);
      if (at != null) {
        ranks[at] = ++rank;
      }
    }
    return ranks;
  }

  private Batch result(Fusion.Candidates found, float[] relevance) {
    int count = relevance.length;
    Integer[] order = new Integer[count];
    Arrays.setAll(order, i -> i);
    // Equal ones in the order in which they came: vector rows first.
    Arrays.sort(order, (a, b) -> Float.compare(relevance[b], relevance[a]));
    MemorySegment addresses = scratch.allocateBytes(8L * count);
    MemorySegment relevances = scratch.allocateBytes(4L * count);
    for (int i = 0; i < count; i++) {
      addresses.set(FixedColumn.LONG, 8L * i, execution.addressOf(found.rows()[order[i]]));
      relevances.set(FixedColumn.FLOAT, 4L * i, relevance[order[i]]);
    }
    List<Column> columns = new ArrayList<>();
    columns.add(new FixedColumn(Plan.ROW_ADDRESS.type(), count, addresses, null));
    if (plan.settings().allScores()) {
      columns.add(nullable(found.distances(), order));
      columns.add(nullable(found.scores(), order));
    }
    columns.add(new FixedColumn(Plan.RELEVANCE.type(), count, relevances, null));
    return new Batch(schema(), count, columns);
  }

  private Column nullable(float[] values, Integer[] order) {
    int count = order.length;
    MemorySegment data = scratch.allocateBytes(4L * count);
    MemorySegment valid = scratch.allocateBytes((count + 63L) / 64 * 8).fill((byte) 0);
    for (int i = 0; i < count; i++) {
      float value = values[order[i]];
      data.set(FixedColumn.FLOAT, 4L * i, value);
      if (!Float.isNaN(value)) {
        long at = i / 64 * 8L;
        valid.set(FixedColumn.LONG, at, valid.get(FixedColumn.LONG, at) | 1L << (i % 64));
      }
    }
    return new FixedColumn(
        Plan.DISTANCE.type(), count, data, count == 0 ? null : Bits.of(valid, count));
  }

  @Override
  public void close() {
    vector.close();
    text.close();
    scratch.close();
  }
}
