package io.lancelot.file;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Types;
import io.lancelot.file.proto.BlobLayout;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A page of positions of large values that lie elsewhere in the file. Reading it reads the values,
/// or their [descriptors][BlobDescriptor] if the column is to have that type.
///
/// Format: lance-format section 2.5, blob v1.
final class BlobPage implements PageDecoder {

  private final PageContext page;
  private final PageDecoder positions;
  private final LevelLayers innerLayers;
  private final short[] translation;

  BlobPage(PageContext page, BlobLayout layout, LevelLayers layers) {
    this.page = page;
    translation = layers.translation(layout.getLayersList(), page);
    if (layers.listCount() > 0) {
      throw page.unsupported("blob column inside a list");
    }
    innerLayers = new LevelLayers(List.of(LevelLayers.Kind.ITEM));
    LeafShape shape = LeafShape.of(slotType());
    positions = PageLayouts.decoder(page, layout.getInnerLayout(), innerLayers, shape, null);
  }

  private static io.lancelot.columnar.DataType slotType() {
    return new io.lancelot.columnar.DataType.Struct(
        List.of(
            io.lancelot.columnar.Field.required("position", Types.UINT64),
            io.lancelot.columnar.Field.required("size", Types.UINT64)));
  }

  @Override
  public void read(long from, long to, PageState state) {
    int count = Math.toIntExact(to - from);
    var rows = (PageSink.Rows) LeafShape.of(slotType()).newSink();
    var inner = new PageState(innerLayers, rows, false);
    inner.start(state.scratch(), count);
    positions.read(from, to, inner);
    if (rows.count() != count) {
      throw page.corrupt("blob positions", count, rows.count());
    }
    MemorySegment at = ((PageSink.Fixed) rows.children()[0]).data();
    MemorySegment sizes = ((PageSink.Fixed) rows.children()[1]).data();
    short[] innerDef = inner.levels.def();
    if (state.sink instanceof PageSink.Rows descriptors) {
      describe(descriptors, at, sizes, innerDef, count, state);
      return;
    }
    var sink = (PageSink.Var) state.sink;
    long total = 0;
    for (int i = 0; i < count; i++) {
      long size = sizes.get(FixedColumn.LONG, i * 8L);
      if (!(size >= 0 && size <= page.file().sizeBytes())) {
        throw page.corrupt(
            "blob size", "at most " + page.file().sizeBytes(), Long.toUnsignedString(size));
      }
      total += size;
    }
    GrowingMemory.check(total, state.scratch());
    sink.reserveData(total);
    for (int i = 0; i < count; i++) {
      long position = at.get(FixedColumn.LONG, i * 8L);
      long size = sizes.get(FixedColumn.LONG, i * 8L);
      boolean absent = innerDef != null && innerDef[i] != 0;
      if (absent || size == 0) {
        short def = absent ? translation[translation.length - 1] : smuggled(position);
        state.levels.append((short) 0, def);
        sink.appendNothing(1);
        continue;
      }
      state.levels.append((short) 0, (short) 0);
      if (!(position >= 0 && position <= page.file().sizeBytes() - size)) {
        throw page.corrupt("blob position", "inside the file", Long.toUnsignedString(position));
      }
      sink.append(page.file().view(position, size, state.scratch()), 0, size);
    }
  }

  /// Appends where the values lie, and not the values.
  private void describe(
      PageSink.Rows sink,
      MemorySegment at,
      MemorySegment sizes,
      short @Nullable [] innerDef,
      int count,
      PageState state) {
    MemorySegment work = state.scratch().allocateBytes(8);
    for (int i = 0; i < count; i++) {
      long position = at.get(FixedColumn.LONG, i * 8L);
      long size = sizes.get(FixedColumn.LONG, i * 8L);
      boolean absent = innerDef != null && innerDef[i] != 0;
      short def = 0;
      if (absent || size == 0) {
        def = absent ? translation[translation.length - 1] : smuggled(position);
      }
      state.levels.append((short) 0, def);
      if (def != 0) {
        sink.appendNothing(1);
      } else {
        BlobDescriptor.appendInline(sink, size == 0 ? 0 : position, size, work);
      }
    }
  }

  /// The definition level that a blob without bytes hides in its position; 0 is an empty blob.
  private short smuggled(long position) {
    long level = position >>> 16;
    if (!(level < translation.length && (position & 0xFFFF) == 0)) {
      throw page.corrupt("levels in a blob position", "below " + translation.length, position);
    }
    return translation[(int) level];
  }
}
