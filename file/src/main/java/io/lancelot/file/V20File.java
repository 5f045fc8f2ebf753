package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import io.lancelot.file.proto.ColumnMetadata;
import io.lancelot.storage.ObjectReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// The columns of a 2.0 file, shared by all readers of it. Thread-safe.
final class V20File {

  private final ObjectReader file;
  private final long[] fileBuffers;
  private final IntFunction<ColumnMetadata> metadata;
  private final Map<Key, V20Column<V20Values>> leaves = new ConcurrentHashMap<>();
  private final Map<Key, V20Column<V20ListPage>> lists = new ConcurrentHashMap<>();

  /// A column as read for a field: see [DataFileReader].
  private record Key(int ordinal, LanceField field, String name) {}

  /// @param fileBuffers position and length of the file's global buffers
  /// @param metadata of a column by its ordinal
  V20File(ObjectReader file, long[] fileBuffers, IntFunction<ColumnMetadata> metadata) {
    this.file = file;
    this.fileBuffers = fileBuffers;
    this.metadata = metadata;
  }

  /// A reader of one field.
  ///
  /// @param ordinals the columns of the field and all below it that own one, parents first
  V20Reader reader(LanceField field, int[] ordinals, long rowCount) {
    int[] next = {0};
    return reader(field, field.name(), ordinals, next, rowCount);
  }

  /// @param rowCount the rows the column must have; -1 for items, which the lists count
  private V20Reader reader(
      LanceField field, String name, int[] ordinals, int[] next, long rowCount) {
    int ordinal = ordinals[next[0]++];
    boolean plainStruct =
        field.type() instanceof DataType.Struct && !field.packed() && !field.blob();
    if (field.leaf() && !plainStruct) {
      return leaf(field, name, ordinal, rowCount);
    }
    return switch (field.type()) {
      case DataType.Struct struct -> {
        List<V20Reader> children = new ArrayList<>();
        for (LanceField child : field.children()) {
          children.add(reader(child, name + "." + child.name(), ordinals, next, rowCount));
        }
        yield new V20Reader.Struct(struct, children, place(name));
      }
      case DataType.ListOf list -> {
        V20Column<V20ListPage> ends =
            lists.computeIfAbsent(
                new Key(ordinal, field, name),
                key ->
                    new V20Column<>(
                        file, name, metadata.apply(ordinal), fileBuffers, V20ListPage::of));
        requireRows(ends, rowCount);
        LanceField item = field.children().getFirst();
        V20Reader items = reader(item, name + "." + item.name(), ordinals, next, -1);
        yield new V20Reader.Lists(ends, list, items);
      }
      default ->
          throw new UnsupportedFeatureException(
              field.type().arrowName() + " in a file of version 2.0 " + place(name));
    };
  }

  private V20Reader leaf(LanceField field, String name, int ordinal, long rowCount) {
    LeafShape indices =
        field.type() instanceof DataType.Dictionary dictionary
            ? LeafShape.indices(dictionary)
            : null;
    LeafShape shape =
        field.type() instanceof DataType.Dictionary dictionary
            ? LeafShape.of(dictionary.value())
            : LeafShape.of(field.type());
    V20Column<V20Values> column =
        leaves.computeIfAbsent(new Key(ordinal, field, name), key -> newLeaf(key, shape, indices));
    requireRows(column, rowCount);
    return new V20Reader.Leaf(column, field.type(), shape, indices);
  }

  private V20Column<V20Values> newLeaf(Key key, LeafShape shape, @Nullable LeafShape indices) {
    ColumnMetadata column = metadata.apply(key.ordinal());
    boolean blobs = V20Column.blobs(file, column, place(key.name()));
    if (blobs
        && !(shape.type() instanceof DataType.Binary)
        && !shape.type().equals(BlobDescriptor.TYPE)) {
      throw new CorruptDataException(
          "type of a blob column: expected=binary, found="
              + shape.type().arrowName()
              + " "
              + place(key.name()));
    }
    return new V20Column<>(
        file,
        key.name(),
        column,
        fileBuffers,
        blobs
            ? V20Encodings::blobs
            : (encoding, page) -> V20Encodings.values(encoding, shape, indices, page));
  }

  private static void requireRows(V20Column<?> column, long rowCount) {
    if (rowCount >= 0 && column.rowCount() != rowCount) {
      throw column.corrupt("rows of all pages", rowCount, column.rowCount());
    }
  }

  private String place(String name) {
    return "(path=" + file.path() + ", column=" + name + ")";
  }
}
