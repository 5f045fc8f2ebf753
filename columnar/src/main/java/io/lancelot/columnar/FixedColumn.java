package io.lancelot.columnar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// Values of a fixed number of whole bytes, little-endian and contiguous: integers, floats,
/// decimals, fixed-size binary and all temporal types.
///
/// @param data `length × type.byteWidth()` bytes; the bytes of null values mean nothing
public record FixedColumn(DataType type, int length, MemorySegment data, @Nullable Bits validity)
    implements Column {

  public static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public FixedColumn {
    Column.checkLength(length);
    Column.checkBytes("values", data, (long) length * type.byteWidth());
    Column.checkValidity(validity, length);
  }

  /// Bytes per value.
  public int width() {
    return type.byteWidth();
  }

  public byte byteAt(int index) {
    return data.get(ValueLayout.JAVA_BYTE, index);
  }

  public short shortAt(int index) {
    return data.get(SHORT, 2L * index);
  }

  public int intAt(int index) {
    return data.get(INT, 4L * index);
  }

  public long longAt(int index) {
    return data.get(LONG, 8L * index);
  }

  public float floatAt(int index) {
    return data.get(FLOAT, 4L * index);
  }

  public double doubleAt(int index) {
    return data.get(DOUBLE, 8L * index);
  }

  /// An integer or temporal value of any width, widened to 64 bits: sign-extended if the type is
  /// signed, else zero-extended.
  public long integerAt(int index) {
    boolean unsigned = type instanceof DataType.Int(_, boolean signed) && !signed;
    return switch (width()) {
      case 1 -> unsigned ? byteAt(index) & 0xFFL : byteAt(index);
      case 2 -> unsigned ? shortAt(index) & 0xFFFFL : shortAt(index);
      case 4 -> unsigned ? intAt(index) & 0xFFFF_FFFFL : intAt(index);
      case 8 -> longAt(index);
      default -> throw new IllegalArgumentException("not an integer: " + type.arrowName());
    };
  }

  /// A float of any width as a double.
  public double floatingAt(int index) {
    return switch (width()) {
      case 2 -> Float.float16ToFloat(shortAt(index));
      case 4 -> floatAt(index);
      case 8 -> doubleAt(index);
      default -> throw new IllegalArgumentException("not a float: " + type.arrowName());
    };
  }

  /// The bytes of one value.
  public MemorySegment bytesAt(int index) {
    int width = width();
    return data.asSlice((long) index * width, width);
  }

  @Override
  public FixedColumn slice(int from, int count) {
    Column.checkRange(from, count, length);
    int width = width();
    return new FixedColumn(
        type,
        count,
        data.asSlice((long) from * width, (long) count * width),
        Column.sliceValidity(validity, from, count));
  }
}
