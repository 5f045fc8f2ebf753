package io.lancelot.index;

import java.util.concurrent.atomic.LongAdder;

/// What searches of indices cost, for those who analyze a query. Thread-safe.
public final class IndexWork {

  private final LongAdder comparisons = new LongAdder();
  private final LongAdder partsLoaded = new LongAdder();
  private final LongAdder rowsFound = new LongAdder();
  private final LongAdder bytesRead = new LongAdder();

  /// Values compared with, or conditions tried on.
  public void compared(long values) {
    comparisons.add(values);
  }

  /// A page, bitmap or other part was not in memory and had to be read.
  public void loaded(long bytes) {
    partsLoaded.increment();
    bytesRead.add(bytes);
  }

  /// A lookup ended with so many rows.
  public void found(long rows) {
    rowsFound.add(rows);
  }

  public long rowsFound() {
    return rowsFound.sum();
  }

  public long comparisons() {
    return comparisons.sum();
  }

  public long partsLoaded() {
    return partsLoaded.sum();
  }

  public long bytesRead() {
    return bytesRead.sum();
  }
}
