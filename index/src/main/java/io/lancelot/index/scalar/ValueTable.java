package io.lancelot.index.scalar;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Distinct values of a column, numbered in the order in which they came. Nulls are left to the
/// caller.
final class ValueTable {

  private final Scratch kept;

  /// Columns of one value each, by number.
  private final List<Column> values = new ArrayList<>();

  /// The hash of each value, by number.
  private long[] hashes = new long[64];

  /// Open addressing: a number and 1, or 0. Never more than half full.
  private int[] slots = new int[128];

  /// @param kept memory for the values
  ValueTable(Scratch kept) {
    this.kept = kept;
  }

  int size() {
    return values.size();
  }

  Column value(int number) {
    return values.get(number);
  }

  List<Column> values() {
    return values;
  }

  /// The number of a value that is not null.
  int number(Column column, int row) {
    long hash = SortKeys.hash(column, row);
    int at = start(hash);
    while (slots[at] != 0) {
      int number = slots[at] - 1;
      if (hashes[number] == hash
          && (SortKeys.hashDecides(column)
              || SortKeys.compare(values.get(number), 0, column, row) == 0)) {
        return number;
      }
      at = at + 1 & slots.length - 1;
    }
    return add(column, row, hash, at);
  }

  private int add(Column column, int row, long hash, int at) {
    int number = values.size();
    values.add(Columns.copy(column.slice(row, 1), kept));
    if (number == hashes.length) {
      hashes = Arrays.copyOf(hashes, 2 * number);
    }
    hashes[number] = hash;
    slots[at] = number + 1;
    if (2 * values.size() > slots.length) {
      grow();
    }
    return number;
  }

  private void grow() {
    slots = new int[2 * slots.length];
    for (int number = 0; number < values.size(); number++) {
      int at = start(hashes[number]);
      while (slots[at] != 0) {
        at = at + 1 & slots.length - 1;
      }
      slots[at] = number + 1;
    }
  }

  private int start(long hash) {
    return (int) (hash >>> Long.numberOfLeadingZeros(slots.length) + 1);
  }
}
