package io.lancelot.file;

/// One page of a column, with its layout decoded. Immutable once made; shared by all readers of the
/// file.
sealed interface PageDecoder permits MiniBlockPage, FullZipPage, ConstantPage, BlobPage {

  /// Appends rows `[from, to)` of the page to the state's levels and values.
  void read(long from, long to, PageState state);

  /// Appends rows `rows[from .. to)`, ascending and perhaps repeating, all of which lie in the
  /// page.
  ///
  /// @param firstRow number of the page's first row, from which `rows` do not count
  default void take(long[] rows, int from, int to, long firstRow, PageState state) {
    for (int i = from; i < to; ) {
      long first = rows[i];
      long next = first + 1;
      i++;
      while (i < to && rows[i] == next) {
        next++;
        i++;
      }
      read(first - firstRow, next - firstRow, state);
    }
  }
}
