package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.Types;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// An aggregate at work on many groups at once. What it knows of a group can be written down as
/// columns, the states, and be joined with what another one knows of the same group.
abstract sealed class Accumulator
    permits Accumulator.Counts, Accumulator.Sums, Accumulator.FloatSums, Extremes {

  /// Makes room for groups `[0, groups)`; new ones have seen nothing.
  abstract void grow(int groups);

  /// Takes the values of rows `[0, rows)`, each for its group.
  ///
  /// @param values null where there is no argument
  abstract void add(int[] groups, int rows, @Nullable Column values);

  /// Takes states as [#states] gives them.
  abstract void merge(int[] groups, int rows, List<Column> states);

  /// The types of the states.
  abstract List<DataType> stateTypes();

  /// The states of groups `[from, to)`.
  abstract List<Column> states(int from, int to, Scratch scratch);

  abstract DataType resultType();

  /// The results of groups `[from, to)`.
  abstract Column results(int from, int to, Scratch scratch);

  /// Bytes held for each group, roughly.
  abstract long bytesPerGroup();

  /// Forgets all groups.
  abstract void clear();

  /// @param type of the argument, which is no dictionary; empty if there is none
  /// @throws InvalidInputException if the function does not go with the type
  static Accumulator of(Grouping.Function function, @Nullable DataType type) {
    if (type == null || function == Grouping.Function.COUNT) {
      return new Counts();
    }
    return switch (function) {
      case COUNT, COUNT_DISTINCT -> new Counts();
      case MIN, MAX -> Extremes.of(function == Grouping.Function.MIN, type);
      case SUM, AVG -> sum(function == Grouping.Function.AVG, type);
    };
  }

  private static Accumulator sum(boolean average, DataType type) {
    return switch (type) {
      case DataType.Floating _, DataType.Null _ -> new FloatSums(average);
      case DataType.Int(_, boolean signed) ->
          new Sums(average, type, signed ? Types.INT64 : Types.UINT64, 0);
      case DataType.Decimal(int bits, _, int scale) -> {
        if (bits != 128) {
          throw new UnsupportedFeatureException(
              "sum of decimals of more than 128 bits: found=" + type.arrowName());
        }
        yield new Sums(average, type, new DataType.Decimal(128, 38, scale), scale);
      }
      default ->
          throw new InvalidInputException(
              (average ? "avg" : "sum") + ": expected=numbers, found=" + type.arrowName());
    };
  }

  static Column longs(DataType type, long[] values, int from, int to, Scratch scratch) {
    var data = scratch.allocateBytes(8L * (to - from));
    java.lang.foreign.MemorySegment.copy(values, from, data, FixedColumn.LONG, 0, to - from);
    return new FixedColumn(type, to - from, data, null);
  }

  static final class Counts extends Accumulator {
    private long[] counts = new long[0];

    @Override
    void grow(int groups) {
      if (groups > counts.length) {
        counts = Arrays.copyOf(counts, Math.max(groups, 2 * counts.length));
      }
    }

    @Override
    void add(int[] groups, int rows, @Nullable Column values) {
      if (values instanceof NullColumn) {
        return;
      }
      Bits validity = values == null ? null : values.validity();
      for (int i = 0; i < rows; i++) {
        if (validity == null || validity.get(i)) {
          counts[groups[i]]++;
        }
      }
    }

    @Override
    void merge(int[] groups, int rows, List<Column> states) {
      FixedColumn other = (FixedColumn) states.getFirst();
      for (int i = 0; i < rows; i++) {
        counts[groups[i]] += other.longAt(i);
      }
    }

    @Override
    List<DataType> stateTypes() {
      return List.of(Types.INT64);
    }

    @Override
    List<Column> states(int from, int to, Scratch scratch) {
      return List.of(results(from, to, scratch));
    }

    @Override
    DataType resultType() {
      return Types.INT64;
    }

    @Override
    Column results(int from, int to, Scratch scratch) {
      return longs(Types.INT64, counts, from, to, scratch);
    }

    @Override
    long bytesPerGroup() {
      return 8;
    }

    @Override
    void clear() {
      Arrays.fill(counts, 0);
    }
  }

  /// Sums of integers and decimals, exact in 128 bits.
  static final class Sums extends Accumulator {
    private final boolean average;
    private final DataType argument;
    private final DataType sum;
    private final int scale;
    private long[] high = new long[0];
    private long[] low = new long[0];
    private long[] counts = new long[0];

    Sums(boolean average, DataType argument, DataType sum, int scale) {
      this.average = average;
      this.argument = argument;
      this.sum = sum;
      this.scale = scale;
    }

    @Override
    void grow(int groups) {
      if (groups > counts.length) {
        int room = Math.max(groups, 2 * counts.length);
        high = Arrays.copyOf(high, room);
        low = Arrays.copyOf(low, room);
        counts = Arrays.copyOf(counts, room);
      }
    }

    @Override
    void add(int[] groups, int rows, @Nullable Column values) {
      FixedColumn column = (FixedColumn) java.util.Objects.requireNonNull(values);
      boolean never = column.validity() == null;
      boolean wide = argument instanceof DataType.Decimal;
      boolean unsigned = sum.equals(Types.UINT64);
      for (int i = 0; i < rows; i++) {
        if (never || !column.isNull(i)) {
          int group = groups[i];
          if (wide) {
            add(
                group,
                column.data().get(FixedColumn.LONG, 16L * i + 8),
                column.data().get(FixedColumn.LONG, 16L * i));
          } else {
            long value = column.integerAt(i);
            add(group, unsigned ? 0 : value >> 63, value);
          }
          counts[group]++;
        }
      }
    }

    private void add(int group, long upper, long lower) {
      long before = high[group];
      long sumLow = low[group] + lower;
      long carry = Long.compareUnsigned(sumLow, lower) < 0 ? 1 : 0;
      long sumHigh = before + upper + carry;
      if (((before ^ sumHigh) & (upper ^ sumHigh)) < 0) {
        throw new InvalidInputException(
            "sum: expected=" + sum.arrowName() + ", found=more than 128 bits");
      }
      low[group] = sumLow;
      high[group] = sumHigh;
    }

    @Override
    void merge(int[] groups, int rows, List<Column> states) {
      FixedColumn uppers = (FixedColumn) states.get(0);
      FixedColumn lowers = (FixedColumn) states.get(1);
      FixedColumn others = (FixedColumn) states.get(2);
      for (int i = 0; i < rows; i++) {
        add(groups[i], uppers.longAt(i), lowers.longAt(i));
        counts[groups[i]] += others.longAt(i);
      }
    }

    @Override
    List<DataType> stateTypes() {
      return List.of(Types.INT64, Types.INT64, Types.INT64);
    }

    @Override
    List<Column> states(int from, int to, Scratch scratch) {
      return List.of(
          longs(Types.INT64, high, from, to, scratch),
          longs(Types.INT64, low, from, to, scratch),
          longs(Types.INT64, counts, from, to, scratch));
    }

    @Override
    DataType resultType() {
      return average ? Types.FLOAT64 : sum;
    }

    @Override
    Column results(int from, int to, Scratch scratch) {
      ColumnBuilder built = ColumnBuilder.of(resultType(), scratch);
      for (int group = from; group < to; group++) {
        built.append(counts[group] == 0 ? null : result(group));
      }
      return built.build();
    }

    private Object result(int group) {
      BigInteger whole =
          BigInteger.valueOf(high[group])
              .shiftLeft(64)
              .add(new BigInteger(Long.toUnsignedString(low[group])));
      BigDecimal exact = new BigDecimal(whole, scale);
      if (average) {
        return exact
            .divide(BigDecimal.valueOf(counts[group]), java.math.MathContext.DECIMAL128)
            .doubleValue();
      }
      if (sum instanceof DataType.Decimal) {
        return exact;
      }
      boolean fits = sum.equals(Types.INT64) ? high[group] == low[group] >> 63 : high[group] == 0;
      if (!fits) {
        throw new InvalidInputException(
            "sum: expected=within " + sum.arrowName() + ", found=" + whole);
      }
      return whole;
    }

    @Override
    long bytesPerGroup() {
      return 24;
    }

    @Override
    void clear() {
      Arrays.fill(high, 0);
      Arrays.fill(low, 0);
      Arrays.fill(counts, 0);
    }
  }

  /// Sums of floats, in 64 bits.
  static final class FloatSums extends Accumulator {
    private final boolean average;
    private double[] sums = new double[0];
    private long[] counts = new long[0];

    FloatSums(boolean average) {
      this.average = average;
    }

    @Override
    void grow(int groups) {
      if (groups > counts.length) {
        int room = Math.max(groups, 2 * counts.length);
        sums = Arrays.copyOf(sums, room);
        counts = Arrays.copyOf(counts, room);
      }
    }

    @Override
    void add(int[] groups, int rows, @Nullable Column values) {
      if (!(values instanceof FixedColumn column)) {
        return;
      }
      boolean never = column.validity() == null;
      for (int i = 0; i < rows; i++) {
        if (never || !column.isNull(i)) {
          sums[groups[i]] += column.floatingAt(i);
          counts[groups[i]]++;
        }
      }
    }

    @Override
    void merge(int[] groups, int rows, List<Column> states) {
      FixedColumn others = (FixedColumn) states.get(0);
      FixedColumn numbers = (FixedColumn) states.get(1);
      for (int i = 0; i < rows; i++) {
        sums[groups[i]] += others.doubleAt(i);
        counts[groups[i]] += numbers.longAt(i);
      }
    }

    @Override
    List<DataType> stateTypes() {
      return List.of(Types.FLOAT64, Types.INT64);
    }

    @Override
    List<Column> states(int from, int to, Scratch scratch) {
      long[] bits =
          IntStream.range(from, to)
              .mapToLong(group -> Double.doubleToRawLongBits(sums[group]))
              .toArray();
      return List.of(
          longs(Types.FLOAT64, bits, 0, bits.length, scratch),
          longs(Types.INT64, counts, from, to, scratch));
    }

    @Override
    DataType resultType() {
      return Types.FLOAT64;
    }

    @Override
    Column results(int from, int to, Scratch scratch) {
      ColumnBuilder built = ColumnBuilder.of(Types.FLOAT64, scratch);
      for (int group = from; group < to; group++) {
        if (counts[group] == 0) {
          built.appendNull();
        } else {
          built.append(average ? sums[group] / counts[group] : sums[group]);
        }
      }
      return built.build();
    }

    @Override
    long bytesPerGroup() {
      return 16;
    }

    @Override
    void clear() {
      Arrays.fill(sums, 0);
      Arrays.fill(counts, 0);
    }
  }

  /// Whether a column has words that compare as such: not bytes, not decimals.
  static boolean isWord(DataType type) {
    return switch (type) {
      case DataType.Bool _,
          DataType.Int _,
          DataType.Floating _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _,
          DataType.Duration _ ->
          true;
      case DataType.Null _,
          DataType.Decimal _,
          DataType.FixedSizeBinary _,
          DataType.Utf8 _,
          DataType.Binary _,
          DataType.ListOf _,
          DataType.FixedSizeList _,
          DataType.Struct _,
          DataType.MapOf _,
          DataType.Dictionary _ ->
          false;
    };
  }

  /// A value of at most eight bytes as it is stored, booleans as 0 and 1, floats as doubles.
  static long word(Column column, int row) {
    return switch (column) {
      case BoolColumn bool -> bool.values().get(row) ? 1 : 0;
      case FixedColumn fixed ->
          fixed.type() instanceof DataType.Floating
              ? Double.doubleToLongBits(fixed.floatingAt(row) + 0.0)
              : fixed.integerAt(row);
      default -> throw new IllegalArgumentException("not words: " + column.type().arrowName());
    };
  }
}
