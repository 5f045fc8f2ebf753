package io.lancelot.index.scalar;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Types;
import io.lancelot.expr.Filter;
import io.lancelot.expr.KeyOrder;
import io.lancelot.expr.KeyRange;
import io.lancelot.expr.Probe;
import io.lancelot.file.ColumnReader;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexWork;
import io.lancelot.index.RowSet;
import io.lancelot.index.ScalarIndex;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A segment of a sorted index. Pages stay in memory once read, up to a share of the budget; beyond
/// it they are read each time.
final class BTreeIndex implements ScalarIndex {

  /// The part of the memory budget that one segment may keep.
  private static final int SHARE = 8;

  /// As many rows are scanned while one value is looked up.
  private static final int LOOKUP_ROWS = 512;

  /// Pages that a wide range reads at once without keeping them.
  private static final int BULK_PAGES = 32;

  /// One page: nulls, then (floats only) negative NaNs, then ascending values.
  private record Page(Column values, FixedColumn rows, int nulls, int ascendingFrom) {}

  private final SegmentFile data;
  private final KeyOrder order;
  private final Field field;
  private final boolean addresses;
  private final int pageRows;
  private final int pageCount;
  private final long rowCount;
  private final long keepBytes;

  /// Memory of what is kept; guarded by the lock.
  private final Scratch kept;

  private final ReentrantLock lock = new ReentrantLock();
  private final ColumnReader valueReader;
  private final ColumnReader rowReader;

  private final Column mins;
  private final Column maxs;
  private final long[] nullCounts;

  /// Pages before this one hold nulls and negative NaNs only; from it on, greatest values ascend.
  private final int firstPage;

  private final AtomicReferenceArray<@Nullable Page> pages;
  private volatile @Nullable RowSet nullRows;

  BTreeIndex(IndexFiles files, Field field, boolean addresses) {
    this.field = field;
    this.order = ColumnTypes.order(field);
    this.addresses = addresses;
    this.kept = files.context().memory().scratch();
    this.keepBytes = files.context().memory().limitBytes() / SHARE;
    SegmentFile opened = SegmentFile.open(files, BTreeKind.DATA);
    try (SegmentFile lookup = SegmentFile.open(files, BTreeKind.LOOKUP)) {
      if (lookup.metadata("range_partitioned").filter("true"::equals).isPresent()) {
        throw new UnsupportedFeatureException("BTREE index in range partitions " + lookup.place());
      }
      data = opened;
      rowCount = data.rowCount();
      pageRows =
          (int) lookup.number(BTreeKind.PAGE_ROWS_KEY, 1, 1 << 24).orElse(BTreeKind.PAGE_ROWS);
      pageCount = lookup.entryCount();
      if (pageCount != (rowCount + pageRows - 1) / pageRows) {
        throw new CorruptDataException(
            "pages: expected="
                + (rowCount + pageRows - 1) / pageRows
                + " for "
                + rowCount
                + " rows, found="
                + pageCount
                + " "
                + lookup.place());
      }
      mins = keptColumn(lookup, "min");
      maxs = keptColumn(lookup, "max");
      nullCounts = lookup.numbers("null_count", Types.UINT32);
      long[] numbers = lookup.numbers("page_idx", Types.UINT32);
      for (int i = 0; i < pageCount; i++) {
        if (numbers[i] != i) {
          throw new CorruptDataException(
              "page number: expected=" + i + ", found=" + numbers[i] + " " + lookup.place());
        }
      }
      valueReader = data.column(BTreeKind.VALUES, field.type());
      rowReader = data.column(BTreeKind.IDS, Types.UINT64);
    } catch (RuntimeException | Error e) {
      kept.close();
      opened.close();
      throw e;
    }
    int first = 0;
    while (first < pageCount && (maxs.isNull(first) || negativeNan(maxs, first))) {
      first++;
    }
    firstPage = first;
    pages = new AtomicReferenceArray<>(pageCount);
  }

  private Column keptColumn(SegmentFile lookup, String name) {
    try (Scratch work = lookup.memory().scratch()) {
      return Columns.copy(
          lookup.checked(lookup.column(name, field.type()).read(0, lookup.entryCount(), work)),
          kept);
    }
  }

  private static boolean negativeNan(Column column, int row) {
    if (!(column.type() instanceof DataType.Floating(int bits))) {
      return false;
    }
    FixedColumn fixed = (FixedColumn) column;
    boolean negative =
        switch (bits) {
          case 16 -> fixed.shortAt(row) < 0;
          case 32 -> fixed.intAt(row) < 0;
          default -> fixed.longAt(row) < 0;
        };
    return negative && Double.isNaN(fixed.floatingAt(row));
  }

  @Override
  public boolean storesAddresses() {
    return addresses;
  }

  @Override
  public Optional<Outlook> outlook(Filter condition) {
    return switch (condition.probe()) {
      case Probe.Missing(boolean negated) -> {
        long nulls = 0;
        for (long count : nullCounts) {
          nulls += count;
        }
        yield Optional.of(new Outlook(negated ? rowCount - nulls : nulls, true));
      }
      case Probe.Keys keys when usable(keys) -> {
        long most = 0;
        for (KeyRange range : keys.ranges()) {
          int from = firstPage(range);
          int to = from;
          // Counting on is enough once it is clear that there are many.
          while (to < pageCount && startsBefore(to, range) && to - from < 4 + pageCount / 2) {
            to++;
          }
          boolean looksUp = to - from <= 2 && range.onlyValue(order) != null;
          most += looksUp ? LOOKUP_ROWS : (long) (to - from) * pageRows;
        }
        yield Optional.of(new Outlook(Math.min(most, rowCount), true));
      }
      case Probe.Keys _, Probe.AnyItem _, Probe.AllItems _, Probe.Opaque _ -> Optional.empty();
    };
  }

  /// Floats are left to a scan: NaNs of either sign stand at both ends here, but count as greatest.
  @Override
  public Optional<Extremes> extremes(Scratch scratch) {
    if (order == KeyOrder.FLOATING) {
      return Optional.empty();
    }
    if (firstPage == pageCount) {
      return Optional.of(new Extremes(rowCount, Columns.nulls(field.type(), 2, scratch)));
    }
    Column least = mins.slice(firstPage, 1);
    if (least.isNull(0)) {
      // A page that begins with nulls does not say what comes after them.
      Page page = page(firstPage, new IndexWork());
      least = page.values.slice(page.ascendingFrom, 1);
    }
    List<Column> ends = List.of(least, maxs.slice(pageCount - 1, 1));
    return Optional.of(new Extremes(rowCount, Columns.concat(field.type(), ends, scratch)));
  }

  /// Ranges that come from a pattern help only if they leave something out.
  private static boolean usable(Probe.Keys keys) {
    return keys.exact() || !keys.ranges().contains(KeyRange.ALL);
  }

  @Override
  public Optional<Matches> search(Filter condition, IndexWork work) {
    return switch (condition.probe()) {
      case Probe.Missing(boolean negated) ->
          Optional.of(
              new Matches(
                  negated ? find(new Search(null, work), List.of(KeyRange.ALL)) : nulls(work),
                  true,
                  () -> RowSet.EMPTY));
      case Probe.Keys keys when usable(keys) -> {
        Search search = new Search(keys.exact() ? null : condition, work);
        RowSet found;
        try {
          found = find(search, keys.ranges());
        } catch (InvalidInputException e) {
          yield Optional.empty();
        }
        yield Optional.of(new Matches(found, true, () -> nulls(work)));
      }
      case Probe.Keys _, Probe.AnyItem _, Probe.AllItems _, Probe.Opaque _ -> Optional.empty();
    };
  }

  /// One search under way.
  ///
  /// @param condition to be tried on the values found; null if all of them match
  private record Search(@Nullable Filter condition, IndexWork work) {}

  private RowSet find(Search search, List<KeyRange> ranges) {
    RowSet.Builder found = new RowSet.Builder();
    for (KeyRange range : ranges) {
      if (order == KeyOrder.FLOATING && range.contains(Double.NaN, order)) {
        negativeNans(search, found);
      }
      int from = firstPage(range);
      for (int page = from; page < pageCount && startsBefore(page, range); ) {
        int bulk = bulk(search, page, range);
        if (bulk > 0) {
          readRows(page, bulk, found, search.work);
          page += bulk;
        } else {
          find(search, page(page, search.work), range, found);
          page++;
        }
      }
    }
    return found.build();
  }

  /// The first page whose greatest value is not below the range.
  private int firstPage(KeyRange range) {
    Object low = range.low();
    return low == null
        ? firstPage
        : KeyValues.lowerBound(maxs, firstPage, pageCount, low, range.lowOpen(), order);
  }

  /// Whether the least value of a page is not above the range.
  private boolean startsBefore(int page, KeyRange range) {
    Object high = range.high();
    if (high == null || mins.isNull(page) || negativeNan(mins, page)) {
      return true;
    }
    int above = KeyValues.compare(mins, page, high, order);
    return above < 0 || above == 0 && !range.highOpen();
  }

  /// How many pages from this one on lie wholly inside the range and are not in memory.
  private int bulk(Search search, int page, KeyRange range) {
    int count = 0;
    while (search.condition == null
        && count < BULK_PAGES
        && page + count < pageCount
        && pages.get(page + count) == null
        && inside(page + count, range)) {
      count++;
    }
    return count < 4 ? 0 : count;
  }

  private boolean inside(int page, KeyRange range) {
    return nullCounts[page] == 0
        && !negativeNan(mins, page)
        && range.contains(KeyValues.at(mins, page, order), order)
        && range.contains(KeyValues.at(maxs, page, order), order);
  }

  private void readRows(int page, int count, RowSet.Builder found, IndexWork work) {
    long first = (long) page * pageRows;
    int rows = (int) Math.min((long) count * pageRows, rowCount - first);
    try (Scratch scratch = data.memory().scratch()) {
      FixedColumn numbers;
      lock.lock();
      try {
        numbers = (FixedColumn) rowReader.read(first, rows, scratch);
      } finally {
        lock.unlock();
      }
      work.loaded(8L * rows);
      found.addAll(numbers, 0, rows);
    }
  }

  private void find(Search search, Page page, KeyRange range, RowSet.Builder found) {
    int end = page.values.length();
    int from = page.ascendingFrom;
    Object low = range.low();
    if (low != null) {
      from = KeyValues.lowerBound(page.values, from, end, low, range.lowOpen(), order);
    }
    Object high = range.high();
    int to =
        high == null
            ? end
            : KeyValues.lowerBound(page.values, from, end, high, !range.highOpen(), order);
    search.work.compared(2L * (Integer.SIZE - Integer.numberOfLeadingZeros(end)));
    add(search, page, from, to, found);
  }

  private void add(Search search, Page page, int from, int to, RowSet.Builder found) {
    Filter condition = search.condition;
    if (condition == null || from == to) {
      found.addAll(page.rows, from, to);
      return;
    }
    search.work.compared(to - from);
    try (Scratch scratch = data.memory().scratch()) {
      Batch batch = KeyBatch.of(condition, page.values.slice(from, to - from));
      Bits matching = condition.evaluate(batch, scratch);
      for (int i = 0; i < to - from; i++) {
        if (matching.get(i)) {
          found.add(page.rows.longAt(from + i));
        }
      }
    }
  }

  private void negativeNans(Search search, RowSet.Builder found) {
    for (int i = 0; i < pageCount && (i <= firstPage || negativeNan(mins, i)); i++) {
      if (nullCounts[i] > 0 || negativeNan(mins, i)) {
        Page page = page(i, search.work);
        add(search, page, page.nulls, page.ascendingFrom, found);
      }
    }
  }

  private RowSet nulls(IndexWork work) {
    RowSet known = nullRows;
    if (known == null) {
      RowSet.Builder found = new RowSet.Builder();
      for (int i = 0; i < pageCount; i++) {
        if (nullCounts[i] > 0) {
          Page page = page(i, work);
          found.addAll(page.rows, 0, page.nulls);
        }
      }
      known = found.build();
      nullRows = known;
    }
    return known;
  }

  private Page page(int number, IndexWork work) {
    Page page = pages.get(number);
    if (page != null) {
      return page;
    }
    lock.lock();
    try {
      page = pages.get(number);
      if (page == null) {
        long first = (long) number * pageRows;
        int count = (int) Math.min(pageRows, rowCount - first);
        page = kept.heldBytes() < keepBytes ? readToKeep(first, count, number) : null;
        if (page == null) {
          page = read(first, count, Arena.ofAuto(), number);
        }
        work.loaded(16L * count);
      }
      return page;
    } finally {
      lock.unlock();
    }
  }

  /// Null if the budget has no room for it.
  private @Nullable Page readToKeep(long first, int count, int number) {
    try {
      Page page = read(first, count, kept, number);
      pages.set(number, page);
      return page;
    } catch (ResourceExhaustedException _) {
      return null;
    }
  }

  private Page read(long first, int count, SegmentAllocator memory, int number) {
    try (Scratch work = data.memory().scratch()) {
      Column values = Columns.copy(data.checked(valueReader.read(first, count, work)), memory);
      FixedColumn rows = (FixedColumn) Columns.copy(rowReader.read(first, count, work), memory);
      int nulls = values.nullCount();
      if (nulls != nullCounts[number] || nulls > 0 && !values.isNull(nulls - 1)) {
        throw new CorruptDataException(
            "nulls of page "
                + number
                + ": expected="
                + nullCounts[number]
                + " in front, found="
                + nulls
                + " "
                + data.place());
      }
      int ascending = nulls;
      while (ascending < count && negativeNan(values, ascending)) {
        ascending++;
      }
      return new Page(values, rows, nulls, ascending);
    }
  }

  /// All pages in order, for merging; memory is valid during the call.
  void forEachPage(KeySorter.Sink sink) {
    int step = KeySorter.OUT_ROWS;
    try (Scratch work = data.memory().scratch()) {
      ColumnReader values = data.column(BTreeKind.VALUES, field.type());
      ColumnReader rows = data.column(BTreeKind.IDS, Types.UINT64);
      for (long first = 0; first < rowCount; first += step) {
        work.reset();
        int count = (int) Math.min(step, rowCount - first);
        sink.accept(values.read(first, count, work), (FixedColumn) rows.read(first, count, work));
      }
    }
  }

  @Override
  public long heldBytes() {
    lock.lock();
    try {
      return kept.heldBytes();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Map<String, Object> statistics() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("min", pageCount == 0 ? "NULL" : KeyValues.text(mins, 0));
    figures.put("max", pageCount == 0 ? "NULL" : KeyValues.text(maxs, pageCount - 1));
    figures.put("num_pages", (long) pageCount);
    return figures;
  }

  @Override
  public void prewarm() {
    IndexWork work = new IndexWork();
    for (int i = 0; i < pageCount && heldBytes() < keepBytes; i++) {
      page(i, work);
    }
  }

  @Override
  public void close() {
    data.close();
    kept.close();
  }
}
