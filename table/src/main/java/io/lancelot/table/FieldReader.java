package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.file.ColumnReader;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Reads a field of one fragment. A field the fragment does not have reads as null; members of
/// structs that came later lie in files of their own, and are put together here.
final class FieldReader implements FieldSource {

  private static final long NULL_ROWS = 8192;

  private final Field field;
  private final List<ColumnReader> parts;
  private final String place;

  /// Whether a single part is all of the field.
  private final boolean whole;

  /// @param parts readers of the parts of the field, one per file; none if no file has it
  FieldReader(Field field, List<ColumnReader> parts, String place) {
    this.field = field;
    this.parts = List.copyOf(parts);
    this.place = place;
    this.whole = parts.size() == 1 && parts.getFirst().field().type().equals(field.type());
  }

  @Override
  public Column read(long firstRow, int count, Scratch scratch) {
    return put(part -> part.read(firstRow, count, scratch), count, scratch);
  }

  /// After some thousand rows where no file has the field.
  @Override
  public long pageEnd(long row, long rows) {
    return parts.isEmpty()
        ? Math.min(rows, (row / NULL_ROWS + 1) * NULL_ROWS)
        : parts.getFirst().pageEnd(row);
  }

  @Override
  public Column take(long[] ascendingRows, int count, Scratch scratch) {
    return put(part -> part.take(ascendingRows, count, scratch), count, scratch);
  }

  private Column put(Function<ColumnReader, Column> reading, int count, Scratch scratch) {
    if (whole) {
      return reading.apply(parts.getFirst());
    }
    if (parts.isEmpty()) {
      return Columns.nulls(field.type(), count, scratch);
    }
    return merge(field.type(), parts.stream().map(reading).toList(), scratch);
  }

  /// One column of `type` out of columns that each have a part of its members.
  private Column merge(DataType type, List<Column> columns, Scratch scratch) {
    Column first = columns.getFirst();
    if (columns.size() == 1 && first.type().equals(type)) {
      return first;
    }
    Bits validity = first.validity();
    for (Column other : columns.subList(1, columns.size())) {
      if (other.length() != first.length()) {
        throw corrupt("values of the parts of a struct", first.length(), other.length());
      }
      validity = either(validity, other.validity(), first.length(), scratch);
    }
    return switch (type) {
      case DataType.Struct struct -> {
        List<Column> members = new ArrayList<>();
        for (Field member : struct.fields()) {
          List<Column> found = members(member.name(), columns);
          members.add(
              found.isEmpty()
                  ? Columns.nulls(member.type(), first.length(), scratch)
                  : merge(member.type(), found, scratch));
        }
        yield new StructColumn(struct, first.length(), members, validity);
      }
      case DataType.ListOf list -> {
        var one = (ListColumn) first;
        List<Column> items = new ArrayList<>();
        for (Column column : columns) {
          requireSameOffsets(one, (ListColumn) column);
          items.add(((ListColumn) column).items());
        }
        yield new ListColumn(
            type, one.length(), one.offsets(), merge(list.item().type(), items, scratch), validity);
      }
      case DataType.FixedSizeList list -> {
        List<Column> items = columns.stream().map(c -> ((FixedListColumn) c).items()).toList();
        yield new FixedListColumn(
            list, first.length(), merge(list.item().type(), items, scratch), validity);
      }
      default ->
          throw new UnsupportedFeatureException(
              type.arrowName() + " spread over several data files cannot be read " + place);
    };
  }

  private static List<Column> members(String name, List<Column> columns) {
    List<Column> found = new ArrayList<>();
    for (Column column : columns) {
      var struct = (StructColumn) column;
      for (int i = 0; i < struct.children().size(); i++) {
        if (struct.type().fields().get(i).name().equals(name)) {
          found.add(struct.children().get(i));
        }
      }
    }
    return found;
  }

  /// A struct is there if one of its parts says so, as in the real Lance.
  private static @Nullable Bits either(
      @Nullable Bits one, @Nullable Bits other, int length, Scratch scratch) {
    if (one == null || other == null) {
      return null;
    }
    MemorySegment words = scratch.allocateBytes((length + 63L) / 64 * 8);
    for (int i = 0; i < length; i += 64) {
      words.set(FixedColumn.LONG, i / 8, one.word(i) | other.word(i));
    }
    Bits both = new Bits(words, 0, length);
    return both.count() == length ? null : both;
  }

  private void requireSameOffsets(ListColumn one, ListColumn other) {
    for (int i = 0; i <= one.length(); i++) {
      if (one.offset(i) != other.offset(i)) {
        throw corrupt("end of a list in another file", one.offset(i), other.offset(i));
      }
    }
  }

  private CorruptDataException corrupt(String what, Object expected, Object found) {
    return new CorruptDataException(
        what + ": expected=" + expected + ", found=" + found + " " + place);
  }
}
