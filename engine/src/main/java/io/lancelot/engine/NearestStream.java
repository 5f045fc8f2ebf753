package io.lancelot.engine;

import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.Filter;
import io.lancelot.kernels.Kernels;
import io.lancelot.kernels.QueryVector;
import io.lancelot.kernels.Ranking;
import io.lancelot.kernels.Scan;
import io.lancelot.kernels.TopK;
import io.lancelot.table.Fragment;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// An exact search: every vector of every live row that passes the filter is compared with every
/// query vector. The work is cut into ranges of rows that run side by side, each with its own heap.
final class NearestStream extends SearchStream<Plan.NearestScan> {

  /// Rows of one task: large enough that starting it costs nothing beside running it, small enough
  /// that all threads have work to the end.
  private static final long MIN_TASK_ROWS = 1 << 13;

  /// Where rows hold several vectors.
  private static final long MIN_TASK_LISTS = 1 << 9;

  private static final long MAX_TASK_ROWS = 1 << 16;
  private static final int TASKS_PER_THREAD = 3;

  /// A read that lies in one page is a view of it, one that spans two is a copy: small reads mostly
  /// lie in one.
  private static final long READ_BYTES = 1 << 20;

  private static final int MIN_READ_ROWS = 64;
  private static final int MAX_READ_ROWS = 1 << 13;

  private record Task(Fragment fragment, long first, long last) {}

  NearestStream(Execution execution, Plan.NearestScan plan) {
    super(execution, plan);
  }

  @Override
  Batch find() {
    Analysis analysis = execution.analysis();
    if (analysis != null) {
      analysis.goes(SearchReport.Path.SCAN, execution.snapshot().rowCount(), plan.queries().size());
    }
    return result(
        search(
            execution.snapshot().fragments(),
            RowFilter.of(execution, plan.filter(), plan.index())));
  }

  /// The nearest rows of some fragments for each query.
  TopK[] search(List<Fragment> fragments, RowFilter filter) {
    long taskRows =
        Math.clamp(
            execution.snapshot().physicalRows()
                / ((long) execution.context().parallelism() * TASKS_PER_THREAD),
            plan.lists() ? MIN_TASK_LISTS : MIN_TASK_ROWS,
            MAX_TASK_ROWS);
    List<Task> tasks = new ArrayList<>();
    for (Fragment fragment : fragments) {
      for (long first = 0; first < fragment.physicalRows(); first += taskRows) {
        tasks.add(new Task(fragment, first, Math.min(first + taskRows, fragment.physicalRows())));
      }
    }
    TopK[] merged = heaps();
    Parallel.run(
        execution.context(),
        tasks,
        task -> search(task, filter),
        found -> {
          for (int i = 0; i < merged.length; i++) {
            merged[i].merge(found[i]);
          }
        });
    return merged;
  }

  private TopK[] heaps() {
    TopK[] heaps = new TopK[plan.queries().size()];
    for (int i = 0; i < heaps.length; i++) {
      heaps[i] = new TopK(plan.k(), plan.lower(), plan.upper());
    }
    return heaps;
  }

  private TopK[] search(Task task, RowFilter rows) {
    TopK[] heaps = heaps();
    RoaringBitmap candidates = rows.candidates(task.fragment());
    if (candidates != null && !candidates.intersects(task.first(), task.last())) {
      return heaps;
    }
    Optional<Filter> condition = rows.condition(task.fragment());
    Comparison comparison = comparison(heaps);
    Analysis analysis = execution.analysis();
    List<String> vector = plan.column().path().subList(0, 1);
    List<String> names = new ArrayList<>(vector);
    List<String> filterColumns = condition.map(Filter::columns).orElse(List.of());
    filterColumns.stream().filter(name -> !vector.contains(name)).forEach(names::add);
    try (ColumnsOfFragment reader = new ColumnsOfFragment(execution, task.fragment(), names);
        Scratch memory = execution.context().memory().scratch()) {
      int step = rowsPerRead(task.fragment());
      for (long first = task.first(); first < task.last(); first += step) {
        memory.reset();
        int count = (int) Math.min(step, task.last() - first);
        Bits allowed = Selection.live(reader.reader().deletions(), first, count, memory);
        if (candidates != null) {
          if (!candidates.intersects(first, first + count)) {
            continue;
          }
          allowed =
              Selection.and(allowed, Selection.among(candidates, first, count, memory), memory);
        }
        if (condition.isPresent()) {
          Batch batch = reader.read(filterColumns, first, count, memory);
          allowed = Selection.and(allowed, condition.get().evaluate(batch, memory), memory);
          if (allowed != null && allowed.count() == 0) {
            continue;
          }
        }
        if (analysis != null) {
          analysis.scanned((long) heaps.length * (allowed == null ? count : allowed.count()));
        }
        comparison.run(
            plan.column().in(reader.read(vector, first, count, memory), 0, memory),
            allowed,
            reader.reader().address(first),
            memory);
      }
    }
    return heaps;
  }

  private int rowsPerRead(Fragment fragment) {
    if (plan.lists()) {
      return ColumnsOfFragment.rowsPerRead(fragment, MAX_READ_ROWS);
    }
    long rowBytes = Math.max(1, plan.queries().getFirst().vectors().getFirst().rowBytes());
    return Math.clamp(READ_BYTES / rowBytes, MIN_READ_ROWS, MAX_READ_ROWS);
  }

  /// Compares rows that have been read with the queries, and offers them to the heaps.
  private interface Comparison {

    /// @param column a vector, or a list of vectors, for each row
    /// @param allowed rows that take part; null for all
    /// @param firstId the address of the first row
    void run(Column column, @Nullable Bits allowed, long firstId, Scratch memory);
  }

  private Comparison comparison(TopK[] heaps) {
    return plan.lists() ? ofLists(heaps[0]) : ofVectors(heaps);
  }

  private Comparison ofVectors(TopK[] heaps) {
    Scan[] scans = new Scan[heaps.length];
    for (int i = 0; i < scans.length; i++) {
      QueryVector query = plan.queries().get(i).vectors().getFirst();
      scans[i] = new Scan(Kernels.current(), query, heaps[i]);
    }
    return (column, allowed, firstId, memory) -> {
      VectorRows vectors = VectorRows.of(column, memory);
      Bits valid = Selection.and(allowed, vectors.whole(), memory);
      for (Scan scan : scans) {
        scan.topK(vectors.data(), 0, column.length(), VectorRows.kernelBits(valid), firstId);
      }
    };
  }

  private Comparison ofLists(TopK heap) {
    VectorDistances distances = new VectorDistances(plan.queries().getFirst());
    int[] rows = new int[MAX_READ_ROWS];
    float[] out = new float[MAX_READ_ROWS];
    return (column, allowed, firstId, memory) -> {
      int count = Selection.of(allowed, column.length(), rows);
      distances.compute(VectorRows.of(column, memory), rows, count, out);
      for (int i = 0; i < count; i++) {
        if (out[i] <= heap.worst()) {
          heap.offer(out[i], firstId + rows[i]);
        }
      }
    };
  }

  private Batch result(TopK[] heaps) {
    return result(heaps, schema(), scratch);
  }

  /// What the heaps hold as a batch, nearest first.
  static Batch result(TopK[] heaps, Schema schema, Scratch scratch) {
    List<Ranking> rankings = new ArrayList<>();
    int total = 0;
    for (TopK heap : heaps) {
      rankings.add(heap.ranking());
      total += heap.size();
    }
    MemorySegment addresses = scratch.allocateBytes(8L * total);
    MemorySegment distances = scratch.allocateBytes(4L * total);
    MemorySegment queries = scratch.allocateBytes(4L * total);
    int at = 0;
    for (int q = 0; q < rankings.size(); q++) {
      Ranking ranking = rankings.get(q);
      for (int i = 0; i < ranking.size(); i++, at++) {
        addresses.set(FixedColumn.LONG, 8L * at, ranking.id(i));
        distances.set(FixedColumn.FLOAT, 4L * at, ranking.distance(i));
        queries.set(FixedColumn.INT, 4L * at, q);
      }
    }
    List<Column> columns = new ArrayList<>();
    columns.add(new FixedColumn(Plan.ROW_ADDRESS.type(), total, addresses, null));
    columns.add(new FixedColumn(Plan.DISTANCE.type(), total, distances, null));
    if (heaps.length > 1) {
      columns.add(new FixedColumn(Plan.QUERY_INDEX.type(), total, queries, null));
    }
    return new Batch(schema, total, columns);
  }
}
