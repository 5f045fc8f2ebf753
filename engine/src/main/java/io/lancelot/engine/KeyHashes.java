package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/// Hashes of keys of one or several columns, and their equality.
final class KeyHashes {

  private static final long SEED = 0x9E3779B97F4A7C15L;

  private KeyHashes() {}

  /// Whether equal hashes mean equal keys: the hash of one value of up to 64 bits loses nothing.
  static boolean exact(List<DataType> types) {
    return types.size() == 1
        && switch (types.getFirst()) {
          case DataType.Bool _,
              DataType.Int _,
              DataType.Floating _,
              DataType.Date _,
              DataType.Time _,
              DataType.Timestamp _,
              DataType.Duration _ ->
              true;
          case DataType.Decimal _,
              DataType.FixedSizeBinary _,
              DataType.Null _,
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

  /// Dictionaries as their values.
  static Column plain(Column column, Scratch scratch) {
    if (!(column instanceof DictionaryColumn dictionary)) {
      return column;
    }
    int[] rows = new int[column.length()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] =
          dictionary.isNull(i)
              ? Columns.NO_ROW
              : Math.toIntExact(dictionary.indices().integerAt(i));
    }
    return Columns.gather(dictionary.values(), rows, rows.length, scratch);
  }

  /// Writes the hash of each key, and whether a part of it is null.
  static void hash(List<Column> keys, int count, long[] hashes, boolean[] absent) {
    Arrays.fill(hashes, 0, count, 0);
    Arrays.fill(absent, 0, count, false);
    for (Column key : keys) {
      Bits validity = key.validity();
      if (validity != null) {
        for (int i = 0; i < count; i++) {
          absent[i] |= !validity.get(i);
        }
      }
      switch (key) {
        case FixedColumn fixed -> hash(fixed, count, hashes);
        case VarColumn var -> hash(var, count, hashes);
        case BoolColumn bool -> {
          for (int i = 0; i < count; i++) {
            hashes[i] = mix(hashes[i] * SEED + (bool.values().get(i) ? 1 : 0));
          }
        }
        case NullColumn _ -> Arrays.fill(absent, 0, count, true);
        case ListColumn _, FixedListColumn _, StructColumn _, DictionaryColumn _ ->
            throw new UnsupportedFeatureException(
                "merge on nested columns is not supported: found=" + key.type().arrowName());
      }
    }
  }

  private static void hash(FixedColumn column, int count, long[] hashes) {
    MemorySegment data = column.data();
    int width = column.width();
    boolean floating = column.type() instanceof DataType.Floating;
    if (width == 8 && !floating) {
      for (int i = 0; i < count; i++) {
        hashes[i] = mix(hashes[i] * SEED + data.get(FixedColumn.LONG, 8L * i));
      }
    } else if (width == 4 && !floating) {
      for (int i = 0; i < count; i++) {
        hashes[i] = mix(hashes[i] * SEED + data.get(FixedColumn.INT, 4L * i));
      }
    } else if (isWord(width)) {
      for (int i = 0; i < count; i++) {
        hashes[i] = mix(hashes[i] * SEED + word(column, i));
      }
    } else {
      for (int i = 0; i < count; i++) {
        hashes[i] = hash(data, (long) i * width, width, hashes[i]);
      }
    }
  }

  private static boolean isWord(int width) {
    return width == 1 || width == 2 || width == 4 || width == 8;
  }

  private static void hash(VarColumn column, int count, long[] hashes) {
    MemorySegment data = column.data();
    for (int i = 0; i < count; i++) {
      if (!column.isNull(i)) {
        long from = column.offset(i);
        hashes[i] = hash(data, from, column.offset(i + 1) - from, hashes[i]);
      }
    }
  }

  private static long hash(MemorySegment data, long from, long length, long before) {
    long hash = mix(before * SEED + length);
    long at = from;
    long end = from + length;
    for (; at + 8 <= end; at += 8) {
      hash = mix(hash * SEED + data.get(FixedColumn.LONG, at));
    }
    long tail = 0;
    for (; at < end; at++) {
      tail = tail << 8 | data.get(ValueLayout.JAVA_BYTE, at) & 0xFFL;
    }
    return mix(hash * SEED + tail);
  }

  /// A value of at most eight bytes. The two zeros of floats are one.
  private static long word(FixedColumn column, int row) {
    long bits =
        switch (column.width()) {
          case 1 -> column.byteAt(row);
          case 2 -> column.shortAt(row);
          case 4 -> column.intAt(row);
          default -> column.longAt(row);
        };
    boolean negativeZero =
        column.type() instanceof DataType.Floating && bits == -1L << 8 * column.width() - 1;
    return negativeZero ? 0 : bits;
  }

  /// The finaliser of MurmurHash3: one to one, every bit depends on every other.
  private static long mix(long value) {
    long mixed = (value ^ value >>> 33) * 0xFF51AFD7ED558CCDL;
    mixed = (mixed ^ mixed >>> 33) * 0xC4CEB9FE1A85EC53L;
    return mixed ^ mixed >>> 33;
  }

  /// Whether two keys of the same types, without nulls, are equal.
  static boolean equal(List<Column> keys, int row, List<Column> others, int other) {
    for (int i = 0; i < keys.size(); i++) {
      if (!equal(keys.get(i), row, others.get(i), other)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equal(Column key, int row, Column other, int otherRow) {
    if (key instanceof FixedColumn a && other instanceof FixedColumn b) {
      if (a.width() == b.width() && isWord(a.width())) {
        return word(a, row) == word(b, otherRow);
      }
      return a.width() == b.width() && a.bytesAt(row).mismatch(b.bytesAt(otherRow)) < 0;
    }
    if (key instanceof VarColumn a && other instanceof VarColumn b) {
      long from = a.offset(row);
      long to = a.offset(row + 1);
      long otherFrom = b.offset(otherRow);
      long otherTo = b.offset(otherRow + 1);
      return to - from == otherTo - otherFrom
          && MemorySegment.mismatch(a.data(), from, to, b.data(), otherFrom, otherTo) < 0;
    }
    return key instanceof BoolColumn a
        && other instanceof BoolColumn b
        && a.values().get(row) == b.values().get(otherRow);
  }
}
