package io.lancelot.expr;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.ByteSearch;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A LIKE pattern: pieces of text between `%` signs, in which `_` stands for any one character.
///
/// Matched on UTF-8 bytes. Matching takes the first place for each piece, which is enough when `%`
/// is the only thing that stretches.
final class TextPattern {

  /// In a piece, stands for any one character. Never a byte of UTF-8.
  private static final byte ANY = (byte) 0xFF;

  private final List<byte[]> pieces;
  private final boolean caseless;

  /// Finds bytes that are part of everything that matches; null if rows are tried one by one.
  private final @Nullable ByteSearch part;

  private TextPattern(List<byte[]> pieces, boolean caseless) {
    this.pieces = pieces;
    this.caseless = caseless;
    this.part = part(pieces, caseless);
  }

  /// The longest run of bytes of a pattern that begins with `%`: what begins otherwise is decided
  /// by the first bytes of each text.
  private static @Nullable ByteSearch part(List<byte[]> pieces, boolean caseless) {
    if (pieces.size() < 3 || pieces.getFirst().length > 0) {
      return null;
    }
    byte[] longest = {};
    for (byte[] piece : pieces.subList(1, pieces.size() - 1)) {
      int from = 0;
      for (int i = 0; i <= piece.length; i++) {
        if (i == piece.length || piece[i] == ANY) {
          longest = i - from > longest.length ? Arrays.copyOfRange(piece, from, i) : longest;
          from = i + 1;
        }
      }
    }
    if (longest.length == 0) {
      return null;
    }
    return caseless ? ByteSearch.ofAnyCase(longest) : ByteSearch.of(longest);
  }

  static TextPattern like(String pattern, char escape, boolean caseless) {
    List<byte[]> pieces = new ArrayList<>();
    ByteArrayOutputStream piece = new ByteArrayOutputStream();
    String text = caseless ? fold(pattern) : pattern;
    for (int i = 0; i < text.length(); ) {
      int point = text.codePointAt(i);
      i += Character.charCount(point);
      if (point == '%' && escape != '%') {
        pieces.add(piece.toByteArray());
        piece.reset();
      } else if (point == '_' && escape != '_') {
        piece.write(ANY);
      } else {
        if (point == escape && i < text.length()) {
          point = text.codePointAt(i);
          i += Character.charCount(point);
        }
        piece.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
      }
    }
    pieces.add(piece.toByteArray());
    return new TextPattern(pieces, caseless);
  }

  /// Text that starts with `start`, ends with `end`, and has `inside` between, each taken as it is.
  static TextPattern parts(String start, String inside, String end) {
    List<byte[]> pieces = new ArrayList<>();
    pieces.add(start.getBytes(StandardCharsets.UTF_8));
    if (!inside.isEmpty()) {
      pieces.add(inside.getBytes(StandardCharsets.UTF_8));
    }
    pieces.add(end.getBytes(StandardCharsets.UTF_8));
    return new TextPattern(pieces, false);
  }

  /// Case folding character by character, so that `_` still counts characters.
  private static String fold(String text) {
    StringBuilder folded = new StringBuilder(text.length());
    text.codePoints()
        .map(point -> Character.toLowerCase(Character.toUpperCase(point)))
        .forEach(folded::appendCodePoint);
    return folded.toString();
  }

  /// The bytes that every text that matches begins with; none if letters match in either case.
  byte[] prefix() {
    byte[] first = pieces.getFirst();
    int length = 0;
    while (!caseless && length < first.length && first[length] != ANY) {
      length++;
    }
    return Arrays.copyOf(first, length);
  }

  /// Whether every text that begins with [#prefix] matches.
  boolean isPrefix() {
    return pieces.size() == 2
        && pieces.getLast().length == 0
        && prefix().length == pieces.getFirst().length;
  }

  /// Whether everything matches that holds one text, the only one of [#substrings].
  boolean isSubstring() {
    List<byte[]> texts = pieces.stream().filter(piece -> piece.length > 0).toList();
    if (caseless || texts.size() != 1) {
      return false;
    }
    for (byte letter : texts.getFirst()) {
      if (letter == ANY) {
        return false;
      }
    }
    return pieces.getFirst().length == 0 && pieces.getLast().length == 0;
  }

  /// Text that is part of everything that matches, up to the case of its letters. Where case does
  /// not count, it comes apart at each `i`, which matches a dotted capital İ that no index folds.
  List<Probe.Part> substrings() {
    List<Probe.Part> found = new ArrayList<>();
    for (byte[] piece : pieces) {
      int from = 0;
      for (int i = 0; i <= piece.length; i++) {
        if (i == piece.length || piece[i] == ANY || caseless && piece[i] == 'i') {
          if (i > from) {
            String text = new String(piece, from, i - from, StandardCharsets.UTF_8);
            found.add(new Probe.Part(text, caseless));
          }
          from = i + 1;
        }
      }
    }
    return found;
  }

  /// Writes a bit for each of some texts.
  void run(ByteStrings texts, int count, MemorySegment out) {
    ByteSearch search = part;
    if (search != null
        && (!caseless || ByteSearch.ascii(texts.data(), texts.from(0), texts.from(count)))) {
      search(search, texts, count, out);
      return;
    }
    for (int i = 0; i < count; i += 64) {
      int block = Math.min(64, count - i);
      long word = 0;
      for (int j = 0; j < block; j++) {
        boolean found = matches(texts.data(), texts.from(i + j), texts.from(i + j + 1));
        word |= (found ? 1L : 0L) << j;
      }
      out.set(FixedColumn.LONG, i >>> 3, word);
    }
  }

  /// Looks for a part of the pattern in all texts at once, and tries those that have it.
  private void search(ByteSearch search, ByteStrings texts, int count, MemorySegment out) {
    out.fill((byte) 0);
    boolean enough =
        pieces.size() == 3 && pieces.get(2).length == 0 && pieces.get(1).length == search.length();
    MemorySegment data = texts.data();
    long end = texts.from(count);
    int row = 0;
    long at = search.find(data, texts.from(0), end);
    while (at >= 0) {
      row = rowOf(at, texts, row, count);
      long next = texts.from(row + 1);
      if (at + search.length() <= next) {
        if (enough || matches(data, texts.from(row), next)) {
          long word = row / 64 * 8L;
          out.set(FixedColumn.LONG, word, out.get(FixedColumn.LONG, word) | 1L << row);
        }
        at = search.find(data, next, end);
      } else {
        at = search.find(data, at + 1, end);
      }
    }
  }

  /// The text that has a byte, which is not before the first of a row.
  private static int rowOf(long at, ByteStrings texts, int row, int count) {
    int low = row;
    int step = 1;
    while (low + step < count && texts.from(low + step) <= at) {
      low += step;
      step *= 2;
    }
    int high = Math.min(count, low + step);
    while (high - low > 1) {
      int middle = low + high >>> 1;
      if (texts.from(middle) <= at) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  boolean matches(MemorySegment data, long from, long to) {
    if (caseless) {
      for (long i = from; i < to; i++) {
        if (data.get(ValueLayout.JAVA_BYTE, i) < 0) {
          byte[] raw = data.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE);
          byte[] folded =
              fold(new String(raw, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
          return find(MemorySegment.ofArray(folded), 0, folded.length);
        }
      }
    }
    return find(data, from, to);
  }

  private boolean find(MemorySegment data, long from, long to) {
    byte[] first = pieces.getFirst();
    long at = matchAt(first, data, from, to);
    if (at < 0) {
      return false;
    }
    int last = pieces.size() - 1;
    if (last == 0) {
      return at == to;
    }
    for (int i = 1; i < last; i++) {
      at = search(pieces.get(i), data, at, to);
      if (at < 0) {
        return false;
      }
    }
    return endsWith(pieces.get(last), data, at, to);
  }

  /// The end of the piece at exactly `from`, or -1.
  private long matchAt(byte[] piece, MemorySegment data, long from, long to) {
    long at = from;
    for (byte wanted : piece) {
      if (at >= to) {
        return -1;
      }
      byte found = data.get(ValueLayout.JAVA_BYTE, at++);
      if (wanted == ANY) {
        while (at < to && (data.get(ValueLayout.JAVA_BYTE, at) & 0xC0) == 0x80) {
          at++;
        }
      } else if (wanted != (caseless && found >= 'A' && found <= 'Z' ? found + 32 : found)) {
        return -1;
      }
    }
    return at;
  }

  private long search(byte[] piece, MemorySegment data, long from, long to) {
    boolean known = !caseless && piece.length > 0 && piece[0] != ANY;
    for (long start = from; start <= to; start++) {
      if (known && start < to && data.get(ValueLayout.JAVA_BYTE, start) != piece[0]) {
        continue;
      }
      if (start > from && start < to && (data.get(ValueLayout.JAVA_BYTE, start) & 0xC0) == 0x80) {
        continue;
      }
      long end = matchAt(piece, data, start, to);
      if (end >= 0) {
        return end;
      }
    }
    return -1;
  }

  private boolean endsWith(byte[] piece, MemorySegment data, long from, long to) {
    // Characters differ in bytes, so the start of the piece is found by counting them backwards.
    long start = to;
    int characters = 0;
    for (byte wanted : piece) {
      characters += wanted == ANY || (wanted & 0xC0) != 0x80 ? 1 : 0;
    }
    while (characters > 0 && start > from) {
      start--;
      characters -= (data.get(ValueLayout.JAVA_BYTE, start) & 0xC0) != 0x80 ? 1 : 0;
    }
    return characters == 0 && matchAt(piece, data, start, to) == to;
  }
}
