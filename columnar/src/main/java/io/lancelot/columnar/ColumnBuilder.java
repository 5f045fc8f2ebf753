package io.lancelot.columnar;

import io.lancelot.base.InvalidInputException;
import java.lang.foreign.SegmentAllocator;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Builds a column value by value, from Java objects. Conversions that keep the value are made (an
/// `Integer` into a 64-bit column, an ISO string into a date, a `float[]` into a list); so are
/// floats rounded to the column's precision, and times cut off to its unit. Anything else is an
/// [InvalidInputException].
///
/// Not thread-safe. A builder is used once.
public abstract sealed class ColumnBuilder {

  private final DataType type;
  private final GrowingBuffer validity;
  private int length;
  private int nulls;

  private ColumnBuilder(DataType type, SegmentAllocator allocator) {
    this.type = type;
    this.validity = new GrowingBuffer(allocator);
  }

  /// A builder of columns of any type, in memory of `allocator`.
  public static ColumnBuilder of(DataType type, SegmentAllocator allocator) {
    return switch (type) {
      case DataType.Null _ -> new OfNull(allocator);
      case DataType.Bool _ -> new OfBool(allocator);
      case DataType.Int _,
          DataType.Floating _,
          DataType.Decimal _,
          DataType.FixedSizeBinary _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _,
          DataType.Duration _ ->
          new OfFixed(type, allocator);
      case DataType.Utf8(boolean large) -> new OfBytes(type, large, allocator);
      case DataType.Binary(boolean large) -> new OfBytes(type, large, allocator);
      case DataType.ListOf(Field item, boolean large) -> new OfList(type, item, large, allocator);
      case DataType.FixedSizeList list -> new OfFixedList(list, allocator);
      case DataType.Struct struct -> new OfStruct(struct, allocator);
      case DataType.MapOf map -> new OfList(map, map.entries(), false, allocator);
      case DataType.Dictionary dictionary -> new OfDictionary(dictionary, allocator);
    };
  }

  public DataType type() {
    return type;
  }

  /// Values added so far.
  public int length() {
    return length;
  }

  /// Adds a value, or null.
  ///
  /// @throws InvalidInputException if the value does not fit the type. Nothing was added then, at
  ///   any level, and the builder can be used on
  public final void append(@Nullable Object value) {
    try {
      if (value == null) {
        addNull();
      } else {
        add(value);
      }
      mark(value != null);
    } catch (RuntimeException e) {
      keep(length);
      throw e;
    }
  }

  /// Adds a null.
  public final void appendNull() {
    append(null);
  }

  /// The column of everything added.
  public abstract Column build();

  abstract void add(Object value);

  abstract void addNull();

  /// Cuts the values' own memory back to `count` values; children may hold more than this level
  /// says.
  abstract void keep(int count);

  /// Forgets all values from `count` on.
  final void truncate(int count) {
    keep(count);
    for (int i = count; i < length; i++) {
      nulls -= validity.bit(i) ? 0 : 1;
    }
    validity.truncateBits(count);
    length = count;
  }

  final void appendTo(Field field, @Nullable Object value) {
    if (value == null && !field.nullable()) {
      throw new InvalidInputException(
          "null in a required field: expected="
              + type.arrowName()
              + " (field="
              + field.name()
              + ")");
    }
    append(value);
  }

  final void mark(boolean valid) {
    validity.addBit(length, valid);
    length++;
    nulls += valid ? 0 : 1;
  }

  final @Nullable Bits validity() {
    return nulls == 0 ? null : new Bits(validity.bytes(), 0, length);
  }

  final InvalidInputException mismatch(Object value) {
    return new InvalidInputException(
        "value does not fit the column type: expected="
            + type.arrowName()
            + ", found="
            + value.getClass().getSimpleName()
            + " "
            + abbreviate(String.valueOf(value)));
  }

  private static String abbreviate(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }

  private static final class OfNull extends ColumnBuilder {
    OfNull(SegmentAllocator allocator) {
      super(Types.NULL, allocator);
    }

    @Override
    void add(Object value) {
      throw mismatch(value);
    }

    @Override
    void addNull() {}

    @Override
    void keep(int count) {}

    @Override
    public Column build() {
      return new NullColumn(length());
    }
  }

  private static final class OfBool extends ColumnBuilder {
    private final GrowingBuffer bits;

    OfBool(SegmentAllocator allocator) {
      super(Types.BOOL, allocator);
      bits = new GrowingBuffer(allocator);
    }

    @Override
    void add(Object value) {
      if (!(value instanceof Boolean bool)) {
        throw mismatch(value);
      }
      bits.addBit(length(), bool);
    }

    @Override
    void addNull() {
      bits.addBit(length(), false);
    }

    @Override
    void keep(int count) {
      bits.truncateBits(count);
    }

    @Override
    public Column build() {
      return new BoolColumn(new Bits(bits.bytes(), 0, length()), validity());
    }
  }

  /// Columns of fixed-width values; the only builder with typed methods, for bulk input.
  public static final class OfFixed extends ColumnBuilder {
    private final GrowingBuffer data;
    private final int width;

    OfFixed(DataType type, SegmentAllocator allocator) {
      super(type, allocator);
      data = new GrowingBuffer(allocator);
      width = type.byteWidth();
    }

    /// Adds an integer of the column's width; higher bits are cut off.
    public void appendLong(long value) {
      addLong(value);
      mark(true);
    }

    private void addLong(long value) {
      switch (width) {
        case 1 -> data.addByte((byte) value);
        case 2 -> data.addShort((short) value);
        case 4 -> data.addInt((int) value);
        case 8 -> data.addLong(value);
        default -> throw new IllegalStateException("not an integer column: " + type().arrowName());
      }
    }

    /// Adds a float to a column of floats, rounded to its width.
    public void appendDouble(double value) {
      addDouble(value);
      mark(true);
    }

    private void addDouble(double value) {
      switch (width) {
        case 2 -> data.addShort(Float.floatToFloat16((float) value));
        case 4 -> data.addInt(Float.floatToRawIntBits((float) value));
        case 8 -> data.addLong(Double.doubleToRawLongBits(value));
        default -> throw new IllegalStateException("not a float column: " + type().arrowName());
      }
    }

    private boolean addFloats(Object value) {
      if (value instanceof float[] floats
          && type() instanceof DataType.Floating(int bits)
          && bits == 32) {
        data.addFloats(floats);
        for (int i = 0; i < floats.length; i++) {
          mark(true);
        }
        return true;
      }
      return false;
    }

    @Override
    void add(Object value) {
      switch (type()) {
        case DataType.Int integer -> {
          Long exact = Conversions.toInteger(value, integer);
          if (exact == null) {
            throw mismatch(value);
          }
          addLong(exact);
        }
        case DataType.Floating _ -> {
          Double number = Conversions.toDouble(value, width * 8);
          if (number == null) {
            throw mismatch(value);
          }
          addDouble(number);
        }
        case DataType.Decimal decimal -> {
          byte[] bytes = Conversions.toDecimal(value, decimal);
          if (bytes == null) {
            throw mismatch(value);
          }
          data.addBytes(bytes);
        }
        case DataType.FixedSizeBinary _ -> {
          byte[] bytes = Conversions.toBytes(value);
          if (bytes == null || bytes.length != width) {
            throw mismatch(value);
          }
          data.addBytes(bytes);
        }
        case DataType.Date _, DataType.Time _, DataType.Timestamp _, DataType.Duration _ -> {
          Long ticks = Conversions.toTicks(value, type());
          if (ticks == null) {
            throw mismatch(value);
          }
          addLong(ticks);
        }
        default -> throw new IllegalStateException("not a fixed-width type: " + type().arrowName());
      }
    }

    @Override
    void addNull() {
      data.addZeros(width);
    }

    @Override
    void keep(int count) {
      data.truncate((long) count * width);
    }

    @Override
    public Column build() {
      return new FixedColumn(type(), length(), data.bytes(), validity());
    }
  }

  /// Text and bytes.
  public static final class OfBytes extends ColumnBuilder {
    private final GrowingBuffer offsets;
    private final GrowingBuffer data;
    private final boolean large;

    OfBytes(DataType type, boolean large, SegmentAllocator allocator) {
      super(type, allocator);
      this.large = large;
      offsets = new GrowingBuffer(allocator);
      data = new GrowingBuffer(allocator);
      addOffset(offsets, large, 0);
    }

    @Override
    void add(Object value) {
      byte[] bytes =
          type() instanceof DataType.Utf8 ? Conversions.toUtf8(value) : Conversions.toBytes(value);
      if (bytes == null) {
        throw mismatch(value);
      }
      data.addBytes(bytes);
      addOffset(offsets, large, data.size());
    }

    @Override
    void addNull() {
      addOffset(offsets, large, data.size());
    }

    @Override
    void keep(int count) {
      cutOffsets(offsets, large, count);
      data.truncate(offset(offsets, large, count));
    }

    @Override
    public Column build() {
      return new VarColumn(type(), length(), offsets.bytes(), data.bytes(), validity());
    }
  }

  private static void cutOffsets(GrowingBuffer offsets, boolean large, int count) {
    offsets.truncate((count + 1L) * (large ? 8 : 4));
  }

  private static long offset(GrowingBuffer offsets, boolean large, int index) {
    return large
        ? offsets.bytes().get(FixedColumn.LONG, 8L * index)
        : offsets.bytes().get(FixedColumn.INT, 4L * index);
  }

  private static void addOffset(GrowingBuffer offsets, boolean large, long value) {
    if (large) {
      offsets.addLong(value);
    } else if (value > Integer.MAX_VALUE) {
      throw new InvalidInputException(
          "column too long for 32-bit offsets: expected at most "
              + Integer.MAX_VALUE
              + ", found="
              + value);
    } else {
      offsets.addInt((int) value);
    }
  }

  private static final class OfList extends ColumnBuilder {
    private final GrowingBuffer offsets;
    private final Field item;
    private final ColumnBuilder items;
    private final boolean large;

    OfList(DataType type, Field item, boolean large, SegmentAllocator allocator) {
      super(type, allocator);
      this.item = item;
      this.large = large;
      offsets = new GrowingBuffer(allocator);
      items = ColumnBuilder.of(item.type(), allocator);
      addOffset(offsets, large, 0);
    }

    @Override
    void add(Object value) {
      if (type() instanceof DataType.MapOf && value instanceof Map<?, ?> map) {
        map.forEach((k, v) -> items.append(new Conversions.Entry(k, v)));
      } else {
        addItems(this, item, items, value);
      }
      addOffset(offsets, large, items.length());
    }

    @Override
    void addNull() {
      addOffset(offsets, large, items.length());
    }

    @Override
    void keep(int count) {
      cutOffsets(offsets, large, count);
      items.truncate((int) offset(offsets, large, count));
    }

    @Override
    public Column build() {
      return new ListColumn(type(), length(), offsets.bytes(), items.build(), validity());
    }
  }

  private static void addItems(ColumnBuilder owner, Field item, ColumnBuilder items, Object value) {
    if (items instanceof OfFixed fixed && fixed.addFloats(value)) {
      return;
    }
    switch (value) {
      case Collection<?> collection -> collection.forEach(v -> items.appendTo(item, v));
      // An array of bytes is eight bits each, whatever Java takes for a sign.
      case byte[] bytes
          when items.type() instanceof DataType.Int(int bits, boolean signed)
              && bits == 8
              && !signed -> {
        for (byte each : bytes) {
          items.append(Byte.toUnsignedInt(each));
        }
      }
      case Object array
          when array.getClass().isArray() && !(array instanceof byte[] && !numeric(items)) -> {
        int length = Array.getLength(array);
        for (int i = 0; i < length; i++) {
          items.appendTo(item, Array.get(array, i));
        }
      }
      default -> throw owner.mismatch(value);
    }
  }

  private static boolean numeric(ColumnBuilder items) {
    return items.type() instanceof DataType.Int || items.type() instanceof DataType.Floating;
  }

  private static final class OfFixedList extends ColumnBuilder {
    private final DataType.FixedSizeList list;
    private final ColumnBuilder items;

    OfFixedList(DataType.FixedSizeList list, SegmentAllocator allocator) {
      super(list, allocator);
      this.list = list;
      items = ColumnBuilder.of(list.item().type(), allocator);
    }

    @Override
    void add(Object value) {
      int found =
          value instanceof Collection<?> collection
              ? collection.size()
              : value.getClass().isArray() ? Array.getLength(value) : -1;
      if (found != list.size()) {
        throw new InvalidInputException(
            "wrong length for "
                + list.arrowName()
                + ": expected="
                + list.size()
                + ", found="
                + found);
      }
      addItems(this, list.item(), items, value);
    }

    @Override
    void addNull() {
      for (int i = 0; i < list.size(); i++) {
        items.appendNull();
      }
    }

    @Override
    void keep(int count) {
      items.truncate(count * list.size());
    }

    @Override
    public Column build() {
      return new FixedListColumn(list, length(), items.build(), validity());
    }
  }

  private static final class OfStruct extends ColumnBuilder {
    private final DataType.Struct struct;
    private final List<ColumnBuilder> children = new ArrayList<>();

    OfStruct(DataType.Struct struct, SegmentAllocator allocator) {
      super(struct, allocator);
      this.struct = struct;
      for (Field field : struct.fields()) {
        children.add(ColumnBuilder.of(field.type(), allocator));
      }
    }

    @Override
    void add(Object value) {
      switch (value) {
        case Conversions.Entry(Object key, Object mapped) when children.size() == 2 -> {
          children.get(0).appendTo(struct.fields().get(0), key);
          children.get(1).appendTo(struct.fields().get(1), mapped);
        }
        case Map<?, ?> map -> {
          for (Object key : map.keySet()) {
            if (struct.fields().stream().noneMatch(field -> field.name().equals(key))) {
              throw new InvalidInputException(
                  "unknown field in struct: expected one of "
                      + struct.fields().stream().map(Field::name).toList()
                      + ", found="
                      + key);
            }
          }
          for (int i = 0; i < children.size(); i++) {
            Field field = struct.fields().get(i);
            children.get(i).appendTo(field, map.get(field.name()));
          }
        }
        case Record record -> {
          Map<String, @Nullable Object> components = Conversions.components(record);
          for (int i = 0; i < children.size(); i++) {
            Field field = struct.fields().get(i);
            children.get(i).appendTo(field, components.get(field.name()));
          }
        }
        default -> throw mismatch(value);
      }
    }

    @Override
    void addNull() {
      children.forEach(ColumnBuilder::appendNull);
    }

    @Override
    void keep(int count) {
      children.forEach(child -> child.truncate(count));
    }

    @Override
    public Column build() {
      return new StructColumn(
          struct, length(), children.stream().map(ColumnBuilder::build).toList(), validity());
    }
  }

  private static final class OfDictionary extends ColumnBuilder {
    private final DataType.Dictionary dictionary;
    private final OfFixed indices;
    private final ColumnBuilder values;
    private final Map<Object, Integer> known = new HashMap<>();

    OfDictionary(DataType.Dictionary dictionary, SegmentAllocator allocator) {
      super(dictionary, allocator);
      this.dictionary = dictionary;
      indices = new OfFixed(dictionary.index(), allocator);
      values = ColumnBuilder.of(dictionary.value(), allocator);
    }

    @Override
    void add(Object value) {
      Object key = value instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : value;
      Integer index = known.get(key);
      if (index == null) {
        if (values.length() >= Concatenation.capacity(dictionary.index())) {
          throw new InvalidInputException(
              "too many different values for "
                  + dictionary.arrowName()
                  + ": expected at most "
                  + values.length());
        }
        values.append(value);
        index = values.length() - 1;
        known.put(key, index);
      }
      indices.append(index);
    }

    @Override
    void addNull() {
      indices.appendNull();
    }

    @Override
    void keep(int count) {
      indices.truncate(count);
    }

    @Override
    public Column build() {
      return new DictionaryColumn(dictionary, (FixedColumn) indices.build(), values.build());
    }
  }
}
