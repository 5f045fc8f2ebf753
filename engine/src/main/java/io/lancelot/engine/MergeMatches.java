package io.lancelot.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.roaringbitmap.RoaringBitmap;

/// What a merge found in the table, piece by piece.
final class MergeMatches {

  /// Rows of one stretch of a fragment.
  ///
  /// @param rows physical rows to be updated, ascending
  /// @param sources the source row of each
  /// @param touched source rows whose key is there, whether or not the row is to be updated
  /// @param missing physical rows to be deleted because the source does not have them
  record Piece(
      long fragmentId, long firstRow, long[] rows, int[] sources, int[] touched, int[] missing) {}

  private final List<Piece> pieces = new ArrayList<>();
  private final boolean[] touched;
  private long updated;
  private long deleted;

  MergeMatches(int sourceRows) {
    this.touched = new boolean[sourceRows];
  }

  void add(Piece piece) {
    pieces.add(piece);
    for (int source : piece.touched()) {
      touched[source] = true;
    }
    updated += piece.rows().length;
    deleted += piece.missing().length;
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

  long deleted() {
    return deleted;
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

  /// For each fragment the rows that go: those updated, which move, and those missing.
  Map<Long, RoaringBitmap> gone() {
    Map<Long, RoaringBitmap> gone = new HashMap<>();
    for (Piece piece : pieces) {
      if (piece.rows().length + piece.missing().length == 0) {
        continue;
      }
      RoaringBitmap rows = gone.computeIfAbsent(piece.fragmentId(), _ -> new RoaringBitmap());
      rows.add(piece.missing());
      for (long row : piece.rows()) {
        rows.add((int) row);
      }
    }
    return gone;
  }
}
