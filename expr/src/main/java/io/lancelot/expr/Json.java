package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// JSON values: `Map` in the order of its keys, `List`, `String`, `BigDecimal` or `Double`,
/// `Boolean`, and null.
///
/// Format: text, or the binary form (`jsonb`) in which upstream stores columns of JSON: big-endian
/// words, a header of kind and count, an entry of kind and length each, then the contents.
final class Json {

  private static final int MAX_DEPTH = 200;

  private Json() {}

  static @Nullable Object ofBinary(byte[] bytes) {
    try {
      return container(ByteBuffer.wrap(bytes), 0);
    } catch (IndexOutOfBoundsException
        | java.nio.BufferUnderflowException
        | IllegalArgumentException e) {
      throw new InvalidInputException(
          "invalid JSON value: expected=binary JSON, found=" + bytes.length + " other bytes", e);
    }
  }

  private static @Nullable Object container(ByteBuffer in, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("nested too deep");
    }
    int header = in.getInt();
    int count = header & 0x1FFF_FFFF;
    boolean object = (header & 0xE000_0000) == 0x4000_0000;
    boolean scalar = (header & 0xE000_0000) == 0x2000_0000;
    int entries = scalar ? 1 : object ? Math.multiplyExact(count, 2) : count;
    if (entries > in.remaining() / 4) {
      throw new IllegalArgumentException("too many entries");
    }
    int[] kinds = new int[entries];
    for (int i = 0; i < entries; i++) {
      kinds[i] = in.getInt();
    }
    List<@Nullable Object> values = new ArrayList<>();
    for (int kind : kinds) {
      int length = kind & 0x0FFF_FFFF;
      ByteBuffer part = in.slice(in.position(), length);
      in.position(in.position() + length);
      values.add(
          switch (kind >>> 28 & 7) {
            case 0 -> null;
            case 1 -> StandardCharsets.UTF_8.decode(part).toString();
            case 2 -> number(part);
            case 3 -> false;
            case 4 -> true;
            case 5 -> container(part, depth + 1);
            default -> throw new IllegalArgumentException("unknown kind of value");
          });
    }
    if (scalar) {
      return values.getFirst();
    }
    if (!object) {
      return values;
    }
    Map<String, @Nullable Object> map = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      map.put(String.valueOf(values.get(i)), values.get(count + i));
    }
    return map;
  }

  private static Object number(ByteBuffer in) {
    int kind = in.get() & 0xF0;
    int width = in.remaining();
    return switch (kind) {
      case 0x00 -> BigDecimal.ZERO;
      case 0x10 -> Double.NaN;
      case 0x20 -> Double.POSITIVE_INFINITY;
      case 0x30 -> Double.NEGATIVE_INFINITY;
      case 0x40, 0x50 -> {
        byte[] digits = new byte[width];
        in.get(digits);
        yield new BigDecimal(kind == 0x40 ? new BigInteger(digits) : new BigInteger(1, digits));
      }
      case 0x60 -> in.getDouble();
      default -> throw new IllegalArgumentException("unknown kind of number");
    };
  }

  /// Parses text.
  static @Nullable Object ofText(String text) {
    Parsing parsing = new Parsing(text);
    Object value = parsing.value(0);
    parsing.skip();
    if (parsing.at < text.length()) {
      throw parsing.wrong("the end");
    }
    return value;
  }

  private static final class Parsing {
    private final String text;
    private int at;

    Parsing(String text) {
      this.text = text;
    }

    InvalidInputException wrong(String expected) {
      return new InvalidInputException(
          "invalid JSON: expected=" + expected + " (position=" + (at + 1) + ")");
    }

    void skip() {
      while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
    }

    boolean take(char c) {
      skip();
      boolean found = at < text.length() && text.charAt(at) == c;
      at += found ? 1 : 0;
      return found;
    }

    boolean word(String word) {
      boolean found = text.startsWith(word, at);
      at += found ? word.length() : 0;
      return found;
    }

    @Nullable Object value(int depth) {
      if (depth > MAX_DEPTH) {
        throw wrong("at most " + MAX_DEPTH + " levels");
      }
      if (take('{')) {
        return object(depth);
      }
      if (take('[')) {
        List<@Nullable Object> list = new ArrayList<>();
        if (take(']')) {
          return list;
        }
        do {
          list.add(value(depth + 1));
        } while (take(','));
        if (!take(']')) {
          throw wrong("]");
        }
        return list;
      }
      skip();
      if (at < text.length() && text.charAt(at) == '"') {
        return string();
      }
      if (word("true")) {
        return true;
      }
      if (word("false")) {
        return false;
      }
      if (word("null")) {
        return null;
      }
      int from = at;
      while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      try {
        if (at - from > 400) {
          throw new NumberFormatException();
        }
        return number(text.substring(from, at));
      } catch (NumberFormatException e) {
        at = from;
        throw wrong("a value");
      }
    }

    /// A `BigDecimal` if it is a whole number of 64 bits, else a `Double`, as the binary form has
    /// it.
    private static Object number(String digits) {
      BigDecimal number = new BigDecimal(digits);
      boolean whole = digits.chars().noneMatch(c -> c == '.' || c == 'e' || c == 'E');
      return whole && number.toBigInteger().bitLength() <= 64
          ? number
          : (Object) Double.parseDouble(digits);
    }

    private Map<String, @Nullable Object> object(int depth) {
      Map<String, @Nullable Object> map = new TreeMap<>();
      if (take('}')) {
        return map;
      }
      do {
        skip();
        String key = string();
        if (!take(':')) {
          throw wrong(":");
        }
        map.put(key, value(depth + 1));
      } while (take(','));
      if (!take('}')) {
        throw wrong("}");
      }
      return map;
    }

    private String string() {
      if (at >= text.length() || text.charAt(at) != '"') {
        throw wrong("a string");
      }
      at++;
      StringBuilder out = new StringBuilder();
      while (at < text.length() && text.charAt(at) != '"') {
        char c = text.charAt(at++);
        if (c != '\\' || at >= text.length()) {
          out.append(c);
          continue;
        }
        char escaped = text.charAt(at++);
        switch (escaped) {
          case 'n' -> out.append('\n');
          case 't' -> out.append('\t');
          case 'r' -> out.append('\r');
          case 'b' -> out.append('\b');
          case 'f' -> out.append('\f');
          case 'u' -> {
            try {
              out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
              at += 4;
            } catch (NumberFormatException | IndexOutOfBoundsException e) {
              throw wrong("four hexadecimal digits");
            }
          }
          default -> out.append(escaped);
        }
      }
      if (at++ >= text.length()) {
        throw wrong("\"");
      }
      return out.toString();
    }
  }

  /// Compact text.
  static String write(@Nullable Object value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  private static void write(@Nullable Object value, StringBuilder out) {
    switch (value) {
      case Map<?, ?> map -> {
        char between = '{';
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          out.append(between);
          write(entry.getKey(), out);
          out.append(':');
          write(entry.getValue(), out);
          between = ',';
        }
        out.append(map.isEmpty() ? "{}" : "}");
      }
      case List<?> list -> {
        char between = '[';
        for (Object item : list) {
          out.append(between);
          write(item, out);
          between = ',';
        }
        out.append(list.isEmpty() ? "[]" : "]");
      }
      case String text -> {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
          char c = text.charAt(i);
          switch (c) {
            case '"', '\\' -> out.append('\\').append(c);
            case '\n' -> out.append("\\n");
            case '\t' -> out.append("\\t");
            case '\r' -> out.append("\\r");
            default -> {
              if (c < ' ') {
                out.append(String.format(java.util.Locale.ROOT, "\\u%04x", (int) c));
              } else {
                out.append(c);
              }
            }
          }
        }
        out.append('"');
      }
      case Double number -> out.append(shown(number));
      case null, default -> out.append(value);
    }
  }

  /// Numbers as upstream shows them: `1000.0`, `1e+16`, `1e-7`.
  private static String shown(double value) {
    double size = Math.abs(value);
    if (size == 0 || (size >= 1e-5 && size < 1e16)) {
      String plain = new BigDecimal(Double.toString(value)).toPlainString();
      String digits = plain.contains(".") ? plain : plain + ".0";
      return value == 0 && 1 / value < 0 && !digits.startsWith("-") ? "-" + digits : digits;
    }
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    String[] parts = Double.toString(value).split("E", 2);
    return parts[0].replace(".0", "") + "e" + (parts[1].startsWith("-") ? "" : "+") + parts[1];
  }
}
