package io.lancelot.table;

import io.lancelot.base.InvalidInputException;
import io.lancelot.file.DataFileReader;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Data files kept open between reads, for opening one costs more than reading a few rows of it.
///
/// Whoever reads a file holds a lease; a file is closed when nobody does and the cache is full or
/// closed, so that no memory goes away under a reader. Thread-safe.
final class OpenFiles implements AutoCloseable {

  private final int maxIdle;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Bases.Location, Entry> entries = new LinkedHashMap<>();

  /// Files that nobody reads, the one longest unused first.
  private final LinkedHashMap<Bases.Location, Entry> idle = new LinkedHashMap<>();

  private boolean closed;

  OpenFiles(int maxIdle) {
    this.maxIdle = maxIdle;
  }

  private static final class Entry {
    private final Bases.Location location;
    private final ReentrantLock opening = new ReentrantLock();
    private @Nullable DataFileReader reader;
    private int leases;

    Entry(Bases.Location location) {
      this.location = location;
    }

    /// Opened by the first who asks, while others wait for this file only.
    DataFileReader reader() {
      opening.lock();
      try {
        if (reader == null) {
          reader = DataFileReader.open(location.store().open(location.path()));
        }
        return reader;
      } finally {
        opening.unlock();
      }
    }
  }

  /// The right to read a file until it is closed.
  final class Lease implements AutoCloseable {
    private final Entry entry;
    private final DataFileReader reader;
    private boolean returned;

    private Lease(Entry entry, DataFileReader reader) {
      this.entry = entry;
      this.reader = reader;
    }

    DataFileReader reader() {
      return reader;
    }

    @Override
    public void close() {
      if (!returned) {
        returned = true;
        giveBack(entry);
      }
    }
  }

  /// Opens a file, or finds it open.
  Lease lease(Bases.Location location) {
    Entry entry = take(location);
    try {
      return new Lease(entry, entry.reader());
    } catch (RuntimeException | Error e) {
      giveBack(entry);
      throw e;
    }
  }

  private Entry take(Bases.Location location) {
    lock.lock();
    try {
      if (closed) {
        throw new InvalidInputException(
            "table is closed: expected=an open table, found=a closed one (path="
                + location.path()
                + ")");
      }
      Entry entry = entries.computeIfAbsent(location, Entry::new);
      entry.leases++;
      idle.remove(location);
      return entry;
    } finally {
      lock.unlock();
    }
  }

  private void giveBack(Entry entry) {
    Entry surplus = null;
    lock.lock();
    try {
      entry.leases--;
      if (entry.leases > 0) {
        return;
      }
      if (closed || entry.reader == null) {
        entries.remove(entry.location);
        surplus = entry;
      } else {
        idle.put(entry.location, entry);
        if (idle.size() > maxIdle) {
          surplus = idle.pollFirstEntry().getValue();
          entries.remove(surplus.location);
        }
      }
    } finally {
      lock.unlock();
    }
    close(surplus);
  }

  private static void close(@Nullable Entry entry) {
    if (entry != null && entry.reader != null) {
      entry.reader.close();
    }
  }

  /// Files open at this moment.
  int openCount() {
    lock.lock();
    try {
      return entries.size();
    } finally {
      lock.unlock();
    }
  }

  /// Closes what nobody reads; the rest is closed when its lease comes back.
  @Override
  public void close() {
    Map<Bases.Location, Entry> unused;
    lock.lock();
    try {
      closed = true;
      unused = new LinkedHashMap<>(idle);
      idle.clear();
      unused.keySet().forEach(entries::remove);
    } finally {
      lock.unlock();
    }
    unused.values().forEach(OpenFiles::close);
  }
}
