package io.lancelot.file;

import io.lancelot.file.proto.PageLayout;
import org.jspecify.annotations.Nullable;

/// Picks the decoder of a page.
final class PageLayouts {

  private PageLayouts() {}

  /// @param indices for a dictionary column the shape of its indices, else null
  static PageDecoder decoder(
      PageContext page,
      PageLayout layout,
      LevelLayers layers,
      LeafShape shape,
      @Nullable LeafShape indices) {
    return switch (layout.getLayoutCase()) {
      case MINI_BLOCK_LAYOUT ->
          new MiniBlockPage(page, layout.getMiniBlockLayout(), layers, shape, indices);
      case CONSTANT_LAYOUT ->
          new ConstantPage(page, layout.getConstantLayout(), layers, shape, indices != null);
      case FULL_ZIP_LAYOUT -> {
        if (indices != null) {
          throw page.unsupported("dictionary column in a full-zip page");
        }
        yield new FullZipPage(page, layout.getFullZipLayout(), layers, shape);
      }
      case BLOB_LAYOUT -> {
        page.require(
            shape.isVariable() || shape.type().equals(BlobDescriptor.TYPE),
            "blob page", shape.type().arrowName(), "a blob");
        yield new BlobPage(page, layout.getBlobLayout(), layers);
      }
      case LAYOUT_NOT_SET -> throw page.unsupported("page layout");
    };
  }
}
