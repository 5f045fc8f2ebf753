package io.lancelot.compat;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/// What these tests need of the implementation under test. Errors come as the product throws them.
interface Ours {

  /// What happens to rows that are there already.
  enum Mode {
    CREATE,
    APPEND,
    OVERWRITE
  }

  /// One version of a table, and how many rows it has.
  record Version(long version, long rows) {}

  /// A found row: the value of its column `id`, and its distance.
  record Hit(long id, double distance) {}

  /// Writes all rows of an Arrow IPC file; a new table gets the format, an old one keeps its own.
  ///
  /// @throws io.lancelot.base.UnsupportedFeatureException for a type that the format cannot hold
  void importArrow(Path db, String table, Path arrow, Mode mode, String format);

  /// Writes all rows of a version, by default the latest, to an Arrow IPC file.
  void exportArrow(Path db, String table, OptionalLong version, Path out);

  /// Deletes the rows that the filter matches.
  void delete(Path db, String table, String filter);

  long count(Path db, String table, OptionalLong version);

  long countWhere(Path db, String table, String filter);

  /// Every version, oldest first.
  List<Version> versions(Path db, String table);

  /// Makes the rows of an old version the latest ones.
  void restore(Path db, String table, long version);

  /// Exact search over the column `vector`.
  List<Hit> nearest(Path db, String table, float[] query, int k, String metric);

  /// What the tests are for, unless `-Dlancelot.compat.ours=real` puts the real Lance in its place:
  /// then every test proves the harness.
  static Ours underTest(Oracle oracle) {
    String wanted = System.getProperty("lancelot.compat.ours", "sdk");
    return switch (wanted) {
      case "sdk" -> new Sdk();
      case "real" -> new RealLance(oracle);
      default ->
          throw new IllegalArgumentException(
              "lancelot.compat.ours: expected=sdk or real, found=" + wanted);
    };
  }

  /// Where a table of a database lies.
  static Path folder(Path db, String table) {
    return db.resolve(table + ".lance");
  }
}
