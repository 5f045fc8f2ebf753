package io.lancelot.file;

import java.util.Arrays;

/// Ascending ranges of rows of a column, or of items of its lists: what one read asks for. Rows may
/// repeat.
final class RowRanges {

  private long[] from = new long[8];
  private long[] to = new long[8];
  private int count;
  private long rows;

  /// Rows `[first, first + rows)`.
  static RowRanges of(long first, long rows) {
    RowRanges ranges = new RowRanges();
    ranges.add(first, first + rows);
    return ranges;
  }

  /// Single rows by ascending number.
  static RowRanges of(long[] rows, int count) {
    RowRanges ranges = new RowRanges();
    for (int i = 0; i < count; i++) {
      ranges.add(rows[i], rows[i] + 1);
    }
    return ranges;
  }

  /// Adds rows `[first, end)`, which come after all others; an empty range changes nothing.
  void add(long first, long end) {
    if (first >= end) {
      return;
    }
    rows += end - first;
    if (count > 0 && to[count - 1] == first) {
      to[count - 1] = end;
      return;
    }
    if (count == from.length) {
      from = Arrays.copyOf(from, 2 * count);
      to = Arrays.copyOf(to, 2 * count);
    }
    from[count] = first;
    to[count++] = end;
  }

  /// Number of ranges.
  int count() {
    return count;
  }

  /// Rows of all ranges together.
  long rows() {
    return rows;
  }

  long from(int range) {
    return from[range];
  }

  long to(int range) {
    return to[range];
  }
}
