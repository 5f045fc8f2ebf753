package io.lancelot.expr;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.lancelot.base.InvalidInputException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Functions of text and bytes. Positions and lengths count code points, from 1.
final class TextFunctions {

  private TextFunctions() {}

  /// Longest text a function makes of one value.
  private static final int MOST = 64 << 20;

  static void register(FunctionTable to) {
    to.family("Text");
    to.add(
        "ascii(text) -> int32",
        "Code point of the first character, 0 for none",
        a -> a.text(0).isEmpty() ? 0 : a.text(0).codePointAt(0));
    to.add("bit_length(bytes) -> int32", "Bits of the UTF-8 form", a -> a.bytes(0).length * 8);
    to.add(
        "btrim|trim(text, text?) -> text",
        "Without these characters at both ends; default spaces",
        a -> trimmed(a, true, true));
    to.add("ltrim(text, text?) -> text", "The same at the start", a -> trimmed(a, true, false));
    to.add("rtrim(text, text?) -> text", "The same at the end", a -> trimmed(a, false, true));
    to.add("chr(int) -> text", "The character of a code point", a -> character(a.integer(0)));
    to.addSeeingNulls("concat(shown...) -> text", "All joined, nulls left out", a -> joined(a, 0));
    to.addSeeingNulls(
        "concat_ws(text, shown...) -> text",
        "The others joined by the first, nulls left out",
        a -> a.isNull(0) ? null : joined(a, 1));
    to.add(
        "find_in_set(text, text) -> int32",
        "Position in a list written with commas, or 0",
        a -> List.of(a.text(1).split(",", -1)).indexOf(a.text(0)) + 1);
    to.add("initcap(text) -> text", "Words with a capital first", a -> capitals(a.text(0)));
    to.add(
        "left(text, int) -> text",
        "The first n characters; all but the last -n if negative",
        a -> slice(a.text(0), 0, fromEnd(a.text(0), a.small(1))));
    to.add(
        "right(text, int) -> text",
        "The last n characters; all but the first -n if negative",
        a -> right(a.text(0), a.small(1)));
    to.add("levenshtein(text, text) -> int32", "Edits between two texts", TextFunctions::edits);
    to.add(
        "lpad(text, int, text?) -> text",
        "Filled up to a length from the left, or cut to it",
        a -> padded(a, true));
    to.add(
        "rpad(text, int, text?) -> text",
        "Filled up to a length from the right, or cut to it",
        a -> padded(a, false));
    to.add(
        "overlay(text, text, int, int?) -> text",
        "With characters from a position on replaced",
        TextFunctions::overlaid);
    to.add("repeat(text, int) -> text", "Written n times", TextFunctions::repeated);
    to.add(
        "replace(text, text, text) -> text",
        "All occurrences of the second replaced",
        a -> bounded(a.text(0).replace(a.text(1), a.text(2))));
    to.add(
        "reverse(text) -> text",
        "Last character first",
        a -> new StringBuilder(a.text(0)).reverse().toString());
    to.add(
        "split_part(text, text, int) -> text",
        "The n-th part between delimiters, from the end if negative",
        TextFunctions::part);
    to.add(
        "strpos|instr|position(text, text) -> int32",
        "Position of the second in the first, or 0",
        a -> position(a.text(0), a.text(1)));
    to.add(
        "substr|substring(text, int, int?) -> text",
        "Characters from a position on",
        TextFunctions::substring);
    to.add(
        "substr_index|substring_index(text, text, int) -> text",
        "What comes before the n-th delimiter, from the end if negative",
        TextFunctions::beforeDelimiter);
    to.add(
        "translate(text, text, text) -> text",
        "Characters of the second replaced by those of the third",
        TextFunctions::translated);
    to.addUnsteady(
        "uuid() -> text", "A new random UUID in each row", _ -> UUID.randomUUID().toString());
    regex(to);
    digests(to);
  }

  private static void regex(FunctionTable to) {
    to.family("Regular expressions");
    to.add(
        "regexp_like(text, text, text?) -> bool",
        "Whether the pattern is found",
        a -> pattern(a, 1, 2).matcher(a.text(0)).find());
    to.add(
        "regexp_match(text, text, text?) -> texts",
        "The groups of the first match, or the match; null for none",
        TextFunctions::match);
    to.add(
        "regexp_replace(text, text, text, text?) -> text",
        "The first match replaced, all with flag g; $1 stands for a group",
        TextFunctions::replaced);
    to.add(
        "regexp_count(text, text, int?, text?) -> int",
        "How often the pattern is found from a position on",
        TextFunctions::counted);
    to.add(
        "regexp_instr(text, text, int?, int?, text?) -> int",
        "Position of the n-th match, or 0",
        TextFunctions::found);
    to.add(
        "similar_to(text, text) -> bool",
        "SIMILAR TO: the whole text matches an SQL pattern",
        a -> Regex.similar(a.text(1)).matcher(a.text(0)).matches());
  }

  private static void digests(FunctionTable to) {
    to.family("Bytes");
    to.add("encode(bytes, text) -> text", "As `base64` or `hex`", TextFunctions::encoded);
    to.add("decode(text, text) -> bytes", "From `base64` or `hex`", TextFunctions::decoded);
    to.add(
        "md5(bytes) -> text",
        "MD5 in hexadecimal digits",
        a -> HexFormat.of().formatHex(digest("MD5", a.bytes(0))));
    for (String bits : List.of("224", "256", "384", "512")) {
      to.add(
          "sha" + bits + "(bytes) -> bytes", "SHA-" + bits, a -> digest("SHA-" + bits, a.bytes(0)));
    }
    to.add(
        "digest(bytes, text) -> bytes",
        "By the name of the algorithm: md5, sha224, sha256, sha384, sha512",
        a ->
            digest(
                a.text(1).toUpperCase(Locale.ROOT).replace("SHA", "SHA-").replace("--", "-"),
                a.bytes(0)));
  }

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  private static String bounded(String text) {
    if (text.length() > MOST) {
      throw new ArithmeticException("text longer than " + MOST + " characters");
    }
    return text;
  }

  /// Code points `[from, to)`, cut to what is there.
  private static String slice(String text, int from, int to) {
    int length = length(text);
    int start = Math.clamp(from, 0, length);
    int end = Math.clamp(to, start, length);
    return text.substring(text.offsetByCodePoints(0, start), text.offsetByCodePoints(0, end));
  }

  private static int fromEnd(String text, int count) {
    return count < 0 ? Math.max(0, length(text) + count) : count;
  }

  private static String right(String text, int count) {
    int length = length(text);
    return slice(text, count < 0 ? -count : length - count, length);
  }

  private static String trimmed(Arguments a, boolean start, boolean end) {
    String text = a.text(0);
    String unwanted = a.text(1, " ");
    int from = 0;
    int to = text.length();
    while (start && from < to && unwanted.indexOf(text.codePointAt(from)) >= 0) {
      from += Character.charCount(text.codePointAt(from));
    }
    while (end && to > from && unwanted.indexOf(text.codePointBefore(to)) >= 0) {
      to -= Character.charCount(text.codePointBefore(to));
    }
    return text.substring(from, to);
  }

  private static String character(long code) {
    if (code <= 0 || code > Character.MAX_CODE_POINT || (code >= 0xD800 && code <= 0xDFFF)) {
      throw new InvalidInputException("chr: expected=a code point above 0, found=" + code);
    }
    return Character.toString((int) code);
  }

  private static String joined(Arguments a, int from) {
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (int i = from; i < a.count(); i++) {
      if (!a.isNull(i)) {
        out.append(first || from == 0 ? "" : a.text(0)).append(a.text(i));
        first = false;
      }
    }
    return bounded(out.toString());
  }

  private static String capitals(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inside = false;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int c = text.codePointAt(i);
      out.appendCodePoint(inside ? Character.toLowerCase(c) : Character.toUpperCase(c));
      inside = Character.isLetterOrDigit(c);
    }
    return out.toString();
  }

  private static int edits(Arguments a) {
    int[] x = a.text(0).codePoints().toArray();
    int[] y = a.text(1).codePoints().toArray();
    int[] row = new int[y.length + 1];
    for (int j = 0; j <= y.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= x.length; i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= y.length; j++) {
        int replaced = diagonal + (x[i - 1] == y[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[y.length];
  }

  private static String padded(Arguments a, boolean left) {
    String text = a.text(0);
    int wanted = Math.max(0, a.small(1));
    int length = length(text);
    String fill = a.text(2, " ");
    if (wanted <= length || fill.isEmpty()) {
      return slice(text, 0, wanted);
    }
    if (wanted > MOST) {
      throw new ArithmeticException("text longer than " + MOST + " characters");
    }
    int missing = wanted - length;
    String padding = slice(fill.repeat(missing / length(fill) + 1), 0, missing);
    return left ? padding + text : text + padding;
  }

  private static String overlaid(Arguments a) {
    String text = a.text(0);
    int from = a.small(2) - 1;
    int count = a.has(3) ? a.small(3) : length(a.text(1));
    return slice(text, 0, from)
        + a.text(1)
        + slice(text, (int) Math.min((long) from + count, MOST), MOST);
  }

  private static String repeated(Arguments a) {
    int times = Math.max(0, a.small(1));
    if ((long) a.text(0).length() * times > MOST) {
      throw new ArithmeticException("text longer than " + MOST + " characters");
    }
    return a.text(0).repeat(times);
  }

  private static List<String> split(String text, String delimiter) {
    if (delimiter.isEmpty()) {
      return List.of(text);
    }
    List<String> parts = new ArrayList<>();
    int from = 0;
    for (int at = text.indexOf(delimiter); at >= 0; at = text.indexOf(delimiter, from)) {
      parts.add(text.substring(from, at));
      from = at + delimiter.length();
    }
    parts.add(text.substring(from));
    return parts;
  }

  private static String part(Arguments a) {
    int n = a.small(2);
    if (n == 0) {
      throw new InvalidInputException("split_part: expected=a part other than 0, found=0");
    }
    List<String> parts = split(a.text(0), a.text(1));
    int index = n > 0 ? n - 1 : parts.size() + n;
    return index >= 0 && index < parts.size() ? parts.get(index) : "";
  }

  private static int position(String text, String part) {
    int at = text.indexOf(part);
    return at < 0 ? 0 : text.codePointCount(0, at) + 1;
  }

  private static String substring(Arguments a) {
    String text = a.text(0);
    long from = a.integer(1);
    if (!a.has(2)) {
      return slice(text, Math.clamp(from - 1, 0, MOST), MOST);
    }
    if (a.integer(2) < 0) {
      throw new InvalidInputException(
          "substr: expected=a length of at least 0, found=" + a.integer(2));
    }
    int start = Math.clamp(from - 1, -MOST, MOST);
    return slice(text, start, start + Math.clamp(a.integer(2), 0, 2 * MOST));
  }

  private static String beforeDelimiter(Arguments a) {
    int n = a.small(2);
    if (n == 0 || a.text(1).isEmpty()) {
      return "";
    }
    List<String> parts = split(a.text(0), a.text(1));
    int size = parts.size();
    List<String> kept =
        n > 0 ? parts.subList(0, Math.min(n, size)) : parts.subList(Math.max(0, size + n), size);
    return String.join(a.text(1), kept);
  }

  private static String translated(Arguments a) {
    int[] from = a.text(1).codePoints().toArray();
    int[] to = a.text(2).codePoints().toArray();
    StringBuilder out = new StringBuilder();
    a.text(0)
        .codePoints()
        .forEach(c -> {
          int at = 0;
          while (at < from.length && from[at] != c) {
            at++;
          }
          if (at == from.length) {
            out.appendCodePoint(c);
          } else if (at < to.length) {
            out.appendCodePoint(to[at]);
          }
        });
    return out.toString();
  }

  private static Pattern pattern(Arguments a, int pattern, int flags) {
    return Regex.of(a.text(pattern), a.text(flags, ""));
  }

  private static @Nullable List<@Nullable String> match(Arguments a) {
    Matcher matcher = pattern(a, 1, 2).matcher(a.text(0));
    if (!matcher.find()) {
      return null;
    }
    List<@Nullable String> groups = new ArrayList<>();
    for (int i = 1; i <= matcher.groupCount(); i++) {
      groups.add(matcher.group(i));
    }
    if (groups.isEmpty()) {
      groups.add(matcher.group());
    }
    return groups;
  }

  private static String replaced(Arguments a) {
    String flags = a.text(3, "");
    Matcher matcher = Regex.of(a.text(1), flags.replace("g", "")).matcher(a.text(0));
    String replacement = Regex.replacement(a.text(2));
    try {
      return bounded(
          flags.contains("g")
              ? matcher.replaceAll(replacement)
              : matcher.replaceFirst(replacement));
    } catch (IndexOutOfBoundsException e) {
      throw new InvalidInputException(
          "regexp_replace: expected=groups of the pattern, found=" + a.text(2), e);
    }
  }

  private static int start(Arguments a, int index) {
    if (!a.has(index)) {
      return 0;
    }
    if (a.integer(index) < 1) {
      throw new InvalidInputException(
          "regular expression: expected=a start from 1, found=" + a.integer(index));
    }
    String text = a.text(0);
    return text.offsetByCodePoints(0, Math.min(a.small(index) - 1, length(text)));
  }

  private static long counted(Arguments a) {
    Matcher matcher = pattern(a, 1, 3).matcher(a.text(0).substring(start(a, 2)));
    long count = 0;
    while (matcher.find()) {
      count++;
    }
    return count;
  }

  private static long found(Arguments a) {
    int start = start(a, 2);
    String text = a.text(0);
    Matcher matcher = pattern(a, 1, 4).matcher(text.substring(start));
    long left = a.has(3) ? a.integer(3) : 1;
    while (matcher.find()) {
      if (--left == 0) {
        return text.codePointCount(0, start + matcher.start()) + 1L;
      }
    }
    return 0;
  }

  private static String encoded(Arguments a) {
    return switch (a.text(1).toLowerCase(Locale.ROOT)) {
      case "hex" -> HexFormat.of().formatHex(a.bytes(0));
      case "base64" -> Base64.getEncoder().withoutPadding().encodeToString(a.bytes(0));
      default ->
          throw new InvalidInputException("encode: expected=hex or base64, found=" + a.text(1));
    };
  }

  private static byte[] decoded(Arguments a) {
    try {
      return switch (a.text(1).toLowerCase(Locale.ROOT)) {
        case "hex" -> HexFormat.of().parseHex(a.text(0));
        case "base64" -> Base64.getDecoder().decode(a.text(0).getBytes(StandardCharsets.UTF_8));
        default ->
            throw new InvalidInputException("decode: expected=hex or base64, found=" + a.text(1));
      };
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException("decode: expected=" + a.text(1) + ", found=" + a.text(0), e);
    }
  }

  private static byte[] digest(String algorithm, byte[] bytes) {
    try {
      return MessageDigest.getInstance(algorithm).digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new InvalidInputException("unknown digest: found=" + algorithm, e);
    }
  }
}
