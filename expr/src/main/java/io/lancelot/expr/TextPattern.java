package io.lancelot.expr;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A LIKE pattern: pieces of text between `%` signs, in which `_` stands for any one character.
///
/// Matched on UTF-8 bytes. Matching takes the first place for each piece, which is enough when `%`
/// is the only thing that stretches.
final class TextPattern {

  /// In a piece, stands for any one character. Never a byte of UTF-8.
  private static final byte ANY = (byte) 0xFF;

  private final List<byte[]> pieces;
  private final boolean caseless;

  private TextPattern(List<byte[]> pieces, boolean caseless) {
    this.pieces = pieces;
    this.caseless = caseless;
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

  /// Text that is part of everything that matches, up to the case of its letters. Where case does
  /// not count, it comes apart at each `i`, which matches a dotted capital İ that no index folds.
  List<String> substrings() {
    List<String> found = new ArrayList<>();
    for (byte[] piece : pieces) {
      int from = 0;
      for (int i = 0; i <= piece.length; i++) {
        if (i == piece.length || piece[i] == ANY || caseless && piece[i] == 'i') {
          if (i > from) {
            found.add(new String(piece, from, i - from, StandardCharsets.UTF_8));
          }
          from = i + 1;
        }
      }
    }
    return found;
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
    for (long start = from; start <= to; start++) {
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
