package io.lancelot.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.roaringbitmap.RoaringBitmap;

/// What a merge found in the table, piece by piece.
final class MergeMatches {

  /// Rows of one stretch of a fragment.
  ///
  /// @param rows physical rows to be updated, ascending
  /// @param sources the source row of each
  /// @param met physical rows whose key the source has, whether or not they are to be updated
  /// @param touched the source row of each of these
  record Piece(
      long fragmentId, long firstRow, long[] rows, int[] sources, long[] met, int[] touched) {}

  private final List<Piece> pieces = new ArrayList<>();
  private final boolean[] touched;
  private long updated;

  MergeMatches(int sourceRows) {
    this.touched = new boolean[sourceRows];
  }

  void add(Piece piece) {
    pieces.add(piece);
    for (int source : piece.touched()) {
      touched[source] = true;
    }
    updated += piece.rows().length;
  }

  /// Rows to be updated, in the order of the table.
  List<Piece> updates() {
    return pieces.stream()
        .filter(piece -> piece.rows().length > 0)
        .sorted(Comparator.comparingLong(Piece::fragmentId).thenComparingLong(Piece::firstRow))
        .toList();
  }

  long updated() {
    return updated;
  }

  /// Source rows whose key the table does not have.
  int[] unmatched() {
    int count = 0;
    for (boolean there : touched) {
      count += there ? 0 : 1;
    }
    int[] rows = new int[count];
    int at = 0;
    for (int row = 0; row < touched.length; row++) {
      if (!touched[row]) {
        rows[at++] = row;
      }
    }
    return rows;
  }

  List<Piece> pieces() {
    return pieces;
  }

  /// Adds the rows to be updated, which move, to those that go from each fragment.
  void addUpdatedTo(Map<Long, RoaringBitmap> gone) {
    pieces.forEach(piece -> addTo(gone, piece.fragmentId(), piece.rows()));
  }

  static void addTo(Map<Long, RoaringBitmap> rows, long fragmentId, long[] more) {
    if (more.length > 0) {
      RoaringBitmap known = rows.computeIfAbsent(fragmentId, _ -> new RoaringBitmap());
      for (long row : more) {
        known.add((int) row);
      }
    }
  }
}
