package io.lancelot.table;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.file.LanceField;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;

/// Fetches rows by address: sorted, fragment by fragment, then put in the order they were asked
/// for. The columns of many rows are fetched side by side.
final class RowTaking {

  /// Values from which on a second thread pays.
  private static final int MANY_VALUES = 1_000;

  private final Snapshot snapshot;
  private final List<String> columns;
  private final List<LanceField> fields;
  private final Schema schema;
  private final Context context;
  private final RowReaders source;

  RowTaking(Snapshot snapshot, List<String> columns, Context context, RowReaders source) {
    this.snapshot = snapshot;
    this.columns = columns;
    this.fields = TableScan.fields(snapshot, columns);
    this.schema = TableScan.schema(snapshot, columns);
    this.context = context;
    this.source = source;
  }

  /// The rows wanted of one fragment.
  ///
  /// @param rows ascending numbers in the fragment
  private record Piece(FragmentReader reader, long[] rows) {}

  /// A column that is done, and its place.
  private record Taken(int number, Column column) {}

  /// @return rows in memory of `target`
  Batch take(long[] addresses, int count, Scratch target) {
    long[] sorted = Arrays.copyOf(addresses, count);
    Arrays.sort(sorted);
    int unique = dropRepeats(sorted);
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      order[i] = Arrays.binarySearch(sorted, 0, unique, addresses[i]);
    }
    List<Piece> pieces = new ArrayList<>();
    try {
      for (int from = 0; from < unique; ) {
        int to = endOfFragment(sorted, from, unique);
        FragmentReader reader = source.open(fragment(sorted[from]), fields);
        pieces.add(new Piece(reader, new long[to - from]));
        number(pieces.getLast(), sorted, from);
        from = to;
      }
      return new Batch(schema, count, columns(pieces, order, target));
    } finally {
      pieces.forEach(piece -> source.done(piece.reader()));
    }
  }

  private static int dropRepeats(long[] sorted) {
    int unique = 0;
    for (int i = 0; i < sorted.length; i++) {
      if (i == 0 || sorted[i] != sorted[i - 1]) {
        sorted[unique++] = sorted[i];
      }
    }
    return unique;
  }

  private static int endOfFragment(long[] sorted, int from, int unique) {
    int to = from + 1;
    while (to < unique && sorted[to] >>> 32 == sorted[from] >>> 32) {
      to++;
    }
    return to;
  }

  private Fragment fragment(long address) {
    return snapshot
        .fragment(address >>> 32)
        .orElseThrow(() ->
            new InvalidInputException(
                "row address of an unknown fragment: found="
                    + Long.toUnsignedString(address)
                    + " (fragment="
                    + (address >>> 32)
                    + ", version="
                    + snapshot.version()
                    + ")"));
  }

  /// Fills in the rows of a piece, whose addresses begin at `from`.
  private static void number(Piece piece, long[] sorted, int from) {
    FragmentReader reader = piece.reader();
    long[] rows = piece.rows();
    for (int i = 0; i < rows.length; i++) {
      rows[i] = sorted[from + i] & 0xFFFF_FFFFL;
      if (rows[i] >= reader.physicalRows()) {
        throw new InvalidInputException(
            "row address beyond its fragment: expected=rows below "
                + reader.physicalRows()
                + ", found="
                + rows[i]
                + " (fragment="
                + reader.fragment().id()
                + ")");
      }
    }
  }

  /// All columns, each a task of its own if there is enough to do.
  private List<Column> columns(List<Piece> pieces, int[] order, Scratch target) {
    List<Integer> numbers = IntStream.range(0, columns.size()).boxed().toList();
    Column[] taken = new Column[columns.size()];
    if ((long) order.length * taken.length < MANY_VALUES) {
      numbers.forEach(i -> taken[i] = column(i, pieces, order, target));
    } else {
      ReentrantLock lock = new ReentrantLock();
      SegmentAllocator shared =
          (bytes, alignment) -> {
            lock.lock();
            try {
              return target.allocate(bytes, alignment);
            } finally {
              lock.unlock();
            }
          };
      Parallel.run(
          context,
          numbers,
          i -> new Taken(i, column(i, pieces, order, shared)),
          done -> taken[done.number()] = done.column());
    }
    return List.of(taken);
  }

  /// One column in the order asked for: a copy, so that the rows outlive the files they came from.
  private Column column(int number, List<Piece> pieces, int[] order, SegmentAllocator target) {
    try (Scratch work = context.memory().scratch()) {
      List<Column> parts = new ArrayList<>();
      for (Piece piece : pieces) {
        parts.add(part(number, piece, work));
      }
      Column found = Columns.concat(schema.fields().get(number).type(), parts, work);
      return Columns.gather(found, order, order.length, target);
    }
  }

  private Column part(int number, Piece piece, Scratch work) {
    FragmentReader reader = piece.reader();
    long[] rows = piece.rows();
    return switch (columns.get(number)) {
      case TableScan.ROW_ID -> longs(rows, row -> reader.rowId(row, work), work);
      case TableScan.ROW_ADDRESS -> longs(rows, reader::address, work);
      default -> reader.take(fieldOf(number), rows, rows.length, work);
    };
  }

  /// The place among the table's fields of a column that is one.
  private int fieldOf(int number) {
    int field = number;
    for (String before : columns.subList(0, number)) {
      field -= before.equals(TableScan.ROW_ID) || before.equals(TableScan.ROW_ADDRESS) ? 1 : 0;
    }
    return field;
  }

  private static Column longs(long[] rows, LongUnaryOperator value, Scratch work) {
    MemorySegment data = work.allocateBytes(8L * rows.length);
    for (int i = 0; i < rows.length; i++) {
      data.set(FixedColumn.LONG, 8L * i, value.applyAsLong(rows[i]));
    }
    return new FixedColumn(Types.UINT64, rows.length, data, null);
  }
}
