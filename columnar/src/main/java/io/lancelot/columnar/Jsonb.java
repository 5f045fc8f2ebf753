package io.lancelot.columnar;

import io.lancelot.base.CorruptDataException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Turns the binary form in which Lance stores JSON into text, as the real Lance prints it.
///
/// Format: lance-format section 1.6.
public final class Jsonb {

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final int MAX_DEPTH = 500;

  private final MemorySegment bytes;
  private final StringBuilder text = new StringBuilder();

  private Jsonb(MemorySegment bytes) {
    this.bytes = bytes;
  }

  /// The JSON text of one value.
  ///
  /// @throws CorruptDataException if the bytes are not such a value
  public static String text(MemorySegment value) {
    var jsonb = new Jsonb(value);
    try {
      jsonb.container(0, value.byteSize(), 0);
    } catch (IndexOutOfBoundsException e) {
      throw new CorruptDataException(
          "binary JSON: expected=a value inside its bytes, found=" + e.getMessage(), e);
    }
    return jsonb.text.toString();
  }

  /// A header with the kind and the number of entries, the entries, what they stand for.
  private void container(long from, long end, int depth) {
    require(depth <= MAX_DEPTH, "depth", "at most " + MAX_DEPTH, depth);
    int header = bytes.get(INT, from);
    int count = header & 0x1FFF_FFFF;
    switch (header >>> 29) {
      case 1 -> value(bytes.get(INT, from + 4), from + 8, end, depth);
      case 2 -> object(from, end, count, depth);
      case 4 -> {
        long at = from + 4 + 4L * count;
        require(at <= end, "entries", "inside " + (end - from) + " bytes", count);
        text.append('[');
        for (int i = 0; i < count; i++) {
          int entry = bytes.get(INT, from + 4 + 4L * i);
          text.append(i > 0 ? "," : "");
          value(entry, at, end, depth);
          at += length(entry);
        }
        text.append(']');
      }
      default -> throw corrupt("kind", "scalar, object or array", header >>> 29);
    }
  }

  private void object(long from, long end, int count, int depth) {
    long key = from + 4 + 8L * count;
    require(key <= end, "entries", "inside " + (end - from) + " bytes", count);
    long at = key;
    for (int i = 0; i < count; i++) {
      at += length(bytes.get(INT, from + 4 + 4L * i));
    }
    text.append('{');
    for (int i = 0; i < count; i++) {
      int name = bytes.get(INT, from + 4 + 4L * i);
      int entry = bytes.get(INT, from + 4 + 4L * (count + (long) i));
      text.append(i > 0 ? "," : "");
      string(key, length(name), end);
      text.append(':');
      value(entry, at, end, depth);
      key += length(name);
      at += length(entry);
    }
    text.append('}');
  }

  private static int length(int entry) {
    return entry & 0x0FFF_FFFF;
  }

  private void value(int entry, long at, long end, int depth) {
    int length = length(entry);
    require(length <= end - at, "value bytes", "at most " + (end - at), length);
    switch (entry >>> 28 & 7) {
      case 0 -> text.append("null");
      case 1 -> string(at, length, end);
      case 2 -> number(at, length);
      case 3 -> text.append("false");
      case 4 -> text.append("true");
      case 5 -> container(at, at + length, depth + 1);
      default -> throw corrupt("value type", "0 to 5", entry >>> 28 & 7);
    }
  }

  private void number(long at, int length) {
    int tag = bytes.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    switch (tag) {
      case 0x00 -> text.append('0');
      case 0x10 -> text.append("NaN");
      case 0x20 -> text.append("Infinity");
      case 0x30 -> text.append("-Infinity");
      case 0x40 -> text.append(integer(at + 1, length - 1, true));
      case 0x50 -> text.append(Long.toUnsignedString(integer(at + 1, length - 1, false)));
      case 0x60 -> {
        require(length == 9, "bytes of a double", 9, length);
        floating(Double.longBitsToDouble(bytes.get(LONG, at + 1)));
      }
      default -> throw corrupt("number tag", "one of 00 to 60", Integer.toHexString(tag));
    }
  }

  private long integer(long at, int width, boolean signed) {
    return switch (width) {
      case 1 ->
          signed
              ? bytes.get(ValueLayout.JAVA_BYTE, at)
              : bytes.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
      case 2 -> signed ? bytes.get(SHORT, at) : bytes.get(SHORT, at) & 0xFFFF;
      case 4 -> signed ? bytes.get(INT, at) : bytes.get(INT, at) & 0xFFFF_FFFFL;
      case 8 -> bytes.get(LONG, at);
      default -> throw corrupt("bytes of an integer", "1, 2, 4 or 8", width);
    };
  }

  /// The shortest digits that read back as the same number; an exponent from 10^16 on and below
  /// 10^-5.
  private void floating(double value) {
    if (!Double.isFinite(value) || value == 0) {
      text.append(value);
      return;
    }
    BigDecimal decimal = new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
    String digits = decimal.unscaledValue().toString();
    int point = digits.length() - decimal.scale();
    text.append(value < 0 ? "-" : "");
    if (point > 16 || point <= -5) {
      text.append(digits.charAt(0));
      if (digits.length() > 1) {
        text.append('.').append(digits, 1, digits.length());
      }
      text.append('e').append(point > 0 ? "+" : "").append(point - 1);
    } else if (point <= 0) {
      text.append("0.").repeat('0', -point).append(digits);
    } else if (point >= digits.length()) {
      text.append(digits).repeat('0', point - digits.length()).append(".0");
    } else {
      text.append(digits, 0, point).append('.').append(digits, point, digits.length());
    }
  }

  private void string(long at, int length, long end) {
    require(length <= end - at, "text bytes", "at most " + (end - at), length);
    byte[] utf8 = bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
    String plain = new String(utf8, StandardCharsets.UTF_8);
    text.append('"');
    for (int i = 0; i < plain.length(); i++) {
      char c = plain.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\b' -> text.append("\\b");
        case '\f' -> text.append("\\f");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ') {
            text.append(String.format("\\u%04x", (int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
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
