package io.lancelot.index;

import io.lancelot.base.Context;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Field;
import io.lancelot.table.IndexEntry;
import java.util.List;
import java.util.Set;

/// A kind of index: how its segments are made and opened. Stateless; the list of all kinds is
/// [IndexKinds]. What comes out of [#open] says what it can be asked.
public interface IndexKind {

  /// The name users know: `BTREE`.
  String type();

  /// Other names for it.
  default Set<String> aliases() {
    return Set.of();
  }

  /// What the manifest calls it, without the slash before: `lance.table.BTreeIndexDetails`.
  /// Compared without regard to case, by the part after the last dot.
  String detailsName();

  /// The type of a segment by its details message: kinds of one family may share a details name.
  default String typeOf(byte[] details) {
    return type();
  }

  /// Whether its segments answer conditions: whether they are [ScalarIndex]es.
  default boolean answersFilters() {
    return false;
  }

  /// The highest index version we read; segments above it are left alone.
  int maxVersion();

  /// Checks that a column can be indexed so, before anything is read.
  ///
  /// @throws io.lancelot.base.InvalidInputException if not, or a parameter is unknown or senseless
  void check(Field field, IndexSpec spec);

  /// What a build will take.
  ///
  /// @throws UnsupportedFeatureException for kinds that cannot tell
  default BuildEstimate estimate(IndexSource source, IndexSpec spec, Context context) {
    throw new UnsupportedFeatureException("estimate of an index of type " + type());
  }

  /// Builds a segment over all rows of a source. Memory stays within the budget; the caller removes
  /// the folder if it fails.
  Built build(IndexSource source, IndexSpec spec, IndexFiles into, BuildProgress progress);

  /// Builds one segment that holds what some segments hold, without their dead rows, and the rows
  /// of a source, keeping the segments' settings. The kind may instead index only the source (a
  /// delta) and leave the segments in place, when that is better; it says so in [Built#replaced].
  ///
  /// @param moved where rows have gone, and which are dead
  Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress);

  /// Opens a segment for searches; the caller closes it.
  ///
  /// @throws io.lancelot.base.CorruptDataException if its files are damaged
  /// @throws io.lancelot.base.UnsupportedFeatureException if it uses what we do not know; it is
  ///   then left alone and the rows are scanned
  OpenIndex open(IndexFiles files, IndexEntry entry, Field field);

  /// What a build made.
  ///
  /// @param details the details message for the manifest
  /// @param version of the index format
  /// @param replaced of the segments given to [#update], those that the new one stands for
  record Built(byte[] details, int version, List<OpenIndex> replaced) {}
}
