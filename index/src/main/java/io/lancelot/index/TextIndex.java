package io.lancelot.index;

/// A segment that finds words. What a search over several of them does is the affair of
/// [io.lancelot.index.text.TextSearch]: scores need the statistics of all.
public non-sealed interface TextIndex extends OpenIndex {

  /// Documents it has entries for.
  long rowCount();

  /// Whether it keeps where words stand, which phrases need.
  boolean hasPositions();
}
