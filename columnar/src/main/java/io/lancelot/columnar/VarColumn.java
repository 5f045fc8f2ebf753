package io.lancelot.columnar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Text or bytes of any length: value `i` is `data[offset(i), offset(i + 1))`.
///
/// @param offsets `length + 1` offsets into `data`, 32 or (large types) 64 bits; the first need not
///   be zero
public record VarColumn(
    DataType type, int length, MemorySegment offsets, MemorySegment data, @Nullable Bits validity)
    implements Column {

  public VarColumn {
    Column.checkLength(length);
    int width = offsetWidth(type);
    Column.checkBytes("offsets", offsets, length == 0 ? 0 : (length + 1L) * width);
    Column.checkValidity(validity, length);
  }

  private static int offsetWidth(DataType type) {
    return switch (type) {
      case DataType.Utf8(boolean large) -> large ? 8 : 4;
      case DataType.Binary(boolean large) -> large ? 8 : 4;
      default ->
          throw new IllegalArgumentException("not a variable-width type: " + type.arrowName());
    };
  }

  /// Whether offsets have 64 bits.
  public boolean large() {
    return offsetWidth(type) == 8;
  }

  /// Start of value `index` in `data`; `index` may be [#length()], which gives the end of the last
  /// value.
  public long offset(int index) {
    if (length == 0) {
      return 0;
    }
    return large()
        ? offsets.get(FixedColumn.LONG, 8L * index)
        : offsets.get(FixedColumn.INT, 4L * index);
  }

  public long byteLength(int index) {
    return offset(index + 1) - offset(index);
  }

  public MemorySegment bytesAt(int index) {
    long from = offset(index);
    return data.asSlice(from, offset(index + 1) - from);
  }

  /// The value as text; malformed UTF-8 becomes replacement characters.
  public String stringAt(int index) {
    return new String(bytesAt(index).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  @Override
  public VarColumn slice(int from, int count) {
    Column.checkRange(from, count, length);
    int width = offsetWidth(type);
    MemorySegment part =
        length == 0 ? offsets : offsets.asSlice((long) from * width, (count + 1L) * width);
    return new VarColumn(type, count, part, data, Column.sliceValidity(validity, from, count));
  }
}
