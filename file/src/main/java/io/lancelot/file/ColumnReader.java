package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.StructColumn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads rows of one field of a data file. Keeps work areas and the last dictionary from call to
/// call, so use one for many reads. Not thread-safe.
public final class ColumnReader {

  private final LanceField field;
  private final long rowCount;

  /// Rows to read at once where pages are not known.
  private static final long ODD_PAGE_ROWS = 8192;

  private final LeafReader[] leaves;
  private final String path;

  /// Reads in the place of `leaves` where the file is of version 2.0.
  private final @Nullable V20Reader version20;

  ColumnReader(LanceField field, long rowCount, List<LeafReader> leaves, String path) {
    this.field = field;
    this.rowCount = rowCount;
    this.leaves = leaves.toArray(LeafReader[]::new);
    this.path = path;
    version20 = null;
  }

  ColumnReader(LanceField field, long rowCount, V20Reader version20, String path) {
    this.field = field;
    this.rowCount = rowCount;
    this.leaves = new LeafReader[0];
    this.path = path;
    this.version20 = version20;
  }

  /// The field read.
  public LanceField field() {
    return field;
  }

  /// Where the page of a row ends: plain values up to there are one view of the mapped file. A
  /// field of several columns may have pages that end before.
  ///
  /// @throws IndexOutOfBoundsException if the file does not have the row
  public long pageEnd(long row) {
    java.util.Objects.checkIndex(row, rowCount);
    return leaves.length == 0
        ? Math.min(rowCount, (row / ODD_PAGE_ROWS + 1) * ODD_PAGE_ROWS)
        : leaves[0].pageEnd(row);
  }

  /// Rows `[firstRow, firstRow + rowCount)`: views of the mapped file where the page allows, else
  /// memory of `scratch`.
  ///
  /// @throws IndexOutOfBoundsException if the file does not have these rows
  public Column read(long firstRow, int count, Scratch scratch) {
    if (firstRow < 0 || count < 0 || firstRow > rowCount - count) {
      throw new IndexOutOfBoundsException("rows [" + firstRow + ", +" + count + ") of " + rowCount);
    }
    if (count == 0) {
      return io.lancelot.columnar.Columns.empty(field.type());
    }
    if (version20 != null) {
      return read(version20, RowRanges.of(firstRow, count), scratch);
    }
    return assembled(leaf -> leaf.read(firstRow, count, scratch), count);
  }

  /// The rows of ascending, possibly repeating, numbers `rows[0 .. count)`; touches only the chunks
  /// and bytes needed.
  ///
  /// @throws IndexOutOfBoundsException if the file does not have these rows
  public Column take(long[] rows, int count, Scratch scratch) {
    long previous = 0;
    for (int i = 0; i < count; i++) {
      if (rows[i] < previous || rows[i] >= rowCount) {
        throw new IndexOutOfBoundsException(
            "row " + rows[i] + " after " + previous + " of " + rowCount);
      }
      previous = rows[i];
    }
    if (count == 0) {
      return io.lancelot.columnar.Columns.empty(field.type());
    }
    if (version20 != null) {
      return read(version20, RowRanges.of(rows, count), scratch);
    }
    return assembled(leaf -> leaf.take(rows, count, scratch), count);
  }

  private Column read(V20Reader reader, RowRanges ranges, Scratch scratch) {
    try {
      return reader.read(ranges, scratch);
    } catch (CorruptDataException e) {
      throw e.at("(path=" + path + ", column=" + field.name() + ")");
    } catch (IndexOutOfBoundsException
        | IllegalArgumentException
        | ArithmeticException
        | NegativeArraySizeException e) {
      // A bounds check that failed means that the file claims what it does not hold.
      throw new CorruptDataException(
          "page cannot be decoded: expected=consistent lengths, found="
              + e.getMessage()
              + " (path="
              + path
              + ", column="
              + field.name()
              + ")",
          e);
    }
  }

  private interface Reading {
    LeafReader.Leaf of(LeafReader leaf);
  }

  private Column assembled(Reading reading, int count) {
    int[] next = {0};
    Column column = assemble(field, reading, next).column();
    if (column.length() != count) {
      throw corrupt("rows", count, column.length());
    }
    return column;
  }

  private LeafReader.Leaf assemble(LanceField part, Reading reading, int[] next) {
    if (part.leaf()) {
      return reading.of(leaves[next[0]++]);
    }
    List<LeafReader.Leaf> children = new ArrayList<>();
    for (LanceField child : part.children()) {
      children.add(assemble(child, reading, next));
    }
    LeafReader.Leaf first = children.getFirst();
    LevelPeeler levels = first.levels();
    return switch (part.type()) {
      case DataType.Struct struct -> new LeafReader.Leaf(struct(struct, children), levels);
      case DataType.ListOf list ->
          new LeafReader.Leaf(list(part, levels.peelLists(list.large()), first.column()), levels);
      case DataType.MapOf map -> {
        requireMapEntries(map, first.column());
        yield new LeafReader.Leaf(list(part, levels.peelLists(false), first.column()), levels);
      }
      case DataType.FixedSizeList list -> {
        Bits validity = levels.peelFixedLists(list.size());
        Column items = first.column();
        yield new LeafReader.Leaf(
            new FixedListColumn(list, items.length() / list.size(), items, validity), levels);
      }
      default -> throw new IllegalStateException("not a nested field: " + part.type());
    };
  }

  private Column struct(DataType.Struct type, List<LeafReader.Leaf> children) {
    LeafReader.Leaf first = children.getFirst();
    int length = first.column().length();
    List<Column> columns = new ArrayList<>();
    for (LeafReader.Leaf child : children) {
      if (child.column().length() != length) {
        throw corrupt("values of sibling columns", length, child.column().length());
      }
      first.levels().requireSameLists(child.levels());
      columns.add(child.column());
    }
    return new StructColumn(type, length, columns, first.levels().peelItems());
  }

  private Column list(LanceField part, LevelPeeler.Lists lists, Column items) {
    if (items.length() != lists.items()) {
      throw corrupt("list items", lists.items(), items.length());
    }
    return new ListColumn(part.type(), lists.count(), lists.offsets(), items, lists.validity());
  }

  private void requireMapEntries(DataType.MapOf map, Column entries) {
    Column keys = ((StructColumn) entries).children().getFirst();
    if (entries.nullCount() > 0 || keys.nullCount() > 0) {
      throw corrupt(
          "nulls among keys of " + map.arrowName(), 0, entries.nullCount() + keys.nullCount());
    }
  }

  private CorruptDataException corrupt(String what, Object expected, Object found) {
    return new CorruptDataException(
        what
            + ": expected="
            + expected
            + ", found="
            + found
            + " (path="
            + path
            + ", column="
            + field.name()
            + ")");
  }
}
