package io.lancelot.file;

import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How the values of a leaf lie in memory: which sink collects them and which column they become.
///
/// @param type the leaf's type; for a dictionary that of its values
/// @param dimensions sizes of nested fixed-size lists, outermost first; empty for other types
/// @param primitive the type inside those lists
record LeafShape(DataType type, int[] dimensions, DataType primitive) {

  /// The most bits a value of fixed width may have: more is a damaged schema, not data.
  private static final long MAX_BITS = 1L << 34;

  static LeafShape of(DataType type) {
    List<Integer> dimensions = new ArrayList<>();
    DataType inner = type;
    while (inner instanceof DataType.FixedSizeList(Field item, int size)) {
      dimensions.add(size);
      inner = item.type();
    }
    return new LeafShape(type, dimensions.stream().mapToInt(Integer::intValue).toArray(), inner);
  }

  /// Items of one value: the product of the list sizes.
  int itemsPerValue() {
    return itemsPerValue(dimensions.length);
  }

  private int itemsPerValue(int levels) {
    long items = 1;
    for (int i = 0; i < levels; i++) {
      items *= dimensions[i];
      if (items > Integer.MAX_VALUE) {
        throw new UnsupportedFeatureException(
            "fixed-size list with more than 2^31 items a row: " + type.arrowName());
      }
    }
    return (int) items;
  }

  /// Bits of one value, 0 if values have no fixed width.
  long valueBits() {
    long bits = primitive.fixedBits().orElse(0) * (long) itemsPerValue();
    if (bits > MAX_BITS) {
      throw new UnsupportedFeatureException("values wider than 2 GiB: " + type.arrowName());
    }
    return bits;
  }

  boolean isBool() {
    return primitive instanceof DataType.Bool;
  }

  boolean isVariable() {
    return type instanceof DataType.Utf8 || type instanceof DataType.Binary;
  }

  /// An empty sink for values of this shape.
  PageSink newSink() {
    return switch (primitive) {
      case DataType.Null _ -> new PageSink.Nothing();
      case DataType.Utf8(boolean large) -> variable(large);
      case DataType.Binary(boolean large) -> variable(large);
      case DataType.Bool _ -> items(new PageSink.Bitmap(itemsPerValue()));
      case DataType.Int _,
          DataType.Floating _,
          DataType.Decimal _,
          DataType.FixedSizeBinary _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _,
          DataType.Duration _ ->
          items(new PageSink.Fixed(valueBits() / 8));
      case DataType.Struct(List<Field> fields) ->
          new PageSink.Rows(
              fields.stream()
                  .map(field -> LeafShape.of(field.type()).newSink())
                  .toArray(PageSink[]::new));
      case DataType.ListOf _, DataType.MapOf _, DataType.FixedSizeList _, DataType.Dictionary _ ->
          throw unsupported();
    };
  }

  private PageSink variable(boolean large) {
    if (dimensions.length > 0) {
      throw unsupported();
    }
    return new PageSink.Var(large);
  }

  private PageSink items(PageSink values) {
    if (dimensions.length == 0) {
      return values;
    }
    int[] itemsPerSlot = new int[dimensions.length];
    for (int i = 0; i < itemsPerSlot.length; i++) {
      itemsPerSlot[i] = itemsPerValue(i + 1);
    }
    return new PageSink.Items(values, itemsPerSlot);
  }

  private UnsupportedFeatureException unsupported() {
    return new UnsupportedFeatureException("column of type " + type.arrowName());
  }

  /// The column of a sink's slots.
  Column column(PageSink sink, @Nullable Bits validity) {
    int count = sink.count();
    return switch (sink) {
      case PageSink.Nothing _ -> new NullColumn(count);
      case PageSink.Fixed fixed -> new FixedColumn(type, count, fixed.data(), validity);
      case PageSink.Bitmap bits -> new BoolColumn(new Bits(bits.data(), 0, count), validity);
      case PageSink.Var var -> new VarColumn(type, count, var.offsets(), var.data(), validity);
      case PageSink.Items items -> {
        items.settle();
        yield lists(type, 0, count, items, validity);
      }
      case PageSink.Rows rows -> struct(rows, validity);
    };
  }

  private Column lists(
      DataType listType, int level, int count, PageSink.Items sink, @Nullable Bits validity) {
    if (!(listType instanceof DataType.FixedSizeList list)) {
      return switch (sink.values()) {
        case PageSink.Fixed fixed -> new FixedColumn(listType, count, fixed.data(), validity);
        case PageSink.Bitmap bits -> new BoolColumn(new Bits(bits.data(), 0, count), validity);
        case PageSink.Nothing _, PageSink.Var _, PageSink.Items _, PageSink.Rows _ ->
            throw new IllegalStateException("sink of " + listType);
      };
    }
    int items = LevelPeeler.itemCount((long) count * list.size());
    PageSink.Bitmap bitmap = sink.validity(level);
    Bits itemValidity = bitmap == null ? null : new Bits(bitmap.data(), 0, items);
    if (itemValidity != null && itemValidity.count() == items) {
      itemValidity = null;
    }
    return new FixedListColumn(
        list, count, lists(list.item().type(), level + 1, items, sink, itemValidity), validity);
  }

  private Column struct(PageSink.Rows rows, @Nullable Bits validity) {
    DataType.Struct struct = (DataType.Struct) type;
    List<Column> children = new ArrayList<>();
    for (int i = 0; i < struct.fields().size(); i++) {
      children.add(LeafShape.of(struct.fields().get(i).type()).column(rows.children()[i], null));
    }
    return new StructColumn(struct, rows.count(), children, validity);
  }

  /// What a dictionary column's pages store: indices.
  static LeafShape indices(DataType.Dictionary type) {
    return of(type.index());
  }

  /// A blob's bytes.
  static LeafShape blob() {
    return of(Types.LARGE_BINARY);
  }
}
