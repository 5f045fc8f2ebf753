package io.lancelot.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A system with approximate indices over the vectors of a data set. [#nearest] may be called from
/// several threads, everything else from one.
sealed interface NeighbourIndex extends AutoCloseable
    permits LancelotIndices, LanceIndices, LuceneIndices, JVectorIndices {

  String name();

  /// The kinds of index it has, by its own names.
  List<String> kinds();

  /// Brings the rows to where indices are built over them.
  void load(Path folder);

  /// Builds an index in place of the one before, up to where it can be asked.
  void build(String kind);

  /// What the index takes on disk.
  long bytes();

  /// The ids of the rows that are found nearest.
  long[] nearest(float[] query, int k, Setting setting, Optional<Passing> filter);

  @Override
  void close();
}
