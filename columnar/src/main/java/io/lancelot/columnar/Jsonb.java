package io.lancelot.columnar;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The binary form in which Lance stores JSON: big-endian words, a header of kind and count, an
/// entry of kind and length each, then the contents. The values are those of [Json].
///
/// Format: lance-format section 1.6.
public final class Jsonb {

  private static final int ARRAY = 0x8000_0000;
  private static final int OBJECT = 0x4000_0000;
  private static final int SCALAR = 0x2000_0000;
  private static final int COUNT = 0x1FFF_FFFF;
  private static final int LENGTH = 0x0FFF_FFFF;

  private static final String NAME = "ARROW:extension:name";
  private static final String STORED = "lance.json";
  private static final String GIVEN = "arrow.json";

  private Jsonb() {}

  /// Whether a column of a table is JSON. Releases around 0.39 kept Arrow's name for the binary
  /// form.
  public static boolean isStored(Field field) {
    String name = field.metadata().getOrDefault(NAME, "");
    return field.type() instanceof DataType.Binary && (name.equals(STORED) || name.equals(GIVEN));
  }

  /// Whether a column is JSON as text, as Arrow has it.
  public static boolean isText(Field field) {
    return field.type() instanceof DataType.Utf8 && GIVEN.equals(field.metadata().get(NAME));
  }

  /// A column of JSON as tables have it.
  public static Field stored(Field text) {
    return named(text, Types.LARGE_BINARY, STORED);
  }

  /// A column of JSON as Arrow has it.
  public static Field text(Field stored) {
    return named(stored, Types.UTF8, GIVEN);
  }

  private static Field named(Field field, DataType type, String name) {
    Map<String, String> metadata = new LinkedHashMap<>(field.metadata());
    metadata.put(NAME, name);
    return new Field(field.name(), type, field.nullable(), metadata);
  }

  /// The values of a column of text in the binary form.
  ///
  /// @throws InvalidInputException if one is no JSON, with its row
  public static Column stored(VarColumn texts, Field field, SegmentAllocator memory) {
    ColumnBuilder values = ColumnBuilder.of(field.type(), memory);
    for (int i = 0; i < texts.length(); i++) {
      try {
        values.append(texts.isNull(i) ? null : encodeText(texts.stringAt(i)));
      } catch (InvalidInputException e) {
        throw new InvalidInputException(
            e.getMessage() + " (column=" + field.name() + ", row=" + i + ")", e);
      }
    }
    return values.build();
  }

  /// The values of a column in the binary form as text.
  ///
  /// @throws CorruptDataException if one is not such a value, with its row
  public static Column text(VarColumn stored, Field field, SegmentAllocator memory) {
    ColumnBuilder texts = ColumnBuilder.of(field.type(), memory);
    for (int i = 0; i < stored.length(); i++) {
      try {
        texts.append(stored.isNull(i) ? null : text(stored.bytesAt(i)));
      } catch (CorruptDataException e) {
        throw new CorruptDataException(
            e.getMessage() + " (column=" + field.name() + ", row=" + i + ")", e);
      }
    }
    return texts.build();
  }

  /// The bytes of a text. None at all is the value null, as the real Lance has it.
  ///
  /// @throws InvalidInputException if it is no JSON
  public static byte[] encodeText(String text) {
    return encode(text.isBlank() ? null : Json.parse(text));
  }

  /// The JSON text of one value.
  ///
  /// @throws CorruptDataException if the bytes are not such a value
  public static String text(MemorySegment value) {
    return Json.text(decode(value.asByteBuffer()));
  }

  /// One value.
  ///
  /// @throws CorruptDataException if the bytes are not such a value
  public static @Nullable Object decode(ByteBuffer value) {
    try {
      return container(value, 0);
    } catch (BufferUnderflowException | IndexOutOfBoundsException | ArithmeticException e) {
      throw new CorruptDataException(
          "binary JSON: expected=a value inside its bytes, found=" + e.getMessage(), e);
    }
  }

  private static @Nullable Object container(ByteBuffer in, int depth) {
    require(depth <= Json.MAX_DEPTH, "depth", "at most " + Json.MAX_DEPTH, depth);
    int header = in.getInt();
    int count = header & COUNT;
    return switch (header & ~COUNT) {
      case SCALAR -> values(in, 1, depth).getFirst();
      case ARRAY -> values(in, count, depth);
      case OBJECT -> {
        List<@Nullable Object> values = values(in, Math.multiplyExact(count, 2), depth);
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
          map.put(String.valueOf(values.get(i)), values.get(count + i));
        }
        yield map;
      }
      default -> throw corrupt("kind", "scalar, object or array", header >>> 29);
    };
  }

  private static List<@Nullable Object> values(ByteBuffer in, int count, int depth) {
    require(count <= in.remaining() / 4, "entries", "inside " + in.remaining() + " bytes", count);
    int[] entries = new int[count];
    in.asIntBuffer().get(entries);
    in.position(in.position() + 4 * count);
    List<@Nullable Object> values = new ArrayList<>();
    for (int entry : entries) {
      int length = entry & LENGTH;
      require(length <= in.remaining(), "value bytes", "at most " + in.remaining(), length);
      ByteBuffer part = in.slice(in.position(), length);
      in.position(in.position() + length);
      values.add(
          switch (entry >>> 28 & 7) {
            case 0 -> null;
            case 1 -> StandardCharsets.UTF_8.decode(part).toString();
            case 2 -> number(part);
            case 3 -> false;
            case 4 -> true;
            case 5 -> container(part, depth + 1);
            default -> throw corrupt("value type", "0 to 5", entry >>> 28 & 7);
          });
    }
    return values;
  }

  private static Object number(ByteBuffer in) {
    int tag = in.get() & 0xFF;
    return switch (tag) {
      case 0x00 -> BigDecimal.ZERO;
      case 0x10 -> Double.NaN;
      case 0x20 -> Double.POSITIVE_INFINITY;
      case 0x30 -> Double.NEGATIVE_INFINITY;
      case 0x40, 0x50 -> {
        byte[] digits = new byte[in.remaining()];
        boolean known = Integer.bitCount(digits.length) == 1 && digits.length <= 8;
        require(known, "bytes of an integer", "1, 2, 4 or 8", digits.length);
        in.get(digits);
        yield new BigDecimal(tag == 0x40 ? new BigInteger(digits) : new BigInteger(1, digits));
      }
      case 0x60 -> {
        require(in.remaining() == 8, "bytes of a double", 8, in.remaining());
        yield in.getDouble();
      }
      default -> throw corrupt("number tag", "one of 00 to 60", Integer.toHexString(tag));
    };
  }

  /// The bytes of a value.
  public static byte[] encode(@Nullable Object value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    switch (value) {
      case Map<?, ?> map -> {
        List<@Nullable Object> parts = new ArrayList<>(map.keySet());
        parts.addAll(map.values());
        write(OBJECT | map.size(), parts, out);
      }
      case List<?> list -> write(ARRAY | list.size(), list, out);
      case null, default -> write(SCALAR, Arrays.asList(value), out);
    }
    return out.toByteArray();
  }

  private static void write(int header, List<?> values, ByteArrayOutputStream out) {
    ByteBuffer entries = ByteBuffer.allocate(4 + 4 * values.size()).putInt(header);
    List<byte[]> contents = new ArrayList<>();
    for (Object value : values) {
      byte[] content =
          switch (value) {
            case String text -> text.getBytes(StandardCharsets.UTF_8);
            case BigDecimal whole -> integer(whole.longValue(), whole.signum());
            case Double floating -> floating(floating);
            case List<?> _, Map<?, ?> _ -> encode(value);
            case null, default -> new byte[0];
          };
      int kind =
          switch (value) {
            case null -> 0;
            case String _ -> 1;
            case BigDecimal _, Double _ -> 2;
            case Boolean yes -> yes ? 4 : 3;
            default -> 5;
          };
      if (content.length > LENGTH) {
        throw new InvalidInputException(
            "JSON value: expected=at most " + LENGTH + " bytes, found=" + content.length);
      }
      entries.putInt(kind << 28 | content.length);
      contents.add(content);
    }
    out.writeBytes(entries.array());
    contents.forEach(out::writeBytes);
  }

  /// In as few bytes as hold it: 64 bits without a sign if it is positive.
  private static byte[] integer(long value, int sign) {
    if (sign == 0) {
      return new byte[1];
    }
    long shown = sign < 0 ? ~value : value >>> 1;
    int bits = 65 - Long.numberOfLeadingZeros(shown);
    int width = bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
    byte[] bytes = new byte[1 + width];
    bytes[0] = (byte) (sign < 0 ? 0x40 : 0x50);
    for (int i = 0; i < width; i++) {
      bytes[1 + i] = (byte) (value >>> 8 * (width - 1 - i));
    }
    return bytes;
  }

  private static byte[] floating(double value) {
    if (Double.isFinite(value)) {
      return ByteBuffer.allocate(9).put((byte) 0x60).putDouble(value).array();
    }
    return new byte[] {(byte) (Double.isNaN(value) ? 0x10 : value > 0 ? 0x20 : 0x30)};
  }

  private static void require(boolean holds, String what, Object expected, Object found) {
    if (!holds) {
      throw corrupt(what, expected, found);
    }
  }

  private static CorruptDataException corrupt(String what, Object expected, Object found) {
    return new CorruptDataException(
        "binary JSON: " + what + ": expected=" + expected + ", found=" + found);
  }
}
