package io.lancelot.file;

import io.lancelot.file.proto.Encodings20.ArrayEncoding;

/// A page of lists of a 2.0 file: where each list ends among the page's items. An end beyond the
/// adjustment is that of a null list, by so much too high.
///
/// @param items items of all lists of the page
record V20ListPage(V20Words ends, long adjustment, long items, PageContext page) {

  static V20ListPage of(ArrayEncoding encoding, V20Page page) {
    PageContext context = page.context();
    context.require(
        encoding.hasList(), "encoding of lists", "list", encoding.getArrayEncodingCase());
    long adjustment = encoding.getList().getNullOffsetAdjustment();
    long items = encoding.getList().getNumItems();
    context.require(items >= 0, "list items", "not negative", Long.toUnsignedString(items));
    context.require(adjustment != 0, "null offset adjustment", "more than 0", 0);
    return new V20ListPage(
        V20Encodings.offsets(encoding.getList().getOffsets(), page), adjustment, items, context);
  }
}
