package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Reads the values and levels of one leaf.
final class LeafReader {

  private final ColumnPages pages;
  private final DataType type;
  private final int itemsPerRow;
  private final PageState state;

  LeafReader(ColumnPages pages, DataType type, int itemsPerRow) {
    this.pages = pages;
    this.type = type;
    this.itemsPerRow = itemsPerRow;
    LeafShape indices = pages.indices();
    PageSink sink = indices == null ? pages.shape().newSink() : indices.newSink();
    state = new PageState(pages.layers(), sink, indices != null);
  }

  /// A leaf's values with the levels above them still to be peeled.
  record Leaf(Column column, LevelPeeler levels) {}

  /// The first row after one that lies in another page.
  long pageEnd(long row) {
    return pages.firstRow(pages.pageOf(row * itemsPerRow) + 1) / itemsPerRow;
  }

  Leaf read(long firstRow, int rowCount, Scratch scratch) {
    long from = firstRow * itemsPerRow;
    long to = from + (long) rowCount * itemsPerRow;
    state.start(scratch, LevelPeeler.itemCount(to - from));
    try {
      run(from, to, pages.pageOf(from));
      return finish(scratch, to - from);
    } catch (IndexOutOfBoundsException
        | IllegalArgumentException
        | ArithmeticException
        | NegativeArraySizeException e) {
      throw damaged(e, pages.place());
    }
  }

  Leaf take(long[] rows, int count, Scratch scratch) {
    state.start(scratch, LevelPeeler.itemCount((long) count * itemsPerRow));
    try {
      if (itemsPerRow == 1) {
        takeRows(rows, count);
      } else {
        takeRuns(rows, count);
      }
      return finish(scratch, (long) count * itemsPerRow);
    } catch (IndexOutOfBoundsException
        | IllegalArgumentException
        | ArithmeticException
        | NegativeArraySizeException e) {
      throw damaged(e, pages.place());
    }
  }

  /// Rows page by page.
  private void takeRows(long[] rows, int count) {
    for (int i = 0; i < count; ) {
      int page = pages.pageOf(rows[i]);
      int from = i;
      int to = endOfPage(page, rows, i, count);
      decode(page, decoder -> decoder.take(rows, from, to, pages.firstRow(page), state));
      i = to;
    }
  }

  private int endOfPage(int page, long[] rows, int from, int count) {
    long end = pages.firstRow(page + 1);
    int to = from;
    while (to < count && rows[to] < end) {
      to++;
    }
    return to;
  }

  /// Rows of several items, neighbours together.
  private void takeRuns(long[] rows, int count) {
    int page = 0;
    for (int i = 0; i < count; ) {
      long first = rows[i];
      long next = first + 1;
      i++;
      while (i < count && rows[i] == next) {
        next++;
        i++;
      }
      long from = first * itemsPerRow;
      if (from >= pages.firstRow(page + 1)) {
        page = pages.pageOf(from);
      }
      run(from, next * itemsPerRow, page);
    }
  }

  /// Reads neighbouring rows, the first of which lies in `page`.
  private void run(long from, long to, int page) {
    long at = from;
    for (int p = page; at < to; p++) {
      long end = Math.min(to, pages.firstRow(p + 1));
      if (at < end) {
        long first = at - pages.firstRow(p);
        long last = end - pages.firstRow(p);
        decode(p, decoder -> decoder.read(first, last, state));
        at = end;
      }
    }
  }

  /// Kernels know what is wrong with the bytes they get, and not where these come from.
  private void decode(int page, Consumer<PageDecoder> work) {
    try {
      work.accept(pages.decoder(page));
    } catch (CorruptDataException e) {
      throw e.at(pages.place(page));
    } catch (IndexOutOfBoundsException
        | IllegalArgumentException
        | ArithmeticException
        | NegativeArraySizeException e) {
      throw damaged(e, pages.place(page));
    }
  }

  private Leaf finish(Scratch scratch, long rows) {
    if (pages.layers().listCount() == 0 && state.levels.count() != rows) {
      throw new CorruptDataException(
          "levels: expected=" + rows + ", found=" + state.levels.count() + " " + pages.place());
    }
    var peeler = new LevelPeeler(pages.layers(), state.levels, scratch, pages.place());
    int visible = peeler.visible();
    if (visible != state.sink.count()) {
      throw new CorruptDataException(
          "values: expected=" + visible + ", found=" + state.sink.count() + " " + pages.place());
    }
    Bits validity = peeler.peelItems();
    if (type instanceof DataType.Struct(var fields) && fields.isEmpty()) {
      // A struct without children has a page that reads as all null and says nothing: it stands
      // for as many valid structs.
      validity = null;
    }
    Column column;
    if (type instanceof DataType.Dictionary dictionary) {
      column = dictionaryColumn(dictionary, validity, scratch);
    } else {
      column = pages.shape().column(state.sink, validity);
      ValueChecks.check(column, pages.place());
    }
    return new Leaf(column, peeler);
  }

  private Column dictionaryColumn(
      DataType.Dictionary dictionary,
      @org.jspecify.annotations.Nullable Bits validity,
      Scratch scratch) {
    int count = state.sink.count();
    var indices =
        new FixedColumn(dictionary.index(), count, ((PageSink.Fixed) state.sink).data(), validity);
    List<PageState.DictionarySpan> spans = state.dictionaries;
    if (spans.isEmpty()) {
      return new DictionaryColumn(dictionary, indices, Columns.empty(dictionary.value()));
    }
    List<Column> parts = new ArrayList<>();
    for (int i = 0; i < spans.size(); i++) {
      int from = spans.get(i).firstSlot();
      int to = i + 1 < spans.size() ? spans.get(i + 1).firstSlot() : count;
      Column values = spans.get(i).dictionary().column(pages.shape());
      ValueChecks.check(values, pages.place());
      parts.add(new DictionaryColumn(dictionary, indices.slice(from, to - from), values));
    }
    return parts.size() == 1 ? parts.getFirst() : Columns.concat(dictionary, parts, scratch);
  }

  /// A bounds check that failed means that the file claims what it does not hold.
  private static CorruptDataException damaged(RuntimeException e, String place) {
    return new CorruptDataException(
        "page cannot be decoded: expected=consistent lengths, found="
            + e.getMessage()
            + " "
            + place,
        e);
  }
}
