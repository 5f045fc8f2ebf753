package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.Filter;
import io.lancelot.expr.Projection;
import io.lancelot.index.IndexWork;
import io.lancelot.table.Snapshot;
import io.lancelot.table.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// One run of a plan over one version of a table.
///
/// @param table where to read
/// @param snapshot the version that every node reads
/// @param indices the indices of that version
/// @param work what looking things up in them costs
/// @param analysis what each step gives; null if nobody wants to know
record Execution(
    Table table,
    Snapshot snapshot,
    Context context,
    IndexCatalog indices,
    IndexWork work,
    @Nullable Analysis analysis) {

  /// What text searches read.
  TextSources texts() {
    return indices.texts(context);
  }

  /// Where a row is by its id; -1 if it is no more.
  long addressOf(long rowId) {
    return snapshot.stableRowIds() ? indices.rowIds().address(rowId) : rowId;
  }

  /// The rows of a plan, pulled by the caller, who closes the stream.
  BatchStream run(Plan plan) {
    return run(plan, OptionalLong.empty());
  }

  /// @param enough rows after which nobody will ask for more, where that is known
  private BatchStream run(Plan plan, OptionalLong enough) {
    BatchStream stream = stream(plan, enough);
    return analysis == null ? stream : analysis.watch(plan, stream);
  }

  private BatchStream stream(Plan plan, OptionalLong enough) {
    return switch (plan) {
      case Plan.Scan scan -> new ScanStream(this, scan, enough);
      case Plan.IndexLookup lookup ->
          throw new IllegalStateException("index lookups run inside scans: " + lookup.label());
      case Plan.NearestScan nearest -> new NearestStream(this, nearest);
      case Plan.NearestProbe probe -> new NearestProbeStream(this, probe);
      case Plan.Partitions partitions ->
          throw new IllegalStateException("partitions are searched by: " + partitions.label());
      case Plan.Vectors vectors ->
          throw new IllegalStateException("vectors are read inside searches: " + vectors.label());
      case Plan.TextScan text -> new TextStream(this, text);
      case Plan.Fuse fuse ->
          new FuseStream(
              this,
              fuse,
              fuse.vector().map(vector -> run(vector, OptionalLong.empty())),
              fuse.text().map(text -> run(text, OptionalLong.empty())));
      case Plan.Take take -> new TakeStream(this, take, run(take.input(), OptionalLong.empty()));
      case Plan.FilterRows rows ->
          new FilterStream(run(rows.input(), OptionalLong.empty()), rows.filter(), context);
      case Plan.Offsets offsets ->
          new OffsetStream(run(offsets.input(), enough), offsets.schema(), context);
      case Plan.Known known -> new KnownStream(known, context);
      case Plan.Aggregate aggregate ->
          new AggregateStream(run(aggregate.input(), OptionalLong.empty()), aggregate, context);
      case Plan.Sort sort -> new SortStream(run(sort.input(), OptionalLong.empty()), sort, context);
      case Plan.Limit limit ->
          new LimitStream(
              run(
                  limit.input(),
                  limit.limit().isPresent()
                      ? OptionalLong.of(Math.addExact(limit.offset(), limit.limit().getAsLong()))
                      : OptionalLong.empty()),
              limit);
      case Plan.Project project ->
          new ProjectStream(run(project.input(), enough), project, context);
    };
  }

  /// Cuts rows off both ends.
  private static final class LimitStream implements BatchStream {
    private final BatchStream input;
    private long skip;
    private long left;

    LimitStream(BatchStream input, Plan.Limit plan) {
      this.input = input;
      this.skip = plan.offset();
      this.left = plan.limit().orElse(Long.MAX_VALUE);
    }

    @Override
    public Schema schema() {
      return input.schema();
    }

    @Override
    public @Nullable Batch next() {
      while (left > 0) {
        Batch batch = input.next();
        if (batch == null) {
          return null;
        }
        int from = (int) Math.min(skip, batch.rowCount());
        int count = (int) Math.min(left, batch.rowCount() - from);
        skip -= from;
        left -= count;
        if (count > 0) {
          return count == batch.rowCount() ? batch : batch.slice(from, count);
        }
      }
      return null;
    }

    @Override
    public void close() {
      input.close();
    }
  }

  /// Adds the number of each row.
  private static final class OffsetStream implements BatchStream {
    private final BatchStream input;
    private final Schema schema;
    private final Scratch scratch;
    private long before;

    OffsetStream(BatchStream input, Schema schema, Context context) {
      this.input = input;
      this.schema = schema;
      this.scratch = context.memory().scratch();
    }

    @Override
    public Schema schema() {
      return schema;
    }

    @Override
    public @Nullable Batch next() {
      scratch.reset();
      Batch batch = input.next();
      if (batch == null) {
        return null;
      }
      ColumnBuilder numbers = ColumnBuilder.of(Plan.ROW_OFFSET.type(), scratch);
      for (int i = 0; i < batch.rowCount(); i++) {
        numbers.append(before + i);
      }
      before += batch.rowCount();
      List<Column> columns = new ArrayList<>(batch.columns());
      columns.add(numbers.build());
      return new Batch(schema, batch.rowCount(), columns);
    }

    @Override
    public void close() {
      input.close();
      scratch.close();
    }
  }

  /// One row.
  private static final class KnownStream implements BatchStream {
    private final Plan.Known plan;
    private final Scratch scratch;
    private boolean given;

    KnownStream(Plan.Known plan, Context context) {
      this.plan = plan;
      this.scratch = context.memory().scratch();
    }

    @Override
    public Schema schema() {
      return plan.schema();
    }

    @Override
    public @Nullable Batch next() {
      if (given) {
        return null;
      }
      given = true;
      List<Column> columns = new ArrayList<>();
      for (int i = 0; i < plan.values().size(); i++) {
        ColumnBuilder value = ColumnBuilder.of(schema().fields().get(i).type(), scratch);
        value.append(plan.values().get(i));
        columns.add(value.build());
      }
      return new Batch(schema(), 1, columns);
    }

    @Override
    public void close() {
      scratch.close();
    }
  }

  /// Computes columns.
  private static final class ProjectStream implements BatchStream {
    private final BatchStream input;
    private final Plan.Project plan;
    private final Scratch scratch;

    ProjectStream(BatchStream input, Plan.Project plan, Context context) {
      this.input = input;
      this.plan = plan;
      this.scratch = context.memory().scratch();
    }

    @Override
    public Schema schema() {
      return plan.schema();
    }

    @Override
    public @Nullable Batch next() {
      scratch.reset();
      Batch batch = input.next();
      if (batch == null) {
        return null;
      }
      List<Column> columns = new ArrayList<>();
      for (Projection expression : plan.expressions()) {
        columns.add(expression.evaluate(batch, scratch));
      }
      return new Batch(plan.schema(), batch.rowCount(), columns);
    }

    @Override
    public void close() {
      input.close();
      scratch.close();
    }
  }

  /// Keeps rows for which a filter is true.
  private static final class FilterStream implements BatchStream {
    private final BatchStream input;
    private final Filter filter;
    private final Scratch scratch;

    FilterStream(BatchStream input, Filter filter, Context context) {
      this.input = input;
      this.filter = filter;
      this.scratch = context.memory().scratch();
    }

    @Override
    public Schema schema() {
      return input.schema();
    }

    @Override
    public @Nullable Batch next() {
      scratch.reset();
      Batch batch = input.next();
      if (batch == null) {
        return null;
      }
      Bits kept = filter.evaluate(batch, scratch);
      int[] rows = new int[batch.rowCount()];
      int count = Selection.of(kept, rows);
      return count == batch.rowCount() ? batch : Batches.gather(batch, rows, count, scratch);
    }

    @Override
    public void close() {
      input.close();
      scratch.close();
    }
  }
}
