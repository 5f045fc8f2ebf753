package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.expr.Filter;
import io.lancelot.index.RowSet;
import io.lancelot.table.Fragment;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/// A filter at work in one run of a query: which rows of a fragment may match by the word of the
/// indices, and what must still be tried on them. Thread-safe.
final class RowFilter {

  private static final int READ_ROWS = 1 << 15;
  private static final RoaringBitmap NONE = new RoaringBitmap();

  private final Execution execution;
  private final Optional<Filter> filter;
  private final Optional<Filter> recheck;
  private final RoaringBitmap covered;

  /// What the indices found; null if nothing was looked up.
  private final @Nullable RowSet found;

  private RowFilter(
      Execution execution,
      Optional<Filter> filter,
      Optional<Filter> recheck,
      RoaringBitmap covered,
      @Nullable RowSet found) {
    this.execution = execution;
    this.filter = filter;
    this.recheck = recheck;
    this.covered = covered;
    this.found = found;
  }

  /// Asks the indices.
  static RowFilter of(
      Execution execution, Optional<Filter> filter, Optional<Plan.IndexLookup> index) {
    if (index.isPresent()) {
      Plan.IndexLookup lookup = index.get();
      RowSet found = execution.indices().run(lookup, execution.work());
      if (found != null) {
        if (execution.analysis() != null) {
          execution.work().found(found.size());
        }
        return new RowFilter(execution, filter, lookup.recheck(), lookup.covered(), found);
      }
    }
    return new RowFilter(execution, filter, Optional.empty(), NONE, null);
  }

  private boolean covers(Fragment fragment) {
    return found != null && covered.contains((int) fragment.id());
  }

  /// The rows of a fragment that may match, deleted ones among them; null if all may.
  @Nullable RoaringBitmap candidates(Fragment fragment) {
    if (found == null || !covers(fragment)) {
      return null;
    }
    RoaringBitmap rows = found.ofFragment((int) fragment.id());
    return rows == null ? NONE : rows;
  }

  /// What must be tried on the rows that may match.
  Optional<Filter> condition(Fragment fragment) {
    return covers(fragment) ? recheck : filter;
  }

  /// The rows of a fragment that are alive and match.
  RoaringBitmap matches(Fragment fragment) {
    RoaringBitmap candidates = candidates(fragment);
    Optional<Filter> condition = condition(fragment);
    if (candidates != null && condition.isEmpty()) {
      return fragment.deletionFile().isEmpty() || candidates.isEmpty()
          ? candidates
          : RoaringBitmap.andNot(
              candidates, execution.table().deletions(execution.snapshot(), fragment));
    }
    if (candidates != null && candidates.isEmpty()) {
      return candidates;
    }
    List<String> columns = condition.map(Filter::columns).orElse(List.of());
    try (ColumnsOfFragment reader = new ColumnsOfFragment(execution, fragment, columns);
        Scratch scratch = execution.context().memory().scratch()) {
      return candidates == null
          ? scanned(reader, condition, scratch)
          : rechecked(reader, candidates, condition.orElseThrow(), scratch);
    }
  }

  /// How many rows of a fragment, of those in a range, are alive and match.
  long count(Fragment fragment, long from, long to) {
    if (candidates(fragment) != null) {
      return from == 0 ? matches(fragment).getLongCardinality() : 0;
    }
    Filter condition = condition(fragment).orElseThrow();
    long total = 0;
    try (ColumnsOfFragment reader =
            new ColumnsOfFragment(execution, fragment, condition.columns());
        Scratch scratch = execution.context().memory().scratch()) {
      int step = reader.rowsPerRead(READ_ROWS);
      long end = Math.min(to, reader.physicalRows());
      for (long first = from; first < end; first += step) {
        scratch.reset();
        int count = (int) Math.min(step, end - first);
        Bits live = Selection.live(reader.reader().deletions(), first, count, scratch);
        Batch batch = reader.read(condition.columns(), first, count, scratch);
        Bits kept = Selection.and(live, condition.evaluate(batch, scratch), scratch);
        total += kept == null ? count : kept.count();
      }
    }
    return total;
  }

  private static RoaringBitmap scanned(
      ColumnsOfFragment reader, Optional<Filter> condition, Scratch scratch) {
    RoaringBitmap matches = new RoaringBitmap();
    int[] rows = new int[READ_ROWS];
    int step = reader.rowsPerRead(READ_ROWS);
    for (long first = 0; first < reader.physicalRows(); first += step) {
      scratch.reset();
      int count = (int) Math.min(step, reader.physicalRows() - first);
      Bits kept = Selection.live(reader.reader().deletions(), first, count, scratch);
      if (condition.isPresent()) {
        Batch batch = reader.read(condition.get().columns(), first, count, scratch);
        kept = Selection.and(kept, condition.get().evaluate(batch, scratch), scratch);
      }
      if (kept == null) {
        matches.add(first, first + count);
        continue;
      }
      int size = Selection.of(kept, rows);
      for (int i = 0; i < size; i++) {
        rows[i] += (int) first;
      }
      matches.addN(rows, 0, size);
    }
    return matches;
  }

  private static RoaringBitmap rechecked(
      ColumnsOfFragment reader, RoaringBitmap candidates, Filter condition, Scratch scratch) {
    RoaringBitmap matches = new RoaringBitmap();
    Candidates next = new Candidates(candidates, reader, 0, candidates.getLongCardinality());
    while (next.advance()) {
      scratch.reset();
      Batch batch = next.read(condition.columns(), scratch);
      Bits kept = condition.evaluate(batch, scratch);
      for (int i = 0; i < next.count(); i++) {
        if (kept.get(i)) {
          matches.add((int) next.rows()[i]);
        }
      }
    }
    return matches;
  }

  /// Some rows of a fragment, live ones only, a batch at a time.
  static final class Candidates {
    /// Rows nearer to each other than this are read as a range.
    private static final int NEAR = 8;

    private final PeekableIntIterator iterator;
    private final RoaringBitmap deletions;
    private final ColumnsOfFragment reader;
    private final long[] rows;
    private long left;
    private int count;

    /// @param first how many rows to leave out before the first
    /// @param number how many rows to look at from there on
    Candidates(RoaringBitmap candidates, ColumnsOfFragment reader, long first, long number) {
      this.iterator = candidates.getIntIterator();
      this.deletions = reader.reader().deletions();
      this.reader = reader;
      this.left = number;
      this.rows = new long[(int) Math.min(number, reader.rowsPerRead(READ_ROWS))];
      if (first > 0) {
        iterator.advanceIfNeeded(candidates.select((int) first));
      }
    }

    /// Finds the next rows; false at the end.
    boolean advance() {
      count = 0;
      boolean check = !deletions.isEmpty();
      while (count < rows.length && left > 0) {
        left--;
        int row = iterator.next();
        if (!check || !deletions.contains(row)) {
          rows[count++] = Integer.toUnsignedLong(row);
        }
      }
      return count > 0;
    }

    int count() {
      return count;
    }

    /// The rows, ascending: the first [#count()] of these.
    long[] rows() {
      return rows;
    }

    /// Keeps only some of the rows.
    ///
    /// @param kept their positions, ascending
    void keep(int[] kept, int size) {
      for (int i = 0; i < size; i++) {
        rows[i] = rows[kept[i]];
      }
      count = size;
    }

    /// Their values of some columns.
    Batch read(List<String> columns, Scratch scratch) {
      long span = rows[count - 1] - rows[0] + 1;
      if (span > (long) NEAR * count || count == 1) {
        return reader.take(columns, rows, count, scratch);
      }
      Batch range = reader.read(columns, rows[0], (int) span, scratch);
      if (span == count) {
        return range;
      }
      int[] positions = new int[count];
      for (int i = 0; i < count; i++) {
        positions[i] = (int) (rows[i] - rows[0]);
      }
      return io.lancelot.columnar.Batches.gather(range, positions, count, scratch);
    }
  }
}
