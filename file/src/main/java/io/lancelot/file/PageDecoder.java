package io.lancelot.file;

/// One page of a column, with its layout decoded. Immutable once made; shared by all readers of the
/// file.
sealed interface PageDecoder permits MiniBlockPage, FullZipPage, ConstantPage, BlobPage {

  /// Appends rows `[from, to)` of the page to the state's levels and values.
  void read(long from, long to, PageState state);
}
