package io.lancelot.columnar;

import io.lancelot.base.InvalidInputException;
import java.util.List;
import java.util.Optional;

/// A logical type, named and parametrised as in Arrow. Closed: exactly the types that Lance stores.
///
/// Format: Arrow `Schema.fbs`; Lance logical types, lance-format section 1.6.
public sealed interface DataType {

  /// All values null, no buffers.
  record Null() implements DataType {}

  /// One bit a value, least significant bit first.
  record Bool() implements DataType {}

  /// @param bits 8, 16, 32 or 64
  /// @param signed two's complement if true
  record Int(int bits, boolean signed) implements DataType {
    public Int {
      require(bits == 8 || bits == 16 || bits == 32 || bits == 64, "integer width", bits);
    }
  }

  /// @param bits 16, 32 or 64
  record Floating(int bits) implements DataType {
    public Floating {
      require(bits == 16 || bits == 32 || bits == 64, "float width", bits);
    }
  }

  /// A scaled integer of `bits` bits, little-endian two's complement.
  ///
  /// @param bits 128 or 256
  /// @param precision number of decimal digits: at most 38 or 76
  /// @param scale digits after the point, -128 to 127
  record Decimal(int bits, int precision, int scale) implements DataType {
    public Decimal {
      require(bits == 128 || bits == 256, "decimal width", bits);
      require(
          precision >= 1 && precision <= (bits == 128 ? 38 : 76), "decimal precision", precision);
      require(scale >= -128 && scale <= 127, "decimal scale", scale);
    }
  }

  /// UTF-8 text; `large` has 64-bit offsets.
  record Utf8(boolean large) implements DataType {}

  /// Bytes of any length; `large` has 64-bit offsets.
  record Binary(boolean large) implements DataType {}

  /// @param width bytes per value, below 2^28
  record FixedSizeBinary(int width) implements DataType {
    public FixedSizeBinary {
      require(width >= 0 && width < 1 << 28, "binary width", width);
    }
  }

  /// Days (32 bits) or milliseconds (64 bits) since the epoch. Milliseconds should be whole days,
  /// but nothing makes sure of that.
  record Date(DateUnit unit) implements DataType {}

  enum DateUnit {
    DAY,
    MILLISECOND
  }

  /// Time of day: 32 bits for seconds and milliseconds, 64 bits for finer units.
  record Time(TimeUnit unit) implements DataType {}

  /// 64-bit count of `unit` since the epoch; in UTC if there is a zone, else without meaning
  /// attached.
  record Timestamp(TimeUnit unit, Optional<String> zone) implements DataType {}

  /// 64-bit count of `unit`.
  record Duration(TimeUnit unit) implements DataType {}

  enum TimeUnit {
    SECOND("s", 0),
    MILLISECOND("ms", 3),
    MICROSECOND("us", 6),
    NANOSECOND("ns", 9);

    private final String symbol;
    private final int digits;

    TimeUnit(String symbol, int digits) {
      this.symbol = symbol;
      this.digits = digits;
    }

    /// `s`, `ms`, `us` or `ns`.
    public String symbol() {
      return symbol;
    }

    /// Digits after the decimal point of a second.
    public int digits() {
      return digits;
    }

    /// Ticks of this unit in a second.
    public long perSecond() {
      return switch (this) {
        case SECOND -> 1L;
        case MILLISECOND -> 1_000L;
        case MICROSECOND -> 1_000_000L;
        case NANOSECOND -> 1_000_000_000L;
      };
    }
  }

  /// A variable number of `item`s; `large` has 64-bit offsets.
  record ListOf(Field item, boolean large) implements DataType {}

  /// Exactly `size` items per value: the type of vectors.
  record FixedSizeList(Field item, int size) implements DataType {
    public FixedSizeList {
      require(size >= 0, "list size", size);
    }
  }

  record Struct(List<Field> fields) implements DataType {
    public Struct {
      fields = List.copyOf(fields);
    }
  }

  /// Laid out as a list of `entries`, a struct of key and value.
  record MapOf(Field entries, boolean keysSorted) implements DataType {
    public MapOf {
      require(
          entries.type() instanceof Struct(List<Field> kv) && kv.size() == 2,
          "map entries",
          entries.type().arrowName());
    }

    public Field key() {
      return ((Struct) entries.type()).fields().get(0);
    }

    public Field value() {
      return ((Struct) entries.type()).fields().get(1);
    }
  }

  /// Values stored once, rows as indices into them. The values may hold dictionaries deeper down,
  /// but not be one themselves.
  record Dictionary(Int index, DataType value, boolean ordered) implements DataType {
    public Dictionary {
      require(!(value instanceof Dictionary), "dictionary values", value.arrowName());
    }
  }

  /// Bits of one value in its data buffer; empty for types without a fixed width.
  default Optional<Integer> fixedBits() {
    return switch (this) {
      case Bool _ -> Optional.of(1);
      case Int(int bits, _) -> Optional.of(bits);
      case Floating(int bits) -> Optional.of(bits);
      case Decimal(int bits, _, _) -> Optional.of(bits);
      case FixedSizeBinary(int width) -> Optional.of(width * 8);
      case Date(DateUnit unit) -> Optional.of(unit == DateUnit.DAY ? 32 : 64);
      case Time(TimeUnit unit) -> Optional.of(unit.digits() <= 3 ? 32 : 64);
      case Timestamp _, Duration _ -> Optional.of(64);
      case Null _, Utf8 _, Binary _, ListOf _, FixedSizeList _, Struct _, MapOf _, Dictionary _ ->
          Optional.empty();
    };
  }

  /// Bytes of one value of a type whose values are whole bytes.
  default int byteWidth() {
    return switch (this) {
      case Int(int bits, _) -> bits / 8;
      case Floating(int bits) -> bits / 8;
      case Decimal(int bits, _, _) -> bits / 8;
      case FixedSizeBinary(int width) -> width;
      case Date(DateUnit unit) -> unit == DateUnit.DAY ? 4 : 8;
      case Time(TimeUnit unit) -> unit.digits() <= 3 ? 4 : 8;
      case Timestamp _, Duration _ -> 8;
      case Null _,
          Bool _,
          Utf8 _,
          Binary _,
          ListOf _,
          FixedSizeList _,
          Struct _,
          MapOf _,
          Dictionary _ ->
          throw new IllegalArgumentException("no fixed byte width: " + arrowName());
    };
  }

  /// The child fields in Arrow's order.
  default List<Field> children() {
    return switch (this) {
      case ListOf(Field item, _) -> List.of(item);
      case FixedSizeList(Field item, _) -> List.of(item);
      case Struct(List<Field> fields) -> fields;
      case MapOf(Field entries, _) -> List.of(entries);
      case Null _,
          Bool _,
          Int _,
          Floating _,
          Decimal _,
          Utf8 _,
          Binary _,
          FixedSizeBinary _,
          Date _,
          Time _,
          Timestamp _,
          Duration _,
          Dictionary _ ->
          List.of();
    };
  }

  /// The type as Arrow prints it: `int32`, `fixed_size_list<item: float>[128]`, `timestamp[us,
  /// tz=UTC]`.
  default String arrowName() {
    return TypeNames.arrow(this);
  }

  private static void require(boolean holds, String what, Object found) {
    if (!holds) {
      throw new InvalidInputException("invalid " + what + ": found=" + found);
    }
  }
}
