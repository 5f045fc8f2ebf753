package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Values;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToLongFunction;

/// Finds rows of a source by their key. Memory: at most 16 bytes for each row of the source, on the
/// heap, beside the key columns themselves. Immutable once made; thread-safe.
final class KeyTable {

  static final int NONE = -1;

  private final List<Column> keys;
  private final boolean exact;
  private final long[] hashes;
  private final int[] slots;
  private final int mask;

  private KeyTable(List<Column> keys, boolean exact, long[] hashes) {
    this.keys = keys;
    this.exact = exact;
    this.hashes = hashes;
    int size = Integer.highestOneBit(Math.clamp(hashes.length * 2L, 8, 1 << 30) - 1) << 1;
    this.slots = new int[size];
    this.mask = size - 1;
    Arrays.fill(slots, NONE);
  }

  /// @param keys the key columns, without dictionaries
  /// @param names of the key columns, for messages
  /// @param numbers of the rows, for messages
  /// @param repeats whether several rows may have the same key; the first of them is found by it
  /// @throws InvalidInputException if two rows have the same key and must not
  static KeyTable of(
      List<Column> keys, int rows, List<String> names, IntToLongFunction numbers, boolean repeats) {
    long[] hashes = new long[rows];
    boolean[] absent = new boolean[rows];
    KeyHashes.hash(keys, rows, hashes, absent);
    KeyTable table =
        new KeyTable(keys, KeyHashes.exact(keys.stream().map(Column::type).toList()), hashes);
    for (int row = 0; row < rows; row++) {
      int other = absent[row] ? NONE : table.add(row);
      if (other != NONE && !repeats) {
        throw table.duplicate(other, row, names, numbers);
      }
    }
    return table;
  }

  /// The row that has the same key, or [#NONE] if it is new.
  private int add(int row) {
    long hash = hashes[row];
    int slot = (int) hash & mask;
    while (slots[slot] != NONE) {
      int other = slots[slot];
      if (hashes[other] == hash && (exact || KeyHashes.equal(keys, row, keys, other))) {
        return other;
      }
      slot = slot + 1 & mask;
    }
    slots[slot] = row;
    return NONE;
  }

  private InvalidInputException duplicate(
      int first, int second, List<String> names, IntToLongFunction numbers) {
    StringBuilder key = new StringBuilder();
    for (int i = 0; i < keys.size(); i++) {
      key.append(i == 0 ? "" : ", ")
          .append(names.get(i))
          .append('=')
          .append(Values.at(keys.get(i), first));
    }
    return new InvalidInputException(
        "merge: source rows with the same key: expected=one row per key, found=rows "
            + numbers.applyAsLong(first)
            + " and "
            + numbers.applyAsLong(second)
            + " ("
            + key
            + ")");
  }

  /// The source row of each key, or [#NONE].
  ///
  /// @param others key columns of the same types
  /// @param work room for `count` values
  void find(List<Column> others, int count, long[] work, boolean[] absent, int[] found) {
    KeyHashes.hash(others, count, work, absent);
    for (int i = 0; i < count; i++) {
      found[i] = absent[i] ? NONE : find(work[i], others, i);
    }
  }

  private int find(long hash, List<Column> others, int row) {
    int slot = (int) hash & mask;
    while (slots[slot] != NONE) {
      int source = slots[slot];
      if (hashes[source] == hash && (exact || KeyHashes.equal(keys, source, others, row))) {
        return source;
      }
      slot = slot + 1 & mask;
    }
    return NONE;
  }
}
