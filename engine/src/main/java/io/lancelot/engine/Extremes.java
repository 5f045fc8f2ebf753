package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.VarColumn;
import io.lancelot.expr.KeyBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The least or the greatest value of each group. States are values.
abstract sealed class Extremes extends Accumulator permits Extremes.OfWords, Extremes.OfBytes {

  final boolean least;
  final DataType type;

  private Extremes(boolean least, DataType type) {
    this.least = least;
    this.type = type;
  }

  static Extremes of(boolean least, DataType type) {
    return switch (type) {
      case DataType.Null _ -> new OfBytes(least, type);
      case DataType.Utf8 _, DataType.Binary _, DataType.FixedSizeBinary _, DataType.Decimal _ ->
          new OfBytes(least, type);
      case DataType.ListOf _,
          DataType.FixedSizeList _,
          DataType.Struct _,
          DataType.MapOf _,
          DataType.Dictionary _ ->
          throw new InvalidInputException(
              (least ? "min" : "max") + ": expected=plain values, found=" + type.arrowName());
      default -> new OfWords(least, type);
    };
  }

  @Override
  void merge(int[] groups, int rows, List<Column> states) {
    add(groups, rows, states.getFirst());
  }

  @Override
  List<DataType> stateTypes() {
    return List.of(type);
  }

  @Override
  List<Column> states(int from, int to, Scratch scratch) {
    return List.of(results(from, to, scratch));
  }

  @Override
  DataType resultType() {
    return type;
  }

  private static Bits validity(boolean[] seen, int from, int to, Scratch scratch) {
    MemorySegment bits = scratch.allocateBytes((to - from + 63L) / 64 * 8);
    bits.fill((byte) 0);
    for (int i = from; i < to; i++) {
      if (seen[i]) {
        int at = i - from;
        byte old = bits.get(ValueLayout.JAVA_BYTE, at >> 3);
        bits.set(ValueLayout.JAVA_BYTE, at >> 3, (byte) (old | 1 << (at & 7)));
      }
    }
    return Bits.of(bits, to - from);
  }

  /// Values of up to eight bytes, kept as words that compare as signed ones.
  static final class OfWords extends Extremes {
    private final boolean floating;
    private final boolean unsigned;
    private long[] best = new long[0];
    private boolean[] seen = new boolean[0];

    OfWords(boolean least, DataType type) {
      super(least, type);
      this.floating = type instanceof DataType.Floating;
      this.unsigned =
          type instanceof DataType.Int(int bits, boolean signed) && bits == 64 && !signed;
    }

    /// Its own inverse.
    private long turned(long word) {
      if (floating) {
        return word ^ (word >> 63 & Long.MAX_VALUE);
      }
      return unsigned ? word ^ Long.MIN_VALUE : word;
    }

    @Override
    void grow(int groups) {
      if (groups > best.length) {
        int room = Math.max(groups, 2 * best.length);
        best = Arrays.copyOf(best, room);
        seen = Arrays.copyOf(seen, room);
      }
    }

    @Override
    void add(int[] groups, int rows, @Nullable Column values) {
      Column column = java.util.Objects.requireNonNull(values);
      boolean never = column.validity() == null;
      for (int i = 0; i < rows; i++) {
        if (never || !column.isNull(i)) {
          long value = turned(word(column, i));
          int group = groups[i];
          if (!seen[group] || (least ? value < best[group] : value > best[group])) {
            best[group] = value;
            seen[group] = true;
          }
        }
      }
    }

    @Override
    Column results(int from, int to, Scratch scratch) {
      Bits valid = validity(seen, from, to, scratch);
      if (type instanceof DataType.Bool) {
        boolean[] values = new boolean[to];
        for (int i = from; i < to; i++) {
          values[i] = best[i] != 0;
        }
        return new BoolColumn(validity(values, from, to, scratch), valid);
      }
      int width = type.byteWidth();
      MemorySegment data = scratch.allocateBytes((long) (to - from) * width);
      for (int i = from; i < to; i++) {
        put(data, i - from, width, turned(best[i]));
      }
      return new FixedColumn(type, to - from, data, valid);
    }

    private void put(MemorySegment data, int at, int width, long word) {
      long stored = word;
      if (floating && width < 8) {
        float value = (float) Double.longBitsToDouble(word);
        stored = width == 4 ? Float.floatToIntBits(value) : Float.floatToFloat16(value);
      }
      switch (width) {
        case 1 -> data.set(ValueLayout.JAVA_BYTE, at, (byte) stored);
        case 2 -> data.set(FixedColumn.SHORT, 2L * at, (short) stored);
        case 4 -> data.set(FixedColumn.INT, 4L * at, (int) stored);
        default -> data.set(FixedColumn.LONG, 8L * at, stored);
      }
    }

    @Override
    long bytesPerGroup() {
      return 9;
    }

    @Override
    void clear() {
      Arrays.fill(seen, false);
    }
  }

  /// Values of any length, each with the bytes it compares by.
  static final class OfBytes extends Extremes {
    private byte[] @Nullable [] keys = new byte[0][];
    private byte[] @Nullable [] best = new byte[0][];
    private long heldBytes;
    private int groups;

    OfBytes(boolean least, DataType type) {
      super(least, type);
    }

    @Override
    void grow(int count) {
      groups = Math.max(groups, count);
      if (count > best.length) {
        int room = Math.max(count, 2 * best.length);
        keys = Arrays.copyOf(keys, room);
        best = Arrays.copyOf(best, room);
      }
    }

    @Override
    void add(int[] of, int rows, @Nullable Column values) {
      Column column = java.util.Objects.requireNonNull(values);
      if (column instanceof NullColumn) {
        return;
      }
      VarColumn encoded =
          KeyBytes.encode(
              List.of(new KeyBytes.Part(column, true, false)),
              rows,
              (bytes, _) -> MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]));
      byte[] data = (byte[]) encoded.data().heapBase().orElseThrow();
      for (int i = 0; i < rows; i++) {
        if (!column.isNull(i)) {
          offer(of[i], data, (int) encoded.offset(i), (int) encoded.offset(i + 1), column, i);
        }
      }
    }

    private void offer(int group, byte[] data, int from, int to, Column column, int row) {
      byte[] known = keys[group];
      if (known != null) {
        int found = Arrays.compareUnsigned(data, from, to, known, 0, known.length);
        if (least ? found >= 0 : found <= 0) {
          return;
        }
        heldBytes -= known.length * 2L;
      }
      keys[group] = Arrays.copyOfRange(data, from, to);
      best[group] =
          switch (column) {
            case VarColumn var -> var.bytesAt(row).toArray(ValueLayout.JAVA_BYTE);
            case FixedColumn fixed -> fixed.bytesAt(row).toArray(ValueLayout.JAVA_BYTE);
            default ->
                throw new IllegalArgumentException("not bytes: " + column.type().arrowName());
          };
      heldBytes += (to - from) * 2L;
    }

    @Override
    Column results(int from, int to, Scratch scratch) {
      if (type instanceof DataType.Null) {
        return new NullColumn(to - from);
      }
      boolean[] seen = new boolean[to];
      long size = 0;
      for (int i = from; i < to; i++) {
        byte[] value = best[i];
        seen[i] = value != null;
        size += value == null ? 0 : value.length;
      }
      Bits valid = validity(seen, from, to, scratch);
      boolean fixed = type instanceof DataType.FixedSizeBinary || type instanceof DataType.Decimal;
      MemorySegment data =
          scratch.allocateBytes(fixed ? (long) (to - from) * type.byteWidth() : size);
      boolean large = !fixed && ((VarColumn) Columns.empty(type)).large();
      MemorySegment offsets = scratch.allocateBytes((to - from + 1L) * 8);
      long at = 0;
      for (int i = from; i < to; i++) {
        putOffset(offsets, large, i - from, at);
        byte[] value = best[i];
        if (value != null) {
          MemorySegment.copy(value, 0, data, ValueLayout.JAVA_BYTE, at, value.length);
        }
        at += fixed ? type.byteWidth() : value == null ? 0 : value.length;
      }
      putOffset(offsets, large, to - from, at);
      return fixed
          ? new FixedColumn(type, to - from, data, valid)
          : new VarColumn(type, to - from, offsets, data, valid);
    }

    private static void putOffset(MemorySegment offsets, boolean large, int index, long value) {
      if (large) {
        offsets.set(FixedColumn.LONG, 8L * index, value);
      } else {
        offsets.set(FixedColumn.INT, 4L * index, Math.toIntExact(value));
      }
    }

    @Override
    long bytesPerGroup() {
      return 48 + heldBytes / Math.max(1, groups);
    }

    @Override
    void clear() {
      Arrays.fill(keys, null);
      Arrays.fill(best, null);
      heldBytes = 0;
      groups = 0;
    }
  }
}
