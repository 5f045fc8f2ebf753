package io.lancelot.engine;

import io.lancelot.columnar.Schema;
import io.lancelot.expr.Expr;
import io.lancelot.expr.Filter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/// The filters that searches of one version came with lately: bound to its columns, with what
/// indices know of them, and with the rows that pass. Many searches come with the same few filters,
/// such as a user's own rows, and to find these takes longer than the search. Thread-safe.
final class KnownFilters {

  private static final int MOST = 64;

  /// More rows than these are not listed one by one.
  private static final int FEW = 1 << 20;

  /// Rows that pass a filter and are alive.
  ///
  /// @param byFragment by the fragment's id
  /// @param count how many there are
  /// @param few their addresses, ascending, if there are not too many
  record Rows(Map<Long, RoaringBitmap> byFragment, long count, Optional<long[]> few) {

    static final Rows NONE = new Rows(Map.of(), 0, Optional.empty());

    static Rows of(Map<Long, RoaringBitmap> byFragment) {
      long count = 0;
      for (RoaringBitmap rows : byFragment.values()) {
        count += rows.getLongCardinality();
      }
      return new Rows(byFragment, count, count > FEW ? Optional.empty() : few(byFragment, count));
    }

    private static Optional<long[]> few(Map<Long, RoaringBitmap> byFragment, long count) {
      long[] few = new long[(int) count];
      int at = 0;
      for (Map.Entry<Long, RoaringBitmap> each : new TreeMap<>(byFragment).entrySet()) {
        PeekableIntIterator next = each.getValue().getIntIterator();
        while (next.hasNext()) {
          few[at++] = each.getKey() << 32 | Integer.toUnsignedLong(next.next());
        }
      }
      return Optional.of(few);
    }

    private long bytes() {
      long bytes = 8L * few.map(rows -> rows.length).orElse(0);
      for (RoaringBitmap rows : byFragment.values()) {
        bytes += rows.getLongSizeInBytes();
      }
      return bytes;
    }
  }

  /// What indices know of a filter, which may be nothing.
  private record Lookup(Optional<Plan.IndexLookup> found) {}

  private static final class Known {
    private final Filter filter;

    /// Whether the same rows pass it each time.
    private final boolean repeatable;

    private @Nullable Lookup lookup;
    private @Nullable Rows rows;

    Known(Filter filter) {
      this.filter = filter;
      this.repeatable = filter.repeatable();
    }

    long bytes() {
      return rows == null ? 0 : rows.bytes();
    }
  }

  private final Schema schema;
  private final long limitBytes;
  private final ReentrantLock lock = new ReentrantLock();

  /// The one longest unused first.
  private final LinkedHashMap<Expr, Known> filters = new LinkedHashMap<>(16, 0.75f, true);

  private long bytes;

  /// @param limitBytes memory that the rows of all filters may take
  KnownFilters(Schema schema, long limitBytes) {
    this.schema = schema;
    this.limitBytes = limitBytes;
  }

  /// A filter bound to the version's columns.
  Filter bound(Expr expr) {
    Filter known = get(expr, each -> each.filter);
    if (known != null) {
      return known;
    }
    Filter filter = Filter.of(expr, schema);
    lock.lock();
    try {
      Known before = filters.putIfAbsent(expr, new Known(filter));
      makeRoom();
      return before == null ? filter : before.filter;
    } finally {
      lock.unlock();
    }
  }

  /// What indices know of a filter.
  Optional<Plan.IndexLookup> lookup(Filter filter, Supplier<Optional<Plan.IndexLookup>> planned) {
    Lookup known = get(filter.expr(), each -> each.lookup);
    if (known == null) {
      known = new Lookup(planned.get());
      Lookup found = known;
      keep(filter, each -> each.lookup = found);
    }
    return known.found();
  }

  /// The rows that pass a filter.
  Rows rows(Filter filter, Supplier<Rows> found) {
    Rows known = get(filter.expr(), each -> each.rows);
    if (known == null) {
      known = found.get();
      Rows rows = known;
      keep(filter, each -> each.rows = each.repeatable ? rows : null);
    }
    return known;
  }

  private <T> @Nullable T get(Expr expr, Function<Known, @Nullable T> part) {
    lock.lock();
    try {
      Known known = filters.get(expr);
      return known == null ? null : part.apply(known);
    } finally {
      lock.unlock();
    }
  }

  private interface Change {
    void of(Known known);
  }

  private void keep(Filter filter, Change change) {
    lock.lock();
    try {
      Known known = filters.get(filter.expr());
      if (known != null) {
        bytes -= known.bytes();
        change.of(known);
        bytes += known.bytes();
        makeRoom();
      }
    } finally {
      lock.unlock();
    }
  }

  private void makeRoom() {
    var oldest = filters.values().iterator();
    while ((filters.size() > MOST || bytes > limitBytes) && oldest.hasNext()) {
      bytes -= oldest.next().bytes();
      oldest.remove();
    }
  }
}
