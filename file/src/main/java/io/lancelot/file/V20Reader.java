package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.StructColumn;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads a field of a 2.0 file, where lists and structs have columns of their own and every column
/// says of its own values which are null. One thread at a time.
sealed interface V20Reader {

  /// The rows of `ranges`, one after the other.
  Column read(RowRanges ranges, Scratch scratch);

  /// Values.
  final class Leaf implements V20Reader {

    private final V20Column<V20Values> column;
    private final DataType type;
    private final LeafShape shape;
    private final V20State state = new V20State();
    private final V20Slots slots;

    /// @param shape of the values; of a dictionary column those of the dictionary
    /// @param indices shape of a dictionary column's indices
    Leaf(V20Column<V20Values> column, DataType type, LeafShape shape, @Nullable LeafShape indices) {
      this.column = column;
      this.type = type;
      this.shape = shape;
      slots = new V20Slots(indices == null ? shape.newSink() : indices.newSink(), indices != null);
    }

    @Override
    public Column read(RowRanges ranges, Scratch scratch) {
      int count = LevelPeeler.itemCount(ranges.rows());
      state.start(scratch);
      slots.start(scratch, count);
      for (int i = 0; i < ranges.count(); i++) {
        long at = ranges.from(i);
        long end = ranges.to(i);
        if (end > column.rowCount()) {
          throw column.corrupt("rows of all pages", "at least " + end, column.rowCount());
        }
        for (int page = column.pageOf(at); at < end; page++) {
          long first = column.firstRow(page);
          long stop = Math.min(end, column.firstRow(page + 1));
          if (at < stop) {
            column.page(page).read(at - first, stop - first, slots, state);
            at = stop;
          }
        }
      }
      if (slots.count() != count) {
        throw column.corrupt("values", count, slots.count());
      }
      Bits validity = slots.nulls.validity(count);
      if (type instanceof DataType.Dictionary dictionary) {
        return dictionaryColumn(dictionary, count, validity, scratch);
      }
      Column result = shape.column(slots.sink, validity);
      ValueChecks.check(result, column.place());
      return result;
    }

    private Column dictionaryColumn(
        DataType.Dictionary dictionary, int count, @Nullable Bits validity, Scratch scratch) {
      var indices =
          new FixedColumn(
              dictionary.index(), count, ((PageSink.Fixed) slots.sink).data(), validity);
      List<V20Slots.Span> spans = slots.dictionaries;
      if (spans.isEmpty()) {
        return new DictionaryColumn(dictionary, indices, Columns.empty(dictionary.value()));
      }
      List<Column> parts = new ArrayList<>();
      for (int i = 0; i < spans.size(); i++) {
        int from = spans.get(i).firstSlot();
        int to = i + 1 < spans.size() ? spans.get(i + 1).firstSlot() : count;
        Column values = spans.get(i).items().column();
        parts.add(new DictionaryColumn(dictionary, indices.slice(from, to - from), values));
      }
      return parts.size() == 1 ? parts.getFirst() : Columns.concat(dictionary, parts, scratch);
    }
  }

  /// Lists: a column of ends, and the reader of the items.
  final class Lists implements V20Reader {

    private final V20Column<V20ListPage> column;
    private final DataType.ListOf type;
    private final V20Reader items;
    private final V20State state = new V20State();
    private final V20Nulls nulls = new V20Nulls();

    /// First item of each page.
    private final long[] firstItem;

    Lists(V20Column<V20ListPage> column, DataType.ListOf type, V20Reader items) {
      this.column = column;
      this.type = type;
      this.items = items;
      firstItem = new long[column.pageCount() + 1];
      for (int i = 0; i < column.pageCount(); i++) {
        boolean empty = column.firstRow(i) == column.firstRow(i + 1);
        firstItem[i + 1] = Math.addExact(firstItem[i], empty ? 0 : column.page(i).items());
      }
    }

    @Override
    public Column read(RowRanges ranges, Scratch scratch) {
      int count = LevelPeeler.itemCount(ranges.rows());
      state.start(scratch);
      int width = type.large() ? 8 : 4;
      MemorySegment offsets = scratch.allocateBytes((count + 1L) * width);
      set(offsets, width, 0, 0);
      nulls.start(scratch, count);
      var wanted = new RowRanges();
      int list = 0;
      for (int i = 0; i < ranges.count(); i++) {
        long at = ranges.from(i);
        long end = ranges.to(i);
        if (end > column.rowCount()) {
          throw column.corrupt("rows of all pages", "at least " + end, column.rowCount());
        }
        for (int page = column.pageOf(at); at < end; page++) {
          long first = column.firstRow(page);
          long stop = Math.min(end, column.firstRow(page + 1));
          if (at < stop) {
            read(page, at - first, stop - first, wanted, list, offsets);
            list += (int) (stop - at);
            at = stop;
          }
        }
      }
      int total = LevelPeeler.itemCount(wanted.rows());
      Column values = items.read(wanted, scratch);
      if (values.length() != total) {
        throw column.corrupt("list items", total, values.length());
      }
      return new ListColumn(type, count, offsets, values, nulls.validity(count));
    }

    /// Reads lists `[from, to)` of a page; the first of them is number `list` of the result.
    private void read(
        int number, long from, long to, RowRanges wanted, int list, MemorySegment offsets) {
      V20ListPage page = column.page(number);
      int width = type.large() ? 8 : 4;
      int before = from > 0 ? 1 : 0;
      int endWidth = page.ends().width();
      long adjustment = page.adjustment();
      MemorySegment ends = page.ends().read(from - before, to, state);
      long start =
          before == 0 ? 0 : Long.remainderUnsigned(V20Words.at(ends, endWidth, 0), adjustment);
      long previous = start;
      long total = wanted.rows();
      int count = (int) (to - from);
      for (int i = 0; i < count; i++) {
        long word = V20Words.at(ends, endWidth, before + (long) i);
        long end = word;
        if (Long.compareUnsigned(word, adjustment) >= 0) {
          nulls.add(list + i);
          end = Long.remainderUnsigned(word, adjustment);
        }
        if (end < previous || end > page.items()) {
          throw page.page()
              .corrupt("end of a list", previous + ".." + page.items(), Long.toUnsignedString(end));
        }
        previous = end;
        set(offsets, width, list + i + 1L, total + end - start);
      }
      LevelPeeler.itemCount(total + previous - start);
      wanted.add(firstItem[number] + start, firstItem[number] + previous);
    }

    private static void set(MemorySegment offsets, int width, long index, long value) {
      if (width == 8) {
        offsets.set(FixedColumn.LONG, index * 8, value);
      } else {
        offsets.set(FixedColumn.INT, index * 4, (int) value);
      }
    }
  }

  /// Structs, which are never null in this version: the readers of the children.
  final class Struct implements V20Reader {

    private final DataType.Struct type;
    private final List<V20Reader> children;
    private final String place;

    Struct(DataType.Struct type, List<V20Reader> children, String place) {
      this.type = type;
      this.children = List.copyOf(children);
      this.place = place;
    }

    @Override
    public Column read(RowRanges ranges, Scratch scratch) {
      int count = LevelPeeler.itemCount(ranges.rows());
      List<Column> columns = new ArrayList<>();
      for (V20Reader child : children) {
        Column column = child.read(ranges, scratch);
        if (column.length() != count) {
          throw new CorruptDataException(
              "values of sibling columns: expected="
                  + count
                  + ", found="
                  + column.length()
                  + " "
                  + place);
        }
        columns.add(column);
      }
      return new StructColumn(type, count, columns, null);
    }
  }
}
