package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.file.LanceField;
import io.lancelot.kernels.Kernels;
import io.lancelot.kernels.QueryVector;
import io.lancelot.table.Fragment;
import io.lancelot.table.FragmentReader;
import io.lancelot.table.Snapshot;
import io.lancelot.table.Table;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The vectors of a column in one version, for fetching rows here and there: pages are views of the
/// mapped files where these have plain values, and are decoded once, within a share of the budget,
/// where not. Lives until it is dropped and its last user has released it. Thread-safe.
final class VectorColumn {

  private final Table table;
  private final Snapshot snapshot;
  private final Context context;
  private final IndexedColumn column;
  private final LanceField field;
  private final Schema schema;
  private final Map<Long, Part> parts = new HashMap<>();
  private final Part[] byId;
  private final ReentrantLock lock = new ReentrantLock();
  private final Scratch memory;
  private int users;
  private boolean dropped;

  VectorColumn(Table table, Snapshot snapshot, Context context, IndexedColumn column) {
    this.table = table;
    this.snapshot = snapshot;
    this.context = context;
    this.column = column;
    this.field = column.alone(snapshot);
    this.schema = Schema.of(field.field());
    this.memory = context.memory().scratch();
    long last = -1;
    for (Fragment fragment : snapshot.fragments()) {
      parts.put(fragment.id(), new Part(fragment));
      last = Math.max(last, fragment.id());
    }
    this.byId = new Part[last < 1 << 16 ? (int) last + 1 : 0];
    parts.forEach((id, part) -> {
      if (id < byId.length) {
        byId[(int) (long) id] = part;
      }
    });
  }

  /// Vectors that lie one after the other.
  private record Page(int first, int end, MemorySegment data, @Nullable Bits valid) {}

  /// A fragment's vectors.
  private final class Part {
    private final Fragment fragment;
    private @Nullable FragmentReader reader;

    /// Known pages, ascending. Replaced, never changed.
    private volatile Page[] pages = {};

    Part(Fragment fragment) {
      this.fragment = fragment;
    }

    @Nullable Page known(int row) {
      Page[] all = pages;
      int low = 0;
      int high = all.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (all[middle].end <= row) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low < all.length && all[low].first <= row ? all[low] : null;
    }

    /// The page of a row; null if there is no memory for keeping it.
    @Nullable Page page(int row) {
      Page page = known(row);
      if (page != null) {
        return page;
      }
      lock.lock();
      try {
        page = known(row);
        if (page != null || memory.heldBytes() > context.memory().limitBytes() / 8) {
          return page;
        }
        int end = (int) Math.min(reader().pageEnd(0, row), fragment.physicalRows());
        int first = firstOf(row);
        // A page that must be decoded is read from its known beginning.
        FixedListColumn vectors =
            vectors(reader().read(0, first, end - first, memory), end - first, memory);
        page =
            new Page(
                first,
                end,
                ((FixedColumn) vectors.items()).data(),
                NearestStream.wholeVectors(vectors, memory));
        Page[] more = Arrays.copyOf(pages, pages.length + 1);
        more[pages.length] = page;
        Arrays.sort(more, (a, b) -> Integer.compare(a.first, b.first));
        pages = more;
        return page;
      } finally {
        lock.unlock();
      }
    }

    /// The beginning of a row's page: found from the fragment's first page on.
    private int firstOf(int row) {
      int first = 0;
      for (Page page : pages) {
        if (page.end <= row) {
          first = page.end;
        }
      }
      for (long end = reader().pageEnd(0, first); end <= row; end = reader().pageEnd(0, first)) {
        first = (int) end;
      }
      return first;
    }

    private FragmentReader reader() {
      FragmentReader open = reader;
      if (open == null) {
        open = table.reader(snapshot, fragment, List.of(field));
        reader = open;
      }
      return open;
    }
  }

  private FixedListColumn vectors(Column read, int count, Scratch work) {
    return (FixedListColumn) column.in(new Batch(schema, count, List.of(read)), 0, work);
  }

  void acquire() {
    lock.lock();
    try {
      users++;
    } finally {
      lock.unlock();
    }
  }

  void release() {
    lock.lock();
    try {
      users--;
      closeIfUnused();
    } finally {
      lock.unlock();
    }
  }

  void drop() {
    lock.lock();
    try {
      dropped = true;
      closeIfUnused();
    } finally {
      lock.unlock();
    }
  }

  private void closeIfUnused() {
    if (dropped && users == 0) {
      for (Part part : parts.values()) {
        if (part.reader != null) {
          part.reader.close();
          part.reader = null;
        }
        part.pages = new Page[0];
      }
      memory.close();
    }
  }

  private @Nullable Part part(long address) {
    long id = address >>> 32;
    return id < byId.length ? byId[(int) id] : parts.get(id);
  }

  /// The distances of rows from a query; not a number for rows that have no whole vector. One
  /// thread.
  final class Distances {
    private final QueryVector query;
    private final Kernels kernels = Kernels.current();
    private int[] rows = new int[64];
    private float[] some = new float[64];

    Distances(QueryVector query) {
      this.query = query;
    }

    /// @param addresses of rows of the version; those of a fragment fastest ascending
    void compute(long[] addresses, int count, float[] out) {
      if (rows.length < count) {
        rows = new int[count];
        some = new float[count];
      }
      for (int i = 0; i < count; ) {
        Part part = part(addresses[i]);
        int row = (int) addresses[i];
        if (part == null || row < 0 || row >= part.fragment.physicalRows()) {
          out[i++] = Float.NaN;
          continue;
        }
        Page page = part.page(row);
        if (page == null) {
          out[i] = single(part, row);
          i++;
          continue;
        }
        long high = addresses[i] >>> 32;
        int run = 0;
        while (i + run < count
            && addresses[i + run] >>> 32 == high
            && (int) addresses[i + run] >= page.first
            && (int) addresses[i + run] < page.end) {
          rows[run] = (int) addresses[i + run] - page.first;
          run++;
        }
        kernels.distances(query, page.data, rows, run, some);
        for (int j = 0; j < run; j++) {
          out[i + j] = page.valid == null || page.valid.get(rows[j]) ? some[j] : Float.NaN;
        }
        i += run;
      }
    }

    private float single(Part part, int row) {
      lock.lock();
      try (Scratch work = context.memory().scratch()) {
        FixedListColumn vectors =
            vectors(part.reader().take(0, new long[] {row}, 1, work), 1, work);
        Bits valid = NearestStream.wholeVectors(vectors, work);
        if (valid != null && !valid.get(0)) {
          return Float.NaN;
        }
        rows[0] = 0;
        kernels.distances(query, ((FixedColumn) vectors.items()).data(), rows, 1, some);
        return some[0];
      } finally {
        lock.unlock();
      }
    }
  }
}
