package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.columnar.Field;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.OpenIndex;
import io.lancelot.table.IndexEntry;
import io.lancelot.table.Snapshot;
import io.lancelot.table.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Index segments kept open between queries, within half of the memory budget: the ones longest
/// unused give back what they can, or are closed, first; those in use never. Thread-safe.
final class OpenSegments implements AutoCloseable {

  private final Table table;
  private final Context context;
  private final ReentrantLock lock = new ReentrantLock();

  /// The one longest unused first.
  private final Map<UUID, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  private boolean closed;
  private final AtomicLong opened = new AtomicLong();

  private static final class Entry {
    private final ReentrantLock opening = new ReentrantLock();
    private @Nullable OpenIndex index;
    private long number;
    private int users;
    private boolean dropped;
  }

  OpenSegments(Table table, Context context) {
    this.table = table;
    this.context = context;
  }

  /// A segment in use until the lease is closed.
  final class Lease implements AutoCloseable {
    private final UUID uuid;
    private final Entry entry;
    private final OpenIndex index;
    private final long number;
    private boolean released;

    private Lease(UUID uuid, Entry entry, OpenIndex index) {
      this.uuid = uuid;
      this.entry = entry;
      this.index = index;
      this.number = entry.number;
    }

    UUID uuid() {
      return uuid;
    }

    /// The how many-th that was opened.
    long number() {
      return number;
    }

    OpenIndex index() {
      return index;
    }

    @Override
    public void close() {
      if (!released) {
        released = true;
        release(uuid, entry);
      }
    }
  }

  /// How many segments have been opened so far.
  long opened() {
    return opened.get();
  }

  /// Opens a segment, or finds it open.
  Lease open(Snapshot snapshot, IndexEntry segment, IndexKind kind, Field field) {
    UUID uuid = segment.uuid();
    Entry entry;
    lock.lock();
    try {
      if (closed) {
        throw new io.lancelot.base.InvalidInputException(
            "table is closed: expected=an open table, found=a closed one");
      }
      entry = entries.computeIfAbsent(uuid, _ -> new Entry());
      entry.users++;
    } finally {
      lock.unlock();
    }
    // Opening reads files: others may go on with other segments meanwhile.
    entry.opening.lock();
    try {
      OpenIndex index = entry.index;
      if (index == null) {
        index = kind.open(files(snapshot, segment), segment, field);
        entry.index = index;
        entry.number = opened.incrementAndGet();
      }
      return new Lease(uuid, entry, index);
    } catch (RuntimeException | Error e) {
      release(uuid, entry);
      throw e;
    } finally {
      entry.opening.unlock();
    }
  }

  IndexFiles files(Snapshot snapshot, IndexEntry segment) {
    Table.IndexFolder folder = table.indexFolder(snapshot, segment);
    return new IndexFiles(folder.store(), folder.path(), context);
  }

  private void release(UUID uuid, Entry entry) {
    List<OpenIndex> unused = new ArrayList<>();
    lock.lock();
    try {
      entry.users--;
      if (entry.users == 0 && (closed || entry.index == null)) {
        entries.remove(uuid, entry);
        drop(entry, unused);
      }
      long limit = context.memory().limitBytes() / 2;
      long held = 0;
      for (Entry each : entries.values()) {
        held += each.index == null ? 0 : each.index.heldBytes();
      }
      var oldest = entries.values().iterator();
      while (held > limit && oldest.hasNext()) {
        Entry candidate = oldest.next();
        if (candidate.users == 0 && candidate.index != null) {
          long own = candidate.index.heldBytes();
          long free = held - limit < own ? candidate.index.giveBack(held - limit) : 0;
          if (free > 0) {
            held -= free;
          } else {
            held -= own;
            oldest.remove();
            drop(candidate, unused);
          }
        }
      }
    } finally {
      lock.unlock();
    }
    unused.forEach(OpenIndex::close);
  }

  private static void drop(Entry entry, List<OpenIndex> unused) {
    if (entry.index != null && !entry.dropped) {
      entry.dropped = true;
      unused.add(entry.index);
    }
  }

  /// Closes what nobody uses; the rest follows when its leases end.
  @Override
  public void close() {
    List<OpenIndex> unused = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      entries
          .values()
          .removeIf(entry -> {
            if (entry.users > 0) {
              return false;
            }
            drop(entry, unused);
            return true;
          });
    } finally {
      lock.unlock();
    }
    unused.forEach(OpenIndex::close);
  }
}
