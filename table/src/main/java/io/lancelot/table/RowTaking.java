package io.lancelot.table;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.file.LanceField;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Fetches rows by address: sorted, fragment by fragment, then put in the order they were asked
/// for.
final class RowTaking {

  private final Snapshot snapshot;
  private final List<String> columns;
  private final List<LanceField> fields;
  private final Schema schema;
  private final Memory memory;
  private final RowReaders source;

  RowTaking(Snapshot snapshot, List<String> columns, Memory memory, RowReaders source) {
    this.snapshot = snapshot;
    this.columns = columns;
    this.fields = TableScan.fields(snapshot, columns);
    this.schema = TableScan.schema(snapshot, columns);
    this.memory = memory;
    this.source = source;
  }

  /// @return rows in memory of `target`
  Batch take(long[] addresses, int count, Scratch target) {
    long[] sorted = Arrays.copyOf(addresses, count);
    Arrays.sort(sorted);
    int unique = dropRepeats(sorted);
    List<Batch> parts = new ArrayList<>();
    try (Scratch work = memory.scratch()) {
      List<FragmentReader> readers = new ArrayList<>();
      try {
        for (int from = 0; from < unique; ) {
          int to = endOfFragment(sorted, from, unique);
          FragmentReader reader = source.open(fragment(sorted[from]), fields);
          readers.add(reader);
          parts.add(take(reader, sorted, from, to, work));
          from = to;
        }
        Batch found = parts.size() == 1 ? parts.getFirst() : Batches.concat(schema, parts, work);
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
          order[i] = Arrays.binarySearch(sorted, 0, unique, addresses[i]);
        }
        // Copies, so that the rows outlive the files they came from.
        return Batches.gather(found, order, count, target);
      } finally {
        readers.forEach(source::done);
      }
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

  private Batch take(FragmentReader reader, long[] sorted, int from, int to, Scratch work) {
    long[] rows = new long[to - from];
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
    List<Column> taken = new ArrayList<>();
    int field = 0;
    for (String column : columns) {
      taken.add(
          switch (column) {
            case TableScan.ROW_ID -> rowIds(reader, rows, work);
            case TableScan.ROW_ADDRESS -> addresses(sorted, from, to, work);
            default -> reader.take(field++, rows, rows.length, work);
          });
    }
    return new Batch(schema, rows.length, taken);
  }

  private static Column addresses(long[] sorted, int from, int to, Scratch work) {
    MemorySegment data = work.allocateBytes(8L * (to - from));
    MemorySegment.copy(sorted, from, data, FixedColumn.LONG, 0, to - from);
    return new FixedColumn(Types.UINT64, to - from, data, null);
  }

  private static Column rowIds(FragmentReader reader, long[] rows, Scratch work) {
    MemorySegment data = work.allocateBytes(8L * rows.length);
    for (int i = 0; i < rows.length; i++) {
      data.set(FixedColumn.LONG, 8L * i, reader.rowId(rows[i], work));
    }
    return new FixedColumn(Types.UINT64, rows.length, data, null);
  }
}
