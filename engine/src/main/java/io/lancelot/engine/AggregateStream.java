package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.expr.Projection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Groups the rows of its input and computes aggregates of each group.
///
/// Different values are counted in two stages: the first groups by the keys and by each such value,
/// the second counts its groups.
final class AggregateStream implements BatchStream {

  private final BatchStream input;
  private final Plan.Aggregate plan;
  private final Scratch scratch;
  private final List<Plan.Measured> plain = new ArrayList<>();
  private final List<Plan.Measured> distinct = new ArrayList<>();
  private final GroupStage first;
  private final @Nullable GroupStage second;
  private boolean collected;

  AggregateStream(BatchStream input, Plan.Aggregate plan, Context context) {
    this.input = input;
    this.plan = plan;
    this.scratch = context.memory().scratch();
    for (Plan.Measured measure : plan.measures()) {
      (measure.isDistinct() ? distinct : plain).add(measure);
    }
    List<DataType> keys =
        plan.keys().stream().map(key -> Plan.Aggregate.plain(key.type())).toList();
    List<Accumulator> accumulators =
        new ArrayList<>(plain.stream().map(Plan.Measured::accumulator).toList());
    if (distinct.isEmpty()) {
      this.first = new GroupStage(keys, accumulators, true, context);
      this.second = null;
      return;
    }
    List<DataType> wider = new ArrayList<>(keys);
    wider.add(Types.INT32);
    for (Plan.Measured measure : distinct) {
      wider.add(measure.argumentType());
    }
    this.first = new GroupStage(wider, accumulators, false, context);
    List<Accumulator> joined =
        new ArrayList<>(plain.stream().map(Plan.Measured::accumulator).toList());
    distinct.forEach(measure -> joined.add(measure.accumulator()));
    this.second = new GroupStage(keys, joined, true, context);
  }

  @Override
  public Schema schema() {
    return plan.schema();
  }

  @Override
  public @Nullable Batch next() {
    if (!collected) {
      collect();
      collected = true;
    }
    List<Column> columns = second == null ? first.next() : second.next();
    if (columns == null) {
      return null;
    }
    int rows = columns.isEmpty() ? 1 : columns.getFirst().length();
    return new Batch(schema(), rows, inOrder(columns));
  }

  /// Keys and measures as the plan has them: stages have the plain ones first.
  private List<Column> inOrder(List<Column> columns) {
    int keys = plan.keys().size();
    List<Column> ordered = new ArrayList<>(columns.subList(0, keys));
    int nextPlain = keys;
    int nextDistinct = keys + plain.size();
    for (Plan.Measured measure : plan.measures()) {
      ordered.add(columns.get(measure.isDistinct() ? nextDistinct++ : nextPlain++));
    }
    return ordered;
  }

  private void collect() {
    for (Batch batch = input.next(); batch != null; batch = input.next()) {
      if (batch.rowCount() > 0) {
        scratch.reset();
        take(batch);
      }
    }
    if (second == null) {
      return;
    }
    int keys = plan.keys().size();
    for (List<Column> groups = first.next(); groups != null; groups = first.next()) {
      List<List<Column>> own = new ArrayList<>();
      int at = keys + 1 + distinct.size();
      for (Plan.Measured measure : plain) {
        int width = measure.accumulator().stateTypes().size();
        own.add(groups.subList(at, at + width));
        at += width;
      }
      for (int i = 0; i < distinct.size(); i++) {
        own.add(List.of(groups.get(keys + 1 + i)));
      }
      second.merge(groups.subList(0, keys), own, plain.size(), groups.getFirst().length());
    }
  }

  private void take(Batch batch) {
    List<Column> keys = new ArrayList<>();
    for (Projection key : plan.keys()) {
      keys.add(value(key, batch));
    }
    List<@Nullable Column> arguments = new ArrayList<>();
    for (Plan.Measured measure : plain) {
      arguments.add(measure.argument().map(each -> value(each, batch)).orElse(null));
    }
    if (second == null) {
      first.add(keys, arguments, batch.rowCount());
      return;
    }
    first.add(tagged(keys, 0, null, batch.rowCount()), arguments, batch.rowCount());
    for (int i = 0; i < distinct.size(); i++) {
      Column value = value(distinct.get(i).argument().orElseThrow(), batch);
      int[] rows = new int[batch.rowCount()];
      int count = 0;
      for (int row = 0; row < rows.length; row++) {
        if (!value.isNull(row)) {
          rows[count++] = row;
        }
      }
      if (count > 0) {
        int present = count;
        List<Column> narrower =
            keys.stream().map(key -> Columns.gather(key, rows, present, scratch)).toList();
        Column values = Columns.gather(value, rows, count, scratch);
        first.add(tagged(narrower, i + 1, values, count), null, count);
      }
    }
  }

  private Column value(Projection projection, Batch batch) {
    return Columns.decodeDictionary(projection.evaluate(batch, scratch), scratch);
  }

  /// Keys of the first stage: those of the groups, which measure a row is for, and its value.
  ///
  /// @param tag 0 for the plain measures, which are taken by groups as such
  private List<Column> tagged(List<Column> keys, int tag, @Nullable Column value, int rows) {
    List<Column> wider = new ArrayList<>(keys);
    wider.add(constant(tag, rows));
    for (int i = 0; i < distinct.size(); i++) {
      wider.add(
          value != null && tag == i + 1
              ? value
              : Columns.nulls(distinct.get(i).argumentType(), rows, scratch));
    }
    return wider;
  }

  private Column constant(int value, int rows) {
    var data = scratch.allocateBytes(4L * rows);
    for (int i = 0; i < rows; i++) {
      data.set(io.lancelot.columnar.FixedColumn.INT, 4L * i, value);
    }
    return new io.lancelot.columnar.FixedColumn(Types.INT32, rows, data, null);
  }

  @Override
  public void close() {
    input.close();
    scratch.close();
    first.close();
    if (second != null) {
      second.close();
    }
  }
}
