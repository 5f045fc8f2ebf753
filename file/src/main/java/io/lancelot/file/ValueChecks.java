package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Checks that values are ones their type allows, so that a damaged page cannot hand on text that
/// is no UTF-8, decimals beyond their precision or times outside a day, and nobody can write them.
/// Dates in milliseconds that are no whole days are what JavaScript writes: they are left alone, as
/// the real Lance does.
final class ValueChecks {

  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

  private ValueChecks() {}

  /// @throws CorruptDataException if a value read that is not null is not valid for its type
  static void check(Column column, String place) {
    String problem = problem(column);
    if (problem != null) {
      throw new CorruptDataException(problem + " " + place);
    }
  }

  /// @throws InvalidInputException if a value to be written that is not null is not valid for its
  ///   type
  static void checkInput(Column column, String path) {
    String problem = problem(column);
    if (problem != null) {
      throw new InvalidInputException(problem + " (column=" + path + ")");
    }
  }

  /// What is wrong with a value; null if nothing is.
  private static @Nullable String problem(Column column) {
    return switch (column.type()) {
      case DataType.Utf8 _ -> textProblem((VarColumn) column);
      case DataType.Decimal decimal -> decimalProblem((FixedColumn) column, decimal);
      case DataType.Time(DataType.TimeUnit unit) -> timeProblem((FixedColumn) column, unit);
      case DataType.FixedSizeList _ -> problem(((FixedListColumn) column).items());
      case DataType.Struct _ ->
          ((StructColumn) column)
              .children().stream()
                  .map(ValueChecks::problem)
                  .filter(Objects::nonNull)
                  .findFirst()
                  .orElse(null);
      case DataType.Dictionary _ -> problem(((DictionaryColumn) column).values());
      case DataType.Null _,
          DataType.Bool _,
          DataType.Int _,
          DataType.Floating _,
          DataType.Binary _,
          DataType.FixedSizeBinary _,
          DataType.Date _,
          DataType.Timestamp _,
          DataType.Duration _,
          DataType.ListOf _,
          DataType.MapOf _ ->
          null;
    };
  }

  private static @Nullable String timeProblem(FixedColumn column, DataType.TimeUnit unit) {
    long day = 86_400L * unit.perSecond();
    boolean narrow = column.width() == 4;
    long signs = 0;
    for (int i = 0; i < column.length(); i++) {
      long ticks = narrow ? column.intAt(i) : column.longAt(i);
      signs |= ticks | (day - 1 - ticks);
    }
    for (int i = 0; signs < 0 && i < column.length(); i++) {
      long ticks = column.integerAt(i);
      if ((ticks < 0 || ticks >= day) && !column.isNull(i)) {
        return "time value: expected=0 to " + (day - 1) + ", found=" + ticks;
      }
    }
    return null;
  }

  private static @Nullable String textProblem(VarColumn column) {
    long from = column.offset(0);
    long to = column.offset(column.length());
    if (isAscii(column.data(), from, to)
        || isUtf8(column.data(), from, to) && beginsCharacters(column, to)) {
      return null;
    }
    for (int i = 0; i < column.length(); i++) {
      if (!isUtf8(column.data(), column.offset(i), column.offset(i + 1)) && !column.isNull(i)) {
        return "text value: expected=UTF-8, found=other bytes";
      }
    }
    return null;
  }

  /// Whether no value begins inside a character.
  private static boolean beginsCharacters(VarColumn column, long to) {
    MemorySegment data = column.data();
    for (int i = 1; i < column.length(); i++) {
      long at = column.offset(i);
      if (at < to && (data.get(ValueLayout.JAVA_BYTE, at) & 0xC0) == 0x80) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAscii(MemorySegment bytes, long from, long to) {
    long at = from;
    for (; at <= to - 64; at += 64) {
      long any =
          bytes.get(FixedColumn.LONG, at)
              | bytes.get(FixedColumn.LONG, at + 8)
              | bytes.get(FixedColumn.LONG, at + 16)
              | bytes.get(FixedColumn.LONG, at + 24)
              | bytes.get(FixedColumn.LONG, at + 32)
              | bytes.get(FixedColumn.LONG, at + 40)
              | bytes.get(FixedColumn.LONG, at + 48)
              | bytes.get(FixedColumn.LONG, at + 56);
      if ((any & HIGH_BITS) != 0) {
        return false;
      }
    }
    for (; at < to; at++) {
      if (bytes.get(ValueLayout.JAVA_BYTE, at) < 0) {
        return false;
      }
    }
    return true;
  }

  /// Whether bytes `[from, to)` are well-formed UTF-8: shortest forms, no surrogates, at most
  /// U+10FFFF.
  static boolean isUtf8(MemorySegment bytes, long from, long to) {
    long at = from;
    while (at < to) {
      while (to - at >= 32
          && ((bytes.get(FixedColumn.LONG, at)
                      | bytes.get(FixedColumn.LONG, at + 8)
                      | bytes.get(FixedColumn.LONG, at + 16)
                      | bytes.get(FixedColumn.LONG, at + 24))
                  & HIGH_BITS)
              == 0) {
        at += 32;
      }
      if (to - at >= 8 && (bytes.get(FixedColumn.LONG, at) & HIGH_BITS) == 0) {
        at += 8;
        continue;
      }
      if (at == to) {
        return true;
      }
      int lead = bytes.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
      if (lead < 0x80) {
        at++;
        continue;
      }
      int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
      if (lead < 0xC2 || lead > 0xF4 || length > to - at) {
        return false;
      }
      int second = bytes.get(ValueLayout.JAVA_BYTE, at + 1) & 0xFF;
      int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
      int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
      if (second < low || second > high) {
        return false;
      }
      for (int i = 2; i < length; i++) {
        if ((bytes.get(ValueLayout.JAVA_BYTE, at + i) & 0xC0) != 0x80) {
          return false;
        }
      }
      at += length;
    }
    return true;
  }

  private static @Nullable String decimalProblem(FixedColumn column, DataType.Decimal type) {
    BigInteger limit = BigInteger.TEN.pow(type.precision());
    int width = column.width();
    // Values whose high words only repeat the sign and whose size stays below the greatest power of
    // two under the limit need no closer look.
    int safeBits = limit.bitLength() - 1;
    for (int i = 0; i < column.length(); i++) {
      long low = column.data().get(FixedColumn.LONG, (long) i * width);
      long sign = low >> 63;
      long other = 0;
      for (int word = 1; word < width / 8; word++) {
        other |= column.data().get(FixedColumn.LONG, (long) i * width + word * 8L) ^ sign;
      }
      int used = 64 - Long.numberOfLeadingZeros(low ^ sign);
      if (other == 0 && used < safeBits || column.isNull(i)) {
        continue;
      }
      if (decimal(column, i).abs().compareTo(limit) >= 0) {
        return "decimal value: expected="
            + type.precision()
            + " digits at most, found="
            + decimal(column, i);
      }
    }
    return null;
  }

  private static BigInteger decimal(FixedColumn column, int index) {
    byte[] little = column.bytesAt(index).toArray(ValueLayout.JAVA_BYTE);
    byte[] big = new byte[little.length];
    for (int i = 0; i < big.length; i++) {
      big[i] = little[little.length - 1 - i];
    }
    return new BigInteger(big);
  }
}
