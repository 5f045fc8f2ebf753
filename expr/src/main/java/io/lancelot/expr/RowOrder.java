package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.VarColumn;
import java.math.BigDecimal;
import java.util.List;

/// The order of rows by one or more keys: numbers by value with NaN above all and both zeros equal,
/// text by its bytes, false before true.
public final class RowOrder {

  /// A key of every row.
  public record Key(Column column, boolean ascending, boolean nullsFirst) {}

  /// Compares two rows.
  @FunctionalInterface
  private interface Comparison {
    int compare(int a, int b);
  }

  private final List<Comparison> keys;

  private RowOrder(List<Comparison> keys) {
    this.keys = keys;
  }

  /// @throws InvalidInputException if values of a key have no order
  public static RowOrder of(List<Key> keys) {
    return new RowOrder(keys.stream().map(RowOrder::comparison).toList());
  }

  private static Comparison comparison(Key key) {
    Comparison values = values(key.column());
    int nulls = key.nullsFirst() ? -1 : 1;
    int direction = key.ascending() ? 1 : -1;
    Column column = key.column();
    if (column.validity() == null
        && !(column instanceof NullColumn)
        && !(column instanceof DictionaryColumn)) {
      return key.ascending() ? values : (a, b) -> -values.compare(a, b);
    }
    return (a, b) -> {
      boolean missingA = column.isNull(a);
      boolean missingB = column.isNull(b);
      if (missingA || missingB) {
        return missingA == missingB ? 0 : missingA ? nulls : -nulls;
      }
      return direction * values.compare(a, b);
    };
  }

  private static Comparison values(Column column) {
    return switch (column) {
      case NullColumn _ -> (_, _) -> 0;
      case BoolColumn bool -> (a, b) -> Boolean.compare(bool.booleanAt(a), bool.booleanAt(b));
      case VarColumn var -> {
        ByteStrings bytes = ByteStrings.of(var);
        yield (a, b) -> bytes.compare(a, bytes, b);
      }
      case FixedColumn fixed -> fixed(fixed);
      case DictionaryColumn dictionary -> {
        Comparison entries = values(dictionary.values());
        yield (a, b) -> entries.compare(dictionary.indexAt(a), dictionary.indexAt(b));
      }
      default ->
          throw new InvalidInputException(
              "no order: expected=plain values, found=" + column.type().arrowName());
    };
  }

  private static Comparison fixed(FixedColumn column) {
    if (column.type() instanceof DataType.FixedSizeBinary) {
      ByteStrings bytes = ByteStrings.of(column);
      return (a, b) -> bytes.compare(a, bytes, b);
    }
    if (column.type() instanceof DataType.Decimal) {
      return (a, b) ->
          ((BigDecimal) Order.number(column, a)).compareTo((BigDecimal) Order.number(column, b));
    }
    Numbers numbers = Numbers.of(column);
    if (column.type() instanceof DataType.Floating) {
      return (a, b) -> Order.compare(numbers.floating(a), numbers.floating(b));
    }
    return Order.isUnsigned64(column.type())
        ? (a, b) -> Long.compareUnsigned(numbers.integer(a), numbers.integer(b))
        : (a, b) -> Long.compare(numbers.integer(a), numbers.integer(b));
  }

  /// Negative if row `a` comes before row `b`.
  public int compare(int a, int b) {
    for (int i = 0; i < keys.size(); i++) {
      int found = keys.get(i).compare(a, b);
      if (found != 0) {
        return found;
      }
    }
    return 0;
  }

  /// Rows 0 to `count` in order; rows that compare equal keep theirs.
  public int[] sorted(int count) {
    int[] rows = new int[count];
    for (int i = 0; i < count; i++) {
      rows[i] = i;
    }
    int[] other = rows.clone();
    sort(other, rows, 0, count);
    return rows;
  }

  /// Sorts `from` into `to`, which hold the same rows.
  private void sort(int[] from, int[] to, int low, int high) {
    if (high - low < 2) {
      return;
    }
    int middle = (low + high) >>> 1;
    sort(to, from, low, middle);
    sort(to, from, middle, high);
    int a = low;
    int b = middle;
    for (int i = low; i < high; i++) {
      boolean left = b >= high || (a < middle && compare(from[a], from[b]) <= 0);
      to[i] = left ? from[a++] : from[b++];
    }
  }
}
