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

  /// Loads what searches may need, as far as there is room for it in the memory budget.
  void prewarm();

  /// Gives memory back that can be filled again when it is needed. Nobody uses the segment
  /// meanwhile.
  ///
  /// @param bytes how much is wanted
  /// @return how much is free now; 0 where there is no way but to close it
  default long giveBack(long bytes) {
    return 0;
  }

  @Override
  void close();
}
