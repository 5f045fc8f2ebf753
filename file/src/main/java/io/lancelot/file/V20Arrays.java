package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.proto.Encodings20.ArrayEncoding;
import io.lancelot.file.proto.Encodings20.Binary;
import io.lancelot.file.proto.Encodings20.Buffer;
import io.lancelot.file.proto.Encodings20.Dictionary;
import io.lancelot.file.proto.Encodings20.FixedSizeList;
import io.lancelot.file.proto.Encodings20.Flat;
import io.lancelot.file.proto.Encodings20.Nullable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// The buffers of one page of version 2.0 and the encoding that names them, plain throughout.
///
/// Format: lance-format section 2.8.
final class V20Arrays {

  private final String path;
  private final Scratch scratch;
  private final List<MemorySegment> buffers = new ArrayList<>();

  /// @param path of the column, for messages
  /// @param scratch memory of what is made anew; the rest are views of the columns
  V20Arrays(String path, Scratch scratch) {
    this.path = path;
    this.scratch = scratch;
  }

  List<MemorySegment> buffers() {
    return buffers;
  }

  /// Values of a leaf.
  ArrayEncoding values(Column column) {
    return switch (column) {
      case VarColumn texts -> texts(texts);
      case DictionaryColumn coded -> coded(coded);
      case NullColumn _ -> allNull();
      case BoolColumn _, FixedColumn _, FixedListColumn _ -> nullable(column);
      case ListColumn _, StructColumn _ ->
          throw new IllegalArgumentException("no leaf: " + column.type().arrowName());
    };
  }

  /// Where lists end among the items of those that are not null; of null ones the end comes after
  /// all that can be.
  ArrayEncoding list(ListColumn list, long items) {
    MemorySegment ends = scratch.allocateBytes(8L * list.length());
    long end = 0;
    for (int i = 0; i < list.length(); i++) {
      boolean missing = list.isNull(i);
      end += missing ? 0 : list.offset(i + 1) - list.offset(i);
      ends.set(FixedColumn.LONG, 8L * i, missing ? end + items + 1 : end);
    }
    return ArrayEncoding.newBuilder()
        .setList(
            io.lancelot.file.proto.Encodings20.List.newBuilder()
                .setOffsets(valid(flat(64, ends)))
                .setNullOffsetAdjustment(items + 1)
                .setNumItems(items))
        .build();
  }

  private ArrayEncoding nullable(Column column) {
    int nulls = column.nullCount();
    Bits validity = column.validity();
    if (nulls == 0 || validity == null) {
      return valid(plain(column));
    }
    if (nulls == column.length()) {
      return allNull();
    }
    ArrayEncoding present = flat(1, bytes(validity));
    return ArrayEncoding.newBuilder()
        .setNullable(
            Nullable.newBuilder()
                .setSomeNulls(
                    Nullable.SomeNulls.newBuilder().setValidity(present).setValues(plain(column))))
        .build();
  }

  private ArrayEncoding plain(Column column) {
    return switch (column) {
      case BoolColumn bools -> flat(1, bytes(bools.values()));
      case FixedColumn fixed ->
          flat(8L * fixed.width(), fixed.data().asSlice(0, (long) fixed.length() * fixed.width()));
      case FixedListColumn list ->
          ArrayEncoding.newBuilder()
              .setFixedSizeList(
                  FixedSizeList.newBuilder()
                      .setDimension(list.size())
                      .setItems(nullable(list.items())))
              .build();
      case NullColumn _, VarColumn _, DictionaryColumn _, ListColumn _, StructColumn _ ->
          throw new IllegalArgumentException("no width: " + column.type().arrowName());
    };
  }

  /// Ends and bytes; a null's end comes after all that can be.
  private ArrayEncoding texts(VarColumn column) {
    int count = column.length();
    MemorySegment ends = scratch.allocateBytes(8L * count);
    long total = 0;
    boolean gaps = false;
    for (int i = 0; i < count; i++) {
      boolean missing = column.isNull(i);
      gaps |= missing && column.byteLength(i) > 0;
      total += missing ? 0 : column.byteLength(i);
    }
    long end = 0;
    MemorySegment bytes =
        gaps ? scratch.allocateBytes(total) : column.data().asSlice(column.offset(0), total);
    for (int i = 0; i < count; i++) {
      boolean missing = column.isNull(i);
      long length = missing ? 0 : column.byteLength(i);
      if (gaps && length > 0) {
        MemorySegment.copy(column.data(), column.offset(i), bytes, end, length);
      }
      end += length;
      ends.set(FixedColumn.LONG, 8L * i, missing ? end + total + 1 : end);
    }
    return ArrayEncoding.newBuilder()
        .setBinary(
            Binary.newBuilder()
                .setIndices(valid(flat(64, ends)))
                .setBytes(flat(8, bytes))
                .setNullAdjustment(total + 1))
        .build();
  }

  /// Indices of nulls are those of one more item, which is null: readers know of no other way.
  private ArrayEncoding coded(DictionaryColumn column) {
    FixedColumn indices = column.indices();
    Column items = column.values();
    if (indices.nullCount() > 0) {
      int missing = items.length();
      int bits = 8 * indices.width() - (((DataType.Int) indices.type()).signed() ? 1 : 0);
      if (bits < 31 && missing >= 1 << bits) {
        throw new UnsupportedFeatureException(
            "file version 2.0 keeps nulls of a dictionary column as one more item: expected=fewer"
                + " than "
                + (1 << bits)
                + " items, found="
                + missing
                + " (column="
                + path
                + ")");
      }
      items =
          Columns.concat(
              items.type(), List.of(items, Columns.nulls(items.type(), 1, scratch)), scratch);
      indices = filled(indices, missing);
    }
    return ArrayEncoding.newBuilder()
        .setDictionary(
            Dictionary.newBuilder()
                .setIndices(nullable(indices))
                .setItems(values(items))
                .setNumDictionaryItems(items.length()))
        .build();
  }

  private FixedColumn filled(FixedColumn indices, long missing) {
    int width = indices.width();
    MemorySegment filled = scratch.allocateBytes((long) indices.length() * width);
    MemorySegment.copy(indices.data(), 0, filled, 0, filled.byteSize());
    for (int i = 0; i < indices.length(); i++) {
      if (indices.isNull(i)) {
        for (int b = 0; b < width; b++) {
          filled.set(ValueLayout.JAVA_BYTE, (long) i * width + b, (byte) (missing >>> 8 * b));
        }
      }
    }
    return new FixedColumn(indices.type(), indices.length(), filled, null);
  }

  private MemorySegment bytes(Bits bits) {
    Bits own = bits.compact(scratch);
    return own.segment().asSlice(0, (own.length() + 7L) / 8);
  }

  private ArrayEncoding flat(long bits, MemorySegment bytes) {
    buffers.add(bytes);
    return ArrayEncoding.newBuilder()
        .setFlat(
            Flat.newBuilder()
                .setBitsPerValue(bits)
                .setBuffer(Buffer.newBuilder().setBufferIndex(buffers.size() - 1)))
        .build();
  }

  private static ArrayEncoding valid(ArrayEncoding values) {
    return ArrayEncoding.newBuilder()
        .setNullable(
            Nullable.newBuilder().setNoNulls(Nullable.NoNulls.newBuilder().setValues(values)))
        .build();
  }

  private static ArrayEncoding allNull() {
    return ArrayEncoding.newBuilder()
        .setNullable(Nullable.newBuilder().setAllNulls(Nullable.AllNulls.getDefaultInstance()))
        .build();
  }
}
