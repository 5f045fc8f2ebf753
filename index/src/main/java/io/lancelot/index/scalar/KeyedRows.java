package io.lancelot.index.scalar;

import io.lancelot.index.RowSet;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Collects the rows of many keys, which are numbered from 0. Rows wait until there are some, are
/// put into the order of their keys, and then go to the sets of their keys: a set is visited once
/// for many rows instead of once for each.
final class KeyedRows {

  private static final int MOST_WAITING = 1 << 20;
  private static final int FIRST_WAITING = 1 << 12;

  private RowSet.@Nullable Builder[] sets = new RowSet.Builder[16];

  /// One more than the greatest key.
  private int keyCount;

  /// What waits: rows of one fragment, by the lower halves of their numbers.
  private int[] keys = new int[FIRST_WAITING];

  private int[] rows = new int[FIRST_WAITING];
  private int[] ordered = new int[0];
  private int[] ends = new int[0];
  private int fragment;
  private int waiting;
  private long total;

  void add(int key, long row) {
    int upper = (int) (row >>> 32);
    if (waiting == keys.length || upper != fragment) {
      makeRoom(upper);
    }
    keyCount = Math.max(keyCount, key + 1);
    keys[waiting] = key;
    rows[waiting++] = (int) row;
  }

  private void makeRoom(int upper) {
    if (waiting == MOST_WAITING || upper != fragment) {
      settle();
      fragment = upper;
    } else {
      keys = Arrays.copyOf(keys, waiting * 4);
      rows = Arrays.copyOf(rows, waiting * 4);
    }
  }

  /// Hands on what waits.
  private void settle() {
    if (waiting == 0) {
      return;
    }
    if (sets.length < keyCount) {
      sets = Arrays.copyOf(sets, Math.max(keyCount, 2 * sets.length));
    }
    if (ends.length <= keyCount) {
      ends = new int[keyCount + keyCount / 2 + 1];
    }
    if (ordered.length < waiting) {
      ordered = new int[keys.length];
    }
    Arrays.fill(ends, 0);
    for (int i = 0; i < waiting; i++) {
      ends[keys[i] + 1]++;
    }
    for (int key = 0; key < keyCount; key++) {
      ends[key + 1] += ends[key];
    }
    // Placing a row moves the start of its key up to what is its end.
    for (int i = 0; i < waiting; i++) {
      ordered[ends[keys[i]]++] = rows[i];
    }
    int from = 0;
    for (int key = 0; key < keyCount; key++) {
      int to = ends[key];
      if (to > from) {
        RowSet.Builder set = sets[key];
        if (set == null) {
          set = new RowSet.Builder();
          sets[key] = set;
        }
        set.addAll(fragment, ordered, from, to);
        from = to;
      }
    }
    total += waiting;
    waiting = 0;
  }

  /// How many rows came, each counted as often as it came.
  long rowCount() {
    return total + waiting;
  }

  /// The rows of a key, which has none afterwards.
  RowSet take(int key) {
    settle();
    RowSet.Builder set = key < sets.length ? sets[key] : null;
    if (set == null) {
      return RowSet.EMPTY;
    }
    sets[key] = null;
    return set.build();
  }
}
