package io.lancelot.expr;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A test of one value against constants; unknown where the value is null. On a dictionary it runs
/// once per dictionary entry.
sealed interface ColumnCondition extends Predicate
    permits ColumnCondition.IntRange,
        ColumnCondition.FloatBound,
        ColumnCondition.DecimalRange,
        ColumnCondition.BytesBound,
        ColumnCondition.IntSet,
        ColumnCondition.BytesSet,
        ColumnCondition.FloatSet,
        ColumnCondition.Matches {

  Value operand();

  /// Writes the answer for every value of a column without regard to nulls. Bits past the last row
  /// may be anything.
  void run(Column plain, MemorySegment out);

  @Override
  default boolean isConstant() {
    return operand().isConstant();
  }

  @Override
  default Truth test(Frame frame) {
    Bits outer = frame.takeFailed();
    Column column = operand().evaluate(frame);
    Bits failed = frame.takeFailed();
    frame.putFailed(outer);
    return switch (column) {
      case NullColumn _ -> {
        Bits none = frame.constant(false);
        yield new Truth(none, none, failed);
      }
      case DictionaryColumn dictionary -> {
        int count = dictionary.values().length();
        MemorySegment entries = frame.words(count);
        if (!(dictionary.values() instanceof NullColumn)) {
          run(dictionary.values(), entries);
        }
        Bits answers = spread(dictionary, Bits.of(entries, count), frame);
        yield new Truth(answers, dictionaryValidity(dictionary, frame), failed);
      }
      case Column plain -> {
        MemorySegment out = frame.words();
        run(plain, out);
        yield new Truth(Bits.of(out, frame.rows), plain.validity(), failed);
      }
    };
  }

  /// A bit of a dictionary's entry for each row; 0 where the index is null.
  static Bits spread(DictionaryColumn dictionary, Bits entries, Frame frame) {
    FixedColumn indices = dictionary.indices();
    int rows = indices.length();
    int count = entries.length();
    Numbers numbers = Numbers.of(indices);
    Bits valid = indices.validity();
    MemorySegment out = frame.words(rows);
    for (int i = 0; i < rows; i += 64) {
      int block = Math.min(64, rows - i);
      long known = valid == null ? -1L : valid.word(i);
      long word = 0;
      for (int j = 0; j < block; j++) {
        if ((known >>> j & 1) != 0) {
          long index = numbers.integer(i + j);
          if (index >= 0 && index < count && entries.get((int) index)) {
            word |= 1L << j;
          }
        }
      }
      out.set(FixedColumn.LONG, i >>> 3, word);
    }
    return Bits.of(out, rows);
  }

  /// Validity of a dictionary column, counting indices that point at a null entry.
  static @Nullable Bits dictionaryValidity(DictionaryColumn dictionary, Frame frame) {
    if (dictionary.values() instanceof NullColumn) {
      return frame.constant(false, dictionary.length());
    }
    Bits entries = dictionary.values().validity();
    return entries == null ? dictionary.validity() : spread(dictionary, entries, frame);
  }

  /// `low <= value <= high` over integers and everything stored as one.
  record IntRange(Value operand, long low, long high, boolean outside) implements ColumnCondition {
    @Override
    public void run(Column plain, MemorySegment out) {
      Ranges.integers((FixedColumn) plain, low, high, outside, out);
    }

    @Override
    public int cost() {
      return operand.cost() + 1;
    }
  }

  record FloatBound(Value operand, Ranges.FloatTest test, double bound, boolean outside)
      implements ColumnCondition {
    @Override
    public void run(Column plain, MemorySegment out) {
      Ranges.floats((FixedColumn) plain, test, bound, outside, out);
    }

    @Override
    public int cost() {
      return operand.cost() + 1;
    }
  }

  /// @param low as many little-endian words as a value has
  record DecimalRange(Value operand, MemorySegment low, MemorySegment high, boolean outside)
      implements ColumnCondition {
    @Override
    public void run(Column plain, MemorySegment out) {
      Ranges.decimals((FixedColumn) plain, low, high, outside, out);
    }

    @Override
    public int cost() {
      return operand.cost() + 2;
    }
  }

  /// Text or bytes against a constant.
  record BytesBound(Value operand, Expr.Comparison op, MemorySegment bound)
      implements ColumnCondition {
    @Override
    public void run(Column plain, MemorySegment out) {
      ByteStrings values = ByteStrings.of(plain);
      boolean equality = op == Expr.Comparison.EQ || op == Expr.Comparison.NE;
      long flip =
          switch (op) {
            case NE, GE, GT -> -1L;
            default -> 0;
          };
      boolean orEqual = op == Expr.Comparison.LE || op == Expr.Comparison.GT;
      for (int i = 0; i < plain.length(); i += 64) {
        int count = Math.min(64, plain.length() - i);
        long word = 0;
        for (int j = 0; j < count; j++) {
          boolean holds;
          if (equality) {
            holds = values.equal(i + j, bound);
          } else {
            int order = values.compare(i + j, bound);
            holds = orEqual ? order <= 0 : order < 0;
          }
          word |= (holds ? 1L : 0L) << j;
        }
        out.set(FixedColumn.LONG, i >>> 3, word ^ flip);
      }
    }

    @Override
    public int cost() {
      return operand.cost() + 4;
    }
  }

  /// Membership of integers.
  record IntSet(Value operand, LongSet set) implements ColumnCondition {
    @Override
    public void run(Column plain, MemorySegment out) {
      Numbers column = Numbers.of((FixedColumn) plain);
      for (int i = 0; i < plain.length(); i += 64) {
        int count = Math.min(64, plain.length() - i);
        long word = 0;
        for (int j = 0; j < count; j++) {
          word |= (set.contains(column.integer(i + j)) ? 1L : 0L) << j;
        }
        out.set(FixedColumn.LONG, i >>> 3, word);
      }
    }

    @Override
    public int cost() {
      return operand.cost() + 3;
    }
  }

  /// Membership of floats, by the bits of the value as a double with one NaN and one zero.
  record FloatSet(Value operand, LongSet set) implements ColumnCondition {
    static long key(double value) {
      return Double.doubleToLongBits(value + 0.0);
    }

    @Override
    public void run(Column plain, MemorySegment out) {
      Numbers column = Numbers.of((FixedColumn) plain);
      for (int i = 0; i < plain.length(); i += 64) {
        int count = Math.min(64, plain.length() - i);
        long word = 0;
        for (int j = 0; j < count; j++) {
          word |= (set.contains(key(column.floating(i + j))) ? 1L : 0L) << j;
        }
        out.set(FixedColumn.LONG, i >>> 3, word);
      }
    }

    @Override
    public int cost() {
      return operand.cost() + 3;
    }
  }

  /// Membership of text or bytes.
  record BytesSet(Value operand, ByteStringSet set) implements ColumnCondition {
    @Override
    public void run(Column plain, MemorySegment out) {
      ByteStrings values = ByteStrings.of(plain);
      for (int i = 0; i < plain.length(); i += 64) {
        int count = Math.min(64, plain.length() - i);
        long word = 0;
        for (int j = 0; j < count; j++) {
          word |= (set.contains(values, i + j) ? 1L : 0L) << j;
        }
        out.set(FixedColumn.LONG, i >>> 3, word);
      }
    }

    @Override
    public int cost() {
      return operand.cost() + 6;
    }
  }

  /// LIKE with a constant pattern, and the like.
  record Matches(Value operand, TextPattern pattern) implements ColumnCondition {
    @Override
    public void run(Column plain, MemorySegment out) {
      pattern.run(ByteStrings.of(plain), plain.length(), out);
    }

    @Override
    public int cost() {
      return operand.cost() + 10;
    }
  }
}
