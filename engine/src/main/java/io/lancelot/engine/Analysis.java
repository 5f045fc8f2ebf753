package io.lancelot.engine;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.index.IndexWork;
import io.lancelot.index.VectorIndex;
import io.lancelot.table.IndexEntry;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// What each step of a run gave and how long it took, steps below included.
final class Analysis {

  private final IdentityHashMap<Plan, Figures> figures = new IdentityHashMap<>();

  private final Map<UUID, LongAdder[]> segments = new ConcurrentHashMap<>();

  private static final class Figures {
    private long rows;
    private long nanos;
  }

  /// Notes what a search through a segment of a vector index cost.
  void searched(UUID segment, VectorIndex.Searched cost) {
    LongAdder[] sums =
        segments.computeIfAbsent(
            segment, _ -> new LongAdder[] {new LongAdder(), new LongAdder(), new LongAdder()});
    sums[0].add(cost.partitions());
    sums[1].add(cost.comparisons());
    sums[2].add(cost.refined());
  }

  /// A stream that is watched.
  BatchStream watch(Plan plan, BatchStream stream) {
    Figures own = figures.computeIfAbsent(plan, _ -> new Figures());
    return new BatchStream() {
      @Override
      public Schema schema() {
        return stream.schema();
      }

      @Override
      public @Nullable Batch next() {
        long start = System.nanoTime();
        Batch batch = stream.next();
        own.nanos += System.nanoTime() - start;
        own.rows += batch == null ? 0 : batch.rowCount();
        return batch;
      }

      @Override
      public void close() {
        stream.close();
      }
    };
  }

  /// The plan as a tree with its figures, a step a line.
  String print(Plan plan, IndexWork work) {
    StringBuilder text = new StringBuilder();
    print(plan, work, 0, text);
    return text.toString();
  }

  private void print(Plan plan, IndexWork work, int depth, StringBuilder text) {
    text.append("  ".repeat(depth)).append(plan.label()).append(", metrics=[");
    Figures own = figures.get(plan);
    if (plan instanceof Plan.IndexLookup) {
      text.append("output_rows=")
          .append(work.rowsFound())
          .append(", index_comparisons=")
          .append(work.comparisons())
          .append(", parts_loaded=")
          .append(work.partsLoaded())
          .append(", bytes_read=")
          .append(work.bytesRead());
    } else if (plan instanceof Plan.Partitions(IndexEntry segment, _, _)) {
      LongAdder[] sums = segments.get(segment.uuid());
      if (sums != null) {
        text.append("partitions_searched=")
            .append(sums[0].sum())
            .append(", index_comparisons=")
            .append(sums[1].sum())
            .append(", rows_refined=")
            .append(sums[2].sum());
      }
    } else if (own != null) {
      text.append("output_rows=")
          .append(own.rows)
          .append(", elapsed_compute=")
          .append(own.nanos / 1000)
          .append("us");
    }
    text.append("]\n");
    for (Plan input : plan.inputs()) {
      print(input, work, depth + 1, text);
    }
  }
}
