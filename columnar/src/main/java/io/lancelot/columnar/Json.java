package io.lancelot.columnar;

import io.lancelot.base.InvalidInputException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// JSON values as text: `Map` in the order of its keys, `List`, `String`, `BigDecimal` or `Double`,
/// `Boolean`, and null. Their binary form is [Jsonb].
public final class Json {

  static final int MAX_DEPTH = 500;

  /// As their UTF-8 bytes would be ordered, which is not the order of their chars.
  private static final Comparator<String> BY_BYTES =
      (a, b) -> Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());

  private Json() {}

  /// Parses text. Beside the standard, `NaN` and `Infinity`, which Python writes, are numbers.
  ///
  /// @throws InvalidInputException if it is none, with the position; also if an object names an
  ///   attribute twice
  public static @Nullable Object parse(String text) {
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
      if (word("NaN")) {
        return Double.NaN;
      }
      if (word("Infinity")) {
        return Double.POSITIVE_INFINITY;
      }
      if (word("-Infinity")) {
        return Double.NEGATIVE_INFINITY;
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
      return whole && number.toBigInteger().bitLength() <= (number.signum() < 0 ? 63 : 64)
          ? number
          : (Object) Double.parseDouble(digits);
    }

    private Map<String, @Nullable Object> object(int depth) {
      Map<String, @Nullable Object> map = new TreeMap<>(BY_BYTES);
      if (take('}')) {
        return map;
      }
      do {
        skip();
        String key = string();
        if (map.containsKey(key)) {
          throw wrong("each attribute once, found=" + key + " again");
        }
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
          case 'u' -> unicode(out);
          case '"', '\\', '/' -> out.append(escaped);
          default -> throw wrong("an escape that JSON has, found=\\" + escaped);
        }
      }
      if (at++ >= text.length()) {
        throw wrong("\"");
      }
      return out.toString();
    }

    /// Half of a surrogate pair stays as it was written: no text can hold it.
    private void unicode(StringBuilder out) {
      char unit = hex(at);
      at += 4;
      if (!Character.isSurrogate(unit)) {
        out.append(unit);
        return;
      }
      if (Character.isHighSurrogate(unit) && text.startsWith("\\u", at)) {
        char low = hex(at + 2);
        if (Character.isLowSurrogate(low)) {
          at += 6;
          out.append(unit).append(low);
          return;
        }
      }
      out.append("\\u").append(text, at - 4, at);
    }

    private char hex(int from) {
      try {
        return (char) HexFormat.fromHexDigits(text, from, from + 4);
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw wrong("four hexadecimal digits");
      }
    }
  }

  /// Compact text, as the real Lance writes it: what is no number is null.
  public static String text(@Nullable Object value) {
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
      case String text -> quote(text, out);
      case Double number -> number(number, out);
      case null, default -> out.append(value);
    }
  }

  private static void quote(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ') {
            out.append("\\u").append(HexFormat.of().toHexDigits(c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  /// The shortest digits that read back as the same number; an exponent from 10^16 on and below
  /// 10^-5.
  private static void number(double value, StringBuilder out) {
    if (!Double.isFinite(value)) {
      out.append("null");
      return;
    }
    if (value == 0) {
      out.append(value);
      return;
    }
    BigDecimal decimal = new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
    String digits = decimal.unscaledValue().toString();
    int point = digits.length() - decimal.scale();
    out.append(value < 0 ? "-" : "");
    if (point > 16 || point <= -5) {
      out.append(digits.charAt(0));
      if (digits.length() > 1) {
        out.append('.').append(digits, 1, digits.length());
      }
      out.append('e').append(point > 0 ? "+" : "").append(point - 1);
    } else if (point <= 0) {
      out.append("0.").repeat('0', -point).append(digits);
    } else if (point >= digits.length()) {
      out.append(digits).repeat('0', point - digits.length()).append(".0");
    } else {
      out.append(digits, 0, point).append('.').append(digits, point, digits.length());
    }
  }
}
