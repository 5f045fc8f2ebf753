package io.lancelot.bench;

import java.nio.file.Path;

/// A system under test that searches texts. Rows are told by their position.
sealed interface TextContender extends AutoCloseable permits HybridContender, LanceTexts {

  /// Rows of this number are let through by the filter: one in a hundred.
  int BUCKET = 7;

  /// Its name in results and in `--peers`.
  String name();

  /// Writes rows where the system keeps them apart from the index. The table before is closed.
  void load(Path folder);

  /// Builds an index with positions, once.
  void build();

  /// What the index takes on disk.
  long indexBytes();

  /// The best rows, best first.
  ///
  /// @param filtered whether one row in a hundred may be found
  long[] search(TextWork.Question question, boolean filtered, int k);

  @Override
  void close();
}
