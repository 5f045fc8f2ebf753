package io.lancelot.bench;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Types;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/// A filter on numbers: those of one column that are below a bound.
///
/// @param name for results
record Passing(String name, String column, double below) {

  private static final double[] SHARES = {0.5, 0.1, 0.01, 0.001};

  /// Filters of several shares: on made-up prices, which have nothing to do with vectors, and on
  /// ids, as rows that came together are often alike.
  static List<Passing> of(DataSet data) {
    double[] prices = values(data, "price");
    Arrays.sort(prices);
    return Arrays.stream(SHARES)
        .boxed()
        .<Passing>mapMulti((share, all) -> {
          String percent = String.format(Locale.ROOT, "%s %%", share * 100);
          int rows = (int) Math.max(1, share * prices.length);
          all.accept(new Passing(percent, "price", prices[Math.min(rows, prices.length - 1)]));
          all.accept(new Passing(percent + ", correlated", "id", rows));
        })
        .toList();
  }

  String predicate() {
    // Lance takes no fraction for a column of whole numbers.
    return column + " < " + (below == (long) below ? Long.toString((long) below) : below);
  }

  /// The rows that pass.
  BitSet rows(DataSet data) {
    double[] values = values(data, column);
    BitSet rows = new BitSet(values.length);
    for (int i = 0; i < values.length; i++) {
      rows.set(i, values[i] < below);
    }
    return rows;
  }

  static double[] values(DataSet data, String column) {
    double[] values = new double[(int) data.rows()];
    int at = 0;
    for (Batch batch : data.batches()) {
      FixedColumn numbers = (FixedColumn) batch.column(column);
      boolean floating = numbers.type().equals(Types.FLOAT64);
      for (int i = 0; i < numbers.length(); i++) {
        values[at++] = floating ? numbers.floatingAt(i) : numbers.integerAt(i);
      }
    }
    return values;
  }
}
