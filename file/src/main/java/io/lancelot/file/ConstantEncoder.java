package io.lancelot.file;

import io.lancelot.file.proto.ConstantLayout;
import io.lancelot.file.proto.PageLayout;
import io.lancelot.file.proto.RepDefLayer;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes pages that store no values or a single one. Format: lance-format section 2.5.
final class ConstantEncoder {

  private ConstantEncoder() {}

  /// A page without any value.
  static EncodedPage allNull(LeafLevels levels) {
    ConstantLayout.Builder layout = ConstantLayout.newBuilder().addAllLayers(levels.layers());
    boolean simple = levels.layers().equals(List.of(RepDefLayer.REPDEF_NULLABLE_ITEM));
    return page(layout, simple ? List.of() : levelBuffers(levels));
  }

  private static List<MemorySegment> levelBuffers(LeafLevels levels) {
    return List.of(orEmpty(levels.rep()), orEmpty(levels.def()));
  }

  private static MemorySegment orEmpty(@Nullable MemorySegment levels) {
    return levels == null ? MemorySegment.NULL : levels;
  }

  private static EncodedPage page(ConstantLayout.Builder layout, List<MemorySegment> buffers) {
    return new EncodedPage(PageLayout.newBuilder().setConstantLayout(layout).build(), buffers);
  }
}
