package io.lancelot.file;

import com.google.protobuf.ByteString;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Bits;
import io.lancelot.file.proto.ConstantLayout;
import io.lancelot.file.proto.PageLayout;
import io.lancelot.file.proto.RepDefLayer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes pages that store no values or a single one. Format: lance-format section 2.5.
final class ConstantEncoder {

  private static final int MAX_INLINE_BYTES = 32;

  private ConstantEncoder() {}

  /// A page without any value.
  ///
  /// @param packed whether the version can compress the levels
  static EncodedPage allNull(LevelStreams levels, boolean packed, Scratch scratch) {
    ConstantLayout.Builder layout = ConstantLayout.newBuilder().addAllLayers(levels.layers());
    boolean simple = levels.layers().equals(List.of(RepDefLayer.REPDEF_NULLABLE_ITEM));
    if (simple) {
      return page(layout, List.of());
    }
    if (!packed) {
      return page(layout, List.of(orEmpty(levels.rep()), orEmpty(levels.def())));
    }
    MemorySegment rep = MemorySegment.NULL;
    MemorySegment def = MemorySegment.NULL;
    if (levels.rep() != null) {
      LevelChunks stream = LevelChunks.single(levels.rep(), levels.count(), scratch);
      layout.setRepCompression(stream.encoding()).setNumRepValues(levels.count());
      rep = stream.bytes();
    }
    if (levels.def() != null) {
      LevelChunks stream = LevelChunks.single(levels.def(), levels.count(), scratch);
      layout.setDefCompression(stream.encoding()).setNumDefValues(levels.count());
      def = stream.bytes();
    }
    return page(layout, List.of(rep, def));
  }

  /// A page whose values are all the same; null if they are not. Only for pages without levels:
  /// beside a constant, levels are stored as they are, and cost more than the values would.
  static @Nullable EncodedPage constant(LevelStreams levels, PageSlots slots) {
    if (levels.present()) {
      return null;
    }
    return switch (slots) {
      case PageSlots.Fixed fixed when fixed.lists().isEmpty() -> constantFixed(levels, fixed);
      case PageSlots.Variable variable -> constantVariable(levels, variable);
      case PageSlots.Fixed _, PageSlots.Coded _, PageSlots.Absent _, PageSlots.Packed _ -> null;
    };
  }

  private static @Nullable EncodedPage constantFixed(LevelStreams levels, PageSlots.Fixed slots) {
    ConstantLayout.Builder layout = ConstantLayout.newBuilder().addAllLayers(levels.layers());
    if (slots.bits() == 1) {
      int ones = Bits.of(slots.data(), slots.count()).count();
      if (ones != 0 && ones != slots.count()) {
        return null;
      }
      byte value = (byte) (ones == 0 ? 0 : 1);
      return page(layout.setInlineValue(ByteString.copyFrom(new byte[] {value})), List.of());
    }
    // Comparing the data with itself, one value further on, finds the first that differs.
    long width = slots.width();
    long bytes = slots.count() * width;
    MemorySegment data = slots.data();
    if (slots.bits() % 8 != 0
        || MemorySegment.mismatch(data, 0, bytes - width, data, width, bytes) >= 0) {
      return null;
    }
    byte[] value = data.asSlice(0, width).toArray(ValueLayout.JAVA_BYTE);
    return width <= MAX_INLINE_BYTES
        ? page(layout.setInlineValue(ByteString.copyFrom(value)), List.of())
        : page(layout, List.of(scalar(value)));
  }

  private static @Nullable EncodedPage constantVariable(
      LevelStreams levels, PageSlots.Variable slots) {
    long from = slots.from(0);
    long length = slots.end(0) - from;
    long bytes = slots.totalBytes();
    MemorySegment data = slots.data();
    if (bytes != slots.count() * length
        || MemorySegment.mismatch(
                data, from, from + bytes - length, data, from + length, from + bytes)
            >= 0) {
      return null;
    }
    for (int i = 1; i < slots.count(); i++) {
      if (slots.end(i) - slots.from(i) != length) {
        return null;
      }
    }
    int offsetBytes = slots.offsetBits() / 8;
    ByteBuffer offsets = ByteBuffer.allocate(2 * offsetBytes).order(ByteOrder.LITTLE_ENDIAN);
    if (offsetBytes == 4) {
      offsets.putInt(0).putInt((int) length);
    } else {
      offsets.putLong(0).putLong(length);
    }
    byte[] value = data.asSlice(from, length).toArray(ValueLayout.JAVA_BYTE);
    return page(
        ConstantLayout.newBuilder().addAllLayers(levels.layers()),
        List.of(scalar(offsets.array(), value)));
  }

  /// The buffers of an Arrow array of one value.
  private static MemorySegment scalar(byte[]... buffers) {
    int bytes = 4 + 4 * buffers.length;
    for (byte[] buffer : buffers) {
      bytes += buffer.length;
    }
    ByteBuffer framed = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    framed.putInt(buffers.length);
    for (byte[] buffer : buffers) {
      framed.putInt(buffer.length);
    }
    for (byte[] buffer : buffers) {
      framed.put(buffer);
    }
    return MemorySegment.ofArray(framed.array());
  }

  private static MemorySegment orEmpty(@Nullable MemorySegment levels) {
    return levels == null ? MemorySegment.NULL : levels;
  }

  private static EncodedPage page(ConstantLayout.Builder layout, List<MemorySegment> buffers) {
    return new EncodedPage(PageLayout.newBuilder().setConstantLayout(layout).build(), buffers);
  }
}
