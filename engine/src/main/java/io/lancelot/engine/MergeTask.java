package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Values;
import io.lancelot.expr.Expr;
import io.lancelot.expr.Filter;
import io.lancelot.table.Fragment;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Rows of one fragment that are looked up in a merge's source together.
///
/// @param rows by ascending number; null for all of `[first, first + count)`
record MergeTask(Fragment fragment, long first, int count, long @Nullable [] rows) {

  private static final int ROWS_PER_TASK = 1 << 16;

  /// Reading a column of keys costs less than looking up more keys than this, or than one for so
  /// many rows of the table.
  private static final int MOST_LOOKUPS = 4096;

  private static final int ROWS_PER_LOOKUP = 128;

  /// All rows of some fragments.
  static List<MergeTask> of(List<Fragment> fragments) {
    List<MergeTask> tasks = new ArrayList<>();
    for (Fragment fragment : fragments) {
      addAll(fragment, tasks);
    }
    return tasks;
  }

  private static void addAll(Fragment fragment, List<MergeTask> tasks) {
    for (long first = 0; first < fragment.physicalRows(); first += ROWS_PER_TASK) {
      int count = (int) Math.min(ROWS_PER_TASK, fragment.physicalRows() - first);
      tasks.add(new MergeTask(fragment, first, count, null));
    }
  }

  /// The rows of a version that may have a key of the source: those that an index finds, in the
  /// fragments that it covers, and all rows of the others.
  static List<MergeTask> of(Execution execution, SourceRows.Fitted source) {
    Optional<RowFilter> lookup = lookup(execution, source);
    if (lookup.isEmpty()) {
      return of(execution.snapshot().fragments());
    }
    List<MergeTask> tasks = new ArrayList<>();
    for (Fragment fragment : execution.snapshot().fragments()) {
      RoaringBitmap candidates = lookup.get().candidates(fragment);
      if (candidates == null) {
        addAll(fragment, tasks);
      } else if (!candidates.isEmpty()) {
        long[] rows = new long[candidates.getCardinality()];
        int at = 0;
        for (int row : candidates) {
          rows[at++] = Integer.toUnsignedLong(row);
        }
        tasks.add(new MergeTask(fragment, rows[0], rows.length, rows));
      }
    }
    return tasks;
  }

  /// Asks an index on the key for the source's keys; empty if there is none, or it is not worth it.
  private static Optional<RowFilter> lookup(Execution execution, SourceRows.Fitted source) {
    IndexCatalog catalog = execution.indices();
    int count = source.rows().rowCount();
    if (source.on().size() != 1
        || count > MOST_LOOKUPS
        || count * (long) ROWS_PER_LOOKUP > execution.snapshot().physicalRows()
        || catalog.of(source.on()).isEmpty()) {
      return Optional.empty();
    }
    Column keys = source.rows().column(source.on().getFirst());
    // What is equal is beyond doubt for these types.
    if (!(keys.type() instanceof DataType.Int || keys.type() instanceof DataType.Utf8)) {
      return Optional.empty();
    }
    List<Expr> items = new ArrayList<>();
    for (int row = 0; row < count; row++) {
      if (!keys.isNull(row)) {
        items.add(new Expr.Literal(literal(Values.at(keys, row))));
      }
    }
    if (items.isEmpty()) {
      return Optional.empty();
    }
    Filter filter =
        Filter.of(new Expr.In(new Expr.Column(source.on(), true), items, false), catalog.schema());
    return new IndexPlanner(catalog)
        .plan(filter)
        .map(found -> RowFilter.of(execution, Optional.of(filter), Optional.of(found)));
  }

  private static @Nullable Object literal(@Nullable Object value) {
    return value instanceof Number number ? new BigInteger(number.toString()) : value;
  }

  /// The physical number of the `i`-th of the rows.
  long row(int i) {
    return rows == null ? first + i : rows[i];
  }

  /// Columns of the rows.
  Batch read(ColumnsOfFragment reader, List<String> columns, Scratch scratch) {
    return rows == null
        ? reader.read(columns, first, count, scratch)
        : RowsByNumber.read(reader, columns, rows, count, scratch);
  }

  /// Which of the rows are not deleted; null if all.
  @Nullable Bits live(ColumnsOfFragment reader, Scratch scratch) {
    RoaringBitmap deleted = reader.reader().deletions();
    if (rows == null) {
      return Selection.live(deleted, first, count, scratch);
    }
    if (deleted.isEmpty()) {
      return null;
    }
    MemorySegment words = Bits.ones(count, scratch).segment();
    for (int i = 0; i < count; i++) {
      if (deleted.contains((int) rows[i])) {
        long at = i / 64 * 8L;
        words.set(FixedColumn.LONG, at, words.get(FixedColumn.LONG, at) & ~(1L << (i % 64)));
      }
    }
    return Bits.of(words, count);
  }
}
