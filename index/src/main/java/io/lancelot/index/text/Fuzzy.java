package io.lancelot.index.text;

import io.lancelot.index.FullTextQuery;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Finds tokens that differ by a few letters from those of a query.
final class Fuzzy {

  private Fuzzy() {}

  /// The first tokens in order of their letters that are near enough, for each place of the query,
  /// until there are as many as the query allows.
  static List<Analyzer.Token> expand(
      List<Analyzer.Token> tokens, FullTextQuery.Match query, List<Partition> partitions) {
    Map<Integer, LinkedHashSet<String>> places = new TreeMap<>();
    for (Analyzer.Token token : tokens) {
      places.computeIfAbsent(token.position(), _ -> new LinkedHashSet<>()).add(token.text());
    }
    List<Analyzer.Token> expanded = new ArrayList<>();
    for (Map.Entry<Integer, LinkedHashSet<String>> place : places.entrySet()) {
      int left = query.maxExpansions() - expanded.size();
      if (left <= 0) {
        break;
      }
      TreeSet<byte[]> near = new TreeSet<>(Arrays::compareUnsigned);
      for (String word : place.getValue()) {
        int letters = word.codePointCount(0, word.length());
        int distance = query.fuzziness().orElse(letters <= 2 ? 0 : letters <= 5 ? 1 : 2);
        Automaton automaton = new Automaton(word, distance, query.prefixLength());
        for (Partition partition : partitions) {
          automaton.search(partition.tokens(), left, near);
          while (near.size() > left) {
            near.removeLast();
          }
        }
      }
      for (byte[] token : near) {
        expanded.add(new Analyzer.Token(new String(token, StandardCharsets.UTF_8), place.getKey()));
      }
    }
    return expanded;
  }

  /// Walks through tokens in order with the rows of the table of distances, one for each letter, so
  /// that tokens with the same beginning share them and those whose beginning is too far are
  /// skipped. Of a row only the places are filled in that can be near enough.
  private static final class Automaton {
    private final int[] word;
    private final int distance;
    private final byte[] prefix;
    private final int prefixLetters;
    private int[][] rows = new int[64][];
    private int[] ends = new int[64];

    Automaton(String text, int distance, int prefixLength) {
      this.word = text.codePoints().toArray();
      this.distance = distance;
      this.prefixLetters = Math.min(prefixLength, word.length);
      this.prefix = new String(word, 0, prefixLetters).getBytes(StandardCharsets.UTF_8);
      rows[0] = new int[word.length + 1];
      for (int i = 0; i <= word.length; i++) {
        rows[0][i] = i;
      }
    }

    void search(Dictionary tokens, int limit, Set<byte[]> out) {
      byte[] bytes = tokens.bytes();
      int found = 0;
      int i = prefix.length == 0 ? 0 : tokens.lowerBound(prefix, 0, prefix.length);
      // Bytes of the token before that this one begins with, and letters whose rows hold.
      int shared = 0;
      int letters = 0;
      while (i < tokens.size() && found < limit) {
        int from = tokens.start(i);
        int to = tokens.end(i);
        if (!startsWith(bytes, from, to, prefix, 0, prefix.length)) {
          return;
        }
        int depth = 0;
        while (depth < letters && ends[depth + 1] <= shared) {
          depth++;
        }
        int at = from + (depth == 0 ? 0 : ends[depth]);
        boolean dead = false;
        while (at < to && !dead) {
          int length = letterLength(bytes[at]);
          int letter = letter(bytes, at, Math.min(length, to - at));
          at += length;
          depth++;
          dead = step(depth, letter);
          ends[depth] = at - from;
        }
        letters = depth;
        if (dead) {
          // Nothing that begins so is near: on to the first token that begins otherwise. With the
          // one before it this has as much in common as with the one left here.
          i = tokens.behind(i, Math.min(at, to) - from);
          shared = i < tokens.size() ? tokens.shared(i) : 0;
          continue;
        }
        if (Math.abs(depth - word.length) <= distance && rows[depth][word.length] <= distance) {
          out.add(Arrays.copyOfRange(bytes, from, to));
          found++;
        }
        i++;
        shared = i < tokens.size() ? tokens.shared(i) : 0;
      }
    }

    private static boolean startsWith(
        byte[] bytes, int from, int to, byte[] in, int at, int length) {
      return to - from >= length && Arrays.equals(bytes, from, from + length, in, at, at + length);
    }

    /// Fills the row after another letter; true if no continuation can be near.
    private boolean step(int depth, int letter) {
      if (depth + 1 >= rows.length) {
        rows = Arrays.copyOf(rows, 2 * rows.length);
        ends = Arrays.copyOf(ends, rows.length);
      }
      int[] above = rows[depth - 1];
      int[] row = rows[depth];
      if (row == null) {
        row = new int[word.length + 1];
        rows[depth] = row;
      }
      int first = Math.max(1, depth - distance);
      int last = Math.min(word.length, depth + distance);
      if (first > last) {
        return true;
      }
      row[first - 1] = first == 1 ? depth : distance + 1;
      int least = row[first - 1];
      for (int i = first; i <= last; i++) {
        int best = above[i - 1] + (word[i - 1] == letter ? 0 : 1);
        best = Math.min(best, Math.min(above[i], row[i - 1]) + 1);
        row[i] = best;
        least = Math.min(least, best);
      }
      if (last < word.length) {
        row[last + 1] = distance + 1;
      }
      return least > distance;
    }

    private static int letterLength(byte first) {
      return first >= 0 ? 1 : (first & 0xe0) == 0xc0 ? 2 : (first & 0xf0) == 0xe0 ? 3 : 4;
    }

    private static int letter(byte[] bytes, int at, int length) {
      int first = bytes[at];
      if (length == 1) {
        return first & 0xff;
      }
      int value = first & (0x7f >> length);
      for (int i = 1; i < length; i++) {
        value = value << 6 | bytes[at + i] & 0x3f;
      }
      return value;
    }
  }
}
