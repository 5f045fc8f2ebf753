package io.lancelot.engine;

import io.lancelot.table.FragmentReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Readers of one version's fragments that nobody uses at the moment: looking up a row costs less
/// than opening its columns. Thread-safe.
final class IdleReaders implements AutoCloseable {

  /// As many as files are kept open: a query after thousands of small appends opens each fragment
  /// once.
  private static final int MOST = 2048;

  private record Key(long fragment, List<String> columns) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, ArrayDeque<FragmentReader>> idle = new HashMap<>();
  private int count;
  private boolean closed;

  /// A reader of exactly these columns, which the caller gives back or closes; null if none is
  /// idle.
  @Nullable FragmentReader take(long fragment, List<String> columns) {
    lock.lock();
    try {
      ArrayDeque<FragmentReader> fitting = idle.get(new Key(fragment, columns));
      FragmentReader reader = fitting == null ? null : fitting.pollLast();
      if (reader != null) {
        count--;
      }
      return reader;
    } finally {
      lock.unlock();
    }
  }

  /// Takes a reader back.
  void give(long fragment, List<String> columns, FragmentReader reader) {
    lock.lock();
    try {
      if (!closed && count < MOST) {
        idle.computeIfAbsent(new Key(fragment, columns), _ -> new ArrayDeque<>()).addLast(reader);
        count++;
        return;
      }
    } finally {
      lock.unlock();
    }
    reader.close();
  }

  /// Closes what is here; what comes back later is closed then.
  @Override
  public void close() {
    List<FragmentReader> unused = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      idle.values().forEach(unused::addAll);
      idle.clear();
      count = 0;
    } finally {
      lock.unlock();
    }
    unused.forEach(FragmentReader::close);
  }
}
