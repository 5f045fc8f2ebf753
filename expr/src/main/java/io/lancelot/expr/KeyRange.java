package io.lancelot.expr;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An interval of a column's values.
///
/// @param low the least value, in the form that the column's [KeyOrder] names; null if there is no
///   bound
/// @param lowOpen whether `low` itself is outside
/// @param high the greatest value; null if there is no bound
/// @param highOpen whether `high` itself is outside
public record KeyRange(
    @Nullable Object low, boolean lowOpen, @Nullable Object high, boolean highOpen) {

  public static final KeyRange ALL = new KeyRange(null, false, null, false);

  static KeyRange point(Object value) {
    return new KeyRange(value, false, value, false);
  }

  static KeyRange atLeast(Object value) {
    return new KeyRange(value, false, null, false);
  }

  static KeyRange above(Object value) {
    return new KeyRange(value, true, null, false);
  }

  static KeyRange atMost(Object value) {
    return new KeyRange(null, false, value, false);
  }

  static KeyRange below(Object value) {
    return new KeyRange(null, false, value, true);
  }

  /// The only value inside; null if there may be others.
  public @Nullable Object onlyValue(KeyOrder order) {
    return low != null && high != null && !lowOpen && !highOpen && order.compare(low, high) == 0
        ? low
        : null;
  }

  /// Whether a value lies inside.
  public boolean contains(Object value, KeyOrder order) {
    if (low != null) {
      int above = order.compare(value, low);
      if (above < 0 || above == 0 && lowOpen) {
        return false;
      }
    }
    if (high != null) {
      int above = order.compare(value, high);
      return above < 0 || above == 0 && !highOpen;
    }
    return true;
  }

  /// Whether some value of `[from, to]` lies inside.
  public boolean meets(Object from, Object to, KeyOrder order) {
    if (low != null) {
      int above = order.compare(to, low);
      if (above < 0 || above == 0 && lowOpen) {
        return false;
      }
    }
    if (high != null) {
      int above = order.compare(from, high);
      return above < 0 || above == 0 && !highOpen;
    }
    return true;
  }

  private boolean isEmpty(KeyOrder order) {
    if (low == null || high == null) {
      return false;
    }
    int above = order.compare(low, high);
    return above > 0 || above == 0 && (lowOpen || highOpen);
  }

  /// What lies in a range of both lists. Lists are ascending and their ranges disjoint.
  static List<KeyRange> and(List<KeyRange> a, List<KeyRange> b, KeyOrder order) {
    List<KeyRange> both = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < a.size() && j < b.size()) {
      KeyRange x = a.get(i);
      KeyRange y = b.get(j);
      KeyRange lower = compareLow(x, y, order) >= 0 ? x : y;
      KeyRange upper = compareHigh(x, y, order) <= 0 ? x : y;
      KeyRange common = new KeyRange(lower.low, lower.lowOpen, upper.high, upper.highOpen);
      if (!common.isEmpty(order)) {
        both.add(common);
      }
      if (upper == x) {
        i++;
      } else {
        j++;
      }
    }
    return both;
  }

  /// What lies in any of some ranges, in any order: ascending and disjoint.
  static List<KeyRange> union(List<KeyRange> ranges, KeyOrder order) {
    List<KeyRange> sorted = new ArrayList<>(ranges);
    sorted.removeIf(range -> range.isEmpty(order));
    sorted.sort((x, y) -> compareLow(x, y, order));
    List<KeyRange> joined = new ArrayList<>();
    for (KeyRange next : sorted) {
      KeyRange last = joined.isEmpty() ? null : joined.getLast();
      if (last == null || !touches(last, next, order)) {
        joined.add(next);
      } else if (compareHigh(last, next, order) < 0) {
        joined.set(
            joined.size() - 1, new KeyRange(last.low, last.lowOpen, next.high, next.highOpen));
      }
    }
    return joined;
  }

  /// What lies in none of some ranges, which are ascending and disjoint.
  static List<KeyRange> not(List<KeyRange> ranges) {
    List<KeyRange> rest = new ArrayList<>();
    Object low = null;
    boolean lowOpen = false;
    for (KeyRange range : ranges) {
      if (range.low != null) {
        rest.add(new KeyRange(low, lowOpen, range.low, !range.lowOpen));
      }
      if (range.high == null) {
        return rest;
      }
      low = range.high;
      lowOpen = !range.highOpen;
    }
    rest.add(new KeyRange(low, lowOpen, null, false));
    return rest;
  }

  /// Whether nothing lies between the end of a range and the start of one that begins not before
  /// it.
  private static boolean touches(KeyRange first, KeyRange next, KeyOrder order) {
    if (first.high == null || next.low == null) {
      return true;
    }
    int above = order.compare(next.low, first.high);
    return above < 0 || above == 0 && !(first.highOpen && next.lowOpen);
  }

  private static int compareLow(KeyRange x, KeyRange y, KeyOrder order) {
    if (x.low == null || y.low == null) {
      return Boolean.compare(x.low != null, y.low != null);
    }
    int above = order.compare(x.low, y.low);
    return above != 0 ? above : Boolean.compare(x.lowOpen, y.lowOpen);
  }

  private static int compareHigh(KeyRange x, KeyRange y, KeyOrder order) {
    if (x.high == null || y.high == null) {
      return Boolean.compare(x.high == null, y.high == null);
    }
    int above = order.compare(x.high, y.high);
    return above != 0 ? above : Boolean.compare(y.highOpen, x.highOpen);
  }
}
