package io.lancelot.expr;

import io.lancelot.columnar.DataType;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;

/// How the values of a column compare, as [KeyRange] holds them. The same order that comparisons in
/// filters have: NaN is above every number and equal to itself, -0 equals 0, text and bytes compare
/// as unsigned bytes.
public enum KeyOrder {
  /// `Long`: signed integers and everything stored as one.
  SIGNED,
  /// `Long`, whose bits are an unsigned number.
  UNSIGNED,
  /// `Double`.
  FLOATING,
  /// `BigInteger`: the unscaled value of a decimal.
  DECIMAL,
  /// `byte[]`.
  BYTES,
  /// `Boolean`: false is below true.
  BOOLEAN;

  /// The order of a type; empty if its values do not compare with constants.
  public static Optional<KeyOrder> of(DataType type) {
    return switch (type) {
      case DataType.Int(int bits, boolean signed) ->
          Optional.of(bits == 64 && !signed ? UNSIGNED : SIGNED);
      case DataType.Date _, DataType.Time _, DataType.Timestamp _, DataType.Duration _ ->
          Optional.of(SIGNED);
      case DataType.Floating _ -> Optional.of(FLOATING);
      case DataType.Decimal _ -> Optional.of(DECIMAL);
      case DataType.Utf8 _, DataType.Binary _, DataType.FixedSizeBinary _ -> Optional.of(BYTES);
      case DataType.Bool _ -> Optional.of(BOOLEAN);
      case DataType.Null _,
          DataType.ListOf _,
          DataType.FixedSizeList _,
          DataType.Struct _,
          DataType.MapOf _,
          DataType.Dictionary _ ->
          Optional.empty();
    };
  }

  /// Compares two values of this order.
  public int compare(Object a, Object b) {
    return switch (this) {
      case SIGNED -> Long.compare((Long) a, (Long) b);
      case UNSIGNED -> Long.compareUnsigned((Long) a, (Long) b);
      case FLOATING -> compareFloats((Double) a, (Double) b);
      case DECIMAL -> ((BigInteger) a).compareTo((BigInteger) b);
      case BYTES -> Arrays.compareUnsigned((byte[]) a, (byte[]) b);
      case BOOLEAN -> Boolean.compare((Boolean) a, (Boolean) b);
    };
  }

  /// Compares floats: NaN last, zeros equal.
  public static int compareFloats(double a, double b) {
    if (a < b) {
      return -1;
    }
    if (a > b) {
      return 1;
    }
    return a == b ? 0 : Boolean.compare(Double.isNaN(a), Double.isNaN(b));
  }
}
