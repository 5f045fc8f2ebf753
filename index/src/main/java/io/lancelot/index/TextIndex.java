package io.lancelot.index;

/// A segment that finds words.
public non-sealed interface TextIndex extends OpenIndex {

  /// Documents it has entries for.
  long rowCount();
}
