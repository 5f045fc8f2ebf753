package io.lancelot.bench;

import java.nio.file.Path;
import java.util.List;

/// A system under test, with one table of the data set it was made for. Every operation reads its
/// result to the last byte, as a caller who wants the rows would, and returns how many rows that
/// were.
///
/// [#nearest] may be called from several threads, everything else from one.
sealed interface Contender extends AutoCloseable
    permits LancelotContender, LanceContender, LuceneContender, DuckDbContender {

  /// Its name in results and in `--peers`.
  String name();

  /// Whether it stores and scans whole rows, or vectors only.
  boolean tables();

  /// Writes the whole data set into a table in a new folder, as durable as the product makes it by
  /// itself. The table stays open; the one before is closed.
  void ingest(Path folder);

  /// The same without forcing anything to the disk.
  ///
  /// @return whether the product can be told so; those that never force cannot
  default boolean ingestUnforced(Path folder) {
    return false;
  }

  /// Closes the table and opens it anew, up to the point where a query can be asked.
  void reopen();

  /// Reads all rows of some columns.
  long scan(List<String> columns);

  /// Reads some columns of the rows for which an SQL predicate is true.
  long scan(List<String> columns, String predicate);

  /// Counts the rows for which an SQL predicate is true.
  long count(String predicate);

  /// Fetches rows by their position in the table.
  long take(long[] positions, List<String> columns);

  /// Builds an index anew.
  ///
  /// @param kind as Lance calls it: `BTREE`, `BITMAP`, `LABEL_LIST`, `NGRAM`
  /// @return whether it has such an index
  default boolean index(String column, String kind) {
    return false;
  }

  /// Deletes the rows for which an SQL predicate is true.
  ///
  /// @return whether it can
  default boolean delete(String predicate) {
    return false;
  }

  /// Gives a column a new value in the rows for which an SQL predicate is true.
  ///
  /// @return whether it can
  default boolean update(String predicate, String column, String value) {
    return false;
  }

  /// The positions of the rows whose vectors are nearest to a query, by comparing all of them;
  /// nearest first.
  long[] nearest(Similarity similarity, float[] query, int k);

  @Override
  void close();
}
