package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Schema;
import io.lancelot.file.LanceField;
import io.lancelot.table.Fragment;
import io.lancelot.table.FragmentReader;
import io.lancelot.table.Snapshot;
import io.lancelot.table.Table;
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

  /// Rows fetched at once where their pages cannot be kept.
  private static final int MOST_APART = 64;

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

  /// Rows that lie one after the other.
  private record Page(int first, int end, VectorRows vectors) {

    boolean has(int row) {
      return row >= first && row < end;
    }
  }

  /// A fragment's vectors.
  private final class Part {
    private final Fragment fragment;
    private final long rowCount;
    private @Nullable FragmentReader reader;

    /// Known pages, ascending. Replaced, never changed.
    private volatile Page[] pages = {};

    Part(Fragment fragment) {
      this.fragment = fragment;
      this.rowCount = fragment.physicalRows();
    }

    boolean has(int row) {
      return row >= 0 && row < rowCount;
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
      return low < all.length && all[low].has(row) ? all[low] : null;
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
        int end = (int) Math.min(reader().pageEnd(0, row), rowCount);
        int first = firstOf(row);
        // A page that must be decoded is read from its known beginning.
        Column read = reader().read(0, first, end - first, memory);
        page = new Page(first, end, vectors(read, end - first, memory));
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

  private VectorRows vectors(Column read, int count, Scratch work) {
    return VectorRows.of(column.in(new Batch(schema, count, List.of(read)), 0, work), work);
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
    private final VectorDistances distances;
    private int[] rows = new int[64];
    private float[] some = new float[64];
    private final long[] apart = new long[MOST_APART];

    Distances(QueryVectors query) {
      this.distances = new VectorDistances(query);
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
        if (part == null || !part.has(row)) {
          out[i++] = Float.NaN;
          continue;
        }
        Page page = part.page(row);
        int run =
            page == null ? apart(part, addresses, i, count) : within(page, addresses, i, count);
        System.arraycopy(some, 0, out, i, run);
        i += run;
      }
    }

    /// Reads the numbers of a row's vector.
    ///
    /// @return false if it has none, or its page is not in memory
    boolean vector(long address, float[] out) {
      Part part = part(address);
      int row = (int) address;
      Page page = part == null ? null : part.known(row);
      return page != null && distances.vector(page.vectors, row - page.first, out);
    }

    /// Compares a run of rows that lie in one page; returns how many there are.
    private int within(Page page, long[] addresses, int from, int count) {
      long fragment = addresses[from] >>> 32;
      int run = 0;
      while (from + run < count
          && addresses[from + run] >>> 32 == fragment
          && page.has((int) addresses[from + run])) {
        rows[run] = (int) addresses[from + run] - page.first;
        run++;
      }
      distances.compute(page.vectors, rows, run, some);
      return run;
    }

    /// Fetches and compares an ascending run of rows of one fragment whose pages are not kept.
    private int apart(Part part, long[] addresses, int from, int count) {
      long fragment = addresses[from] >>> 32;
      int run = 0;
      while (run < MOST_APART
          && from + run < count
          && addresses[from + run] >>> 32 == fragment
          && (run == 0 || addresses[from + run] > addresses[from + run - 1])
          && part.has((int) addresses[from + run])
          && part.known((int) addresses[from + run]) == null) {
        apart[run] = (int) addresses[from + run];
        rows[run] = run;
        run++;
      }
      try (Scratch work = context.memory().scratch()) {
        distances.compute(taken(part, run, work), rows, run, some);
      }
      return run;
    }

    private VectorRows taken(Part part, int count, Scratch work) {
      lock.lock();
      try {
        return vectors(part.reader().take(0, apart, count, work), count, work);
      } finally {
        lock.unlock();
      }
    }
  }
}
