package io.lancelot.table;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.BlobDescriptor;
import io.lancelot.file.LanceField;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/// Gives descriptors of large values an address that holds outside their data file, for rows on
/// their way into another one. The bytes are read when they are written.
final class MovedBlobs {

  /// Where the bytes of a field's descriptor lie.
  private final BiFunction<LanceField, BlobDescriptor, String> address;

  MovedBlobs(BiFunction<LanceField, BlobDescriptor, String> address) {
    this.address = address;
  }

  /// Whether there are such descriptors in a field.
  static boolean anyIn(LanceField field) {
    boolean[] any = {false};
    field.forEach(part -> any[0] |= part.blobV2());
    return any[0];
  }

  Column move(Column column, LanceField field, Scratch scratch) {
    if (!anyIn(field)) {
      return column;
    }
    if (field.blobV2()) {
      return descriptors((StructColumn) column, field, scratch);
    }
    return switch (column) {
      case StructColumn struct -> {
        List<Column> children = new ArrayList<>();
        for (int i = 0; i < struct.children().size(); i++) {
          children.add(move(struct.children().get(i), field.children().get(i), scratch));
        }
        yield new StructColumn(struct.type(), struct.length(), children, struct.validity());
      }
      case ListColumn list -> {
        DataType type = list.type();
        yield new ListColumn(
            type,
            list.length(),
            list.offsets(),
            move(list.items(), field.children().getFirst(), scratch),
            list.validity());
      }
      default -> column;
    };
  }

  private StructColumn descriptors(StructColumn column, LanceField field, Scratch scratch) {
    int count = column.length();
    MemorySegment kinds = scratch.allocateBytes(count);
    MemorySegment offsets = scratch.allocateBytes(4L * (count + 1));
    Map<String, byte[]> known = new LinkedHashMap<>();
    byte[][] addresses = new byte[count][];
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      BlobDescriptor blob = column.isNull(i) ? null : BlobDescriptor.of(column, i);
      boolean inside = blob != null && blob.kind() <= BlobDescriptor.DEDICATED;
      kinds.set(
          ValueLayout.JAVA_BYTE,
          i,
          (byte) (blob == null ? 0 : inside ? BlobDescriptor.MOVED : blob.kind()));
      String text = blob == null ? "" : inside ? address.apply(field, blob) : blob.uri();
      addresses[i] = known.computeIfAbsent(text, t -> t.getBytes(StandardCharsets.UTF_8));
      bytes += addresses[i].length;
    }
    MemorySegment texts = scratch.allocateBytes(bytes);
    int at = 0;
    for (int i = 0; i < count; i++) {
      offsets.set(FixedColumn.INT, 4L * i, at);
      MemorySegment.copy(addresses[i], 0, texts, ValueLayout.JAVA_BYTE, at, addresses[i].length);
      at = Math.addExact(at, addresses[i].length);
    }
    offsets.set(FixedColumn.INT, 4L * count, at);
    List<Column> children = new ArrayList<>(column.children());
    children.set(0, new FixedColumn(Types.UINT8, count, kinds, null));
    children.set(4, new VarColumn(Types.UTF8, count, offsets, texts, null));
    return new StructColumn(column.type(), count, children, column.validity());
  }
}
