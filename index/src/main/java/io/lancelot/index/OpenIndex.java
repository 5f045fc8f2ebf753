package io.lancelot.index;

import java.util.Map;

/// A segment of an index, open for searches. Thread-safe. Loads what it needs when it needs it, in
/// memory of the budget, and gives it back when closed.
public sealed interface OpenIndex extends AutoCloseable
    permits ScalarIndex, VectorIndex, TextIndex {

  /// Bytes of memory it holds by now.
  long heldBytes();

  /// Figures about it, for users: names and units as the field has them.
  Map<String, Object> statistics();

  /// Loads all that a search may need.
  void prewarm();

  @Override
  void close();
}
