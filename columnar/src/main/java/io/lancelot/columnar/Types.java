package io.lancelot.columnar;

/// Names for the types without parameters, and short ways to the common ones with.
public final class Types {

  private Types() {}

  public static final DataType NULL = new DataType.Null();
  public static final DataType BOOL = new DataType.Bool();
  public static final DataType.Int INT8 = new DataType.Int(8, true);
  public static final DataType.Int INT16 = new DataType.Int(16, true);
  public static final DataType.Int INT32 = new DataType.Int(32, true);
  public static final DataType.Int INT64 = new DataType.Int(64, true);
  public static final DataType.Int UINT8 = new DataType.Int(8, false);
  public static final DataType.Int UINT16 = new DataType.Int(16, false);
  public static final DataType.Int UINT32 = new DataType.Int(32, false);
  public static final DataType.Int UINT64 = new DataType.Int(64, false);
  public static final DataType FLOAT16 = new DataType.Floating(16);
  public static final DataType FLOAT32 = new DataType.Floating(32);
  public static final DataType FLOAT64 = new DataType.Floating(64);
  public static final DataType UTF8 = new DataType.Utf8(false);
  public static final DataType LARGE_UTF8 = new DataType.Utf8(true);
  public static final DataType BINARY = new DataType.Binary(false);
  public static final DataType LARGE_BINARY = new DataType.Binary(true);
  public static final DataType DATE32 = new DataType.Date(DataType.DateUnit.DAY);
  public static final DataType DATE64 = new DataType.Date(DataType.DateUnit.MILLISECOND);

  /// A vector column's type: `size` float32 items.
  public static DataType.FixedSizeList vector(int size) {
    return new DataType.FixedSizeList(Field.nullable("item", FLOAT32), size);
  }

  public static DataType.ListOf listOf(DataType item) {
    return new DataType.ListOf(Field.nullable("item", item), false);
  }
}
