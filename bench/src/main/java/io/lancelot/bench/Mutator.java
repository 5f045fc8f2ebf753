package io.lancelot.bench;

import java.nio.file.Path;

/// A system that changes a table of the columns of [Synthetic#rows]. Not thread-safe.
sealed interface Mutator extends AutoCloseable permits LancelotMutator, LanceMutator {

  /// Its name in results and in `--peers`.
  String name();

  /// Makes a new table of some rows in an empty folder. It stays open; the one before is closed.
  void create(Path folder, DataSet rows);

  /// Opens the table that lies in a folder, whoever made it.
  void open(Path folder);

  /// Adds rows in one commit.
  void append(DataSet rows);

  /// Reads all columns of all rows, and returns how many there are.
  long scan();

  /// Whether its interface has a word for updates.
  boolean updates();

  /// Raises the price of the rows for which a predicate is true.
  void update(String predicate);

  /// Deletes the rows for which a predicate is true.
  void delete(String predicate);

  /// Updates the rows whose id is there, and inserts the others.
  void merge(DataSet rows);

  /// Writes small fragments together.
  void compact();

  @Override
  void close();
}
