package io.lancelot.table;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.file.LanceField;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// The live rows of a version, fragment by fragment, in physical order.
public final class TableScan implements BatchStream {

  /// The column of row ids: stable ones if the table has them, else the addresses.
  public static final String ROW_ID = "_rowid";

  /// The column of row addresses: fragment id in the upper, row in the lower 32 bits.
  public static final String ROW_ADDRESS = "_rowaddr";

  private final List<String> columns;
  private final Schema schema;
  private final List<LanceField> fields;
  private final BiFunction<Fragment, List<LanceField>, FragmentReader> opener;
  private final Iterator<Fragment> fragments;
  private final int batchRows;
  private final Scratch scratch;
  private @Nullable FragmentReader reader;
  private long nextRow;

  TableScan(
      Snapshot snapshot,
      ScanOptions options,
      Memory memory,
      BiFunction<Fragment, List<LanceField>, FragmentReader> opener) {
    this.columns = options.columns();
    this.fields = fields(snapshot, columns);
    this.schema = schema(snapshot, columns);
    this.opener = opener;
    this.batchRows = options.batchRows();
    this.scratch = memory.scratch();
    this.fragments =
        snapshot.fragments().stream()
            .filter(fragment ->
                options.fragmentIds().isEmpty()
                    || options.fragmentIds().get().contains(fragment.id()))
            .iterator();
  }

  static boolean system(String column) {
    return column.equals(ROW_ID) || column.equals(ROW_ADDRESS);
  }

  /// The table's fields among the columns asked for.
  static List<LanceField> fields(Snapshot snapshot, List<String> columns) {
    List<LanceField> fields = new ArrayList<>();
    for (String column : columns) {
      if (!system(column)) {
        fields.add(
            snapshot
                .readable(column)
                .orElseThrow(() ->
                    new InvalidInputException(
                        "unknown column: expected one of "
                            + snapshot.schema().arrow().names()
                            + ", found="
                            + column)));
      }
    }
    return fields;
  }

  static Schema schema(Snapshot snapshot, List<String> columns) {
    List<Field> all = new ArrayList<>();
    for (String column : columns) {
      all.add(
          system(column)
              ? Field.required(column, Types.UINT64)
              : snapshot.readable(column).orElseThrow().field());
    }
    return new Schema(all, snapshot.schema().metadata());
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    scratch.reset();
    while (true) {
      FragmentReader current = reader;
      if (current == null) {
        if (!fragments.hasNext()) {
          return null;
        }
        current = opener.apply(fragments.next(), fields);
        reader = current;
        nextRow = 0;
      }
      while (nextRow < current.physicalRows()) {
        int count = (int) Math.min(batchRows, current.physicalRows() - nextRow);
        long first = nextRow;
        nextRow += count;
        Batch batch = read(current, first, count);
        if (batch != null) {
          return batch;
        }
      }
      current.close();
      reader = null;
    }
  }

  /// Null if all of the rows are deleted.
  private @Nullable Batch read(FragmentReader from, long first, int count) {
    RoaringBitmap deletions = from.deletions();
    long deleted =
        deletions.isEmpty() ? 0 : rank(deletions, first + count) - rank(deletions, first);
    if (deleted == count) {
      return null;
    }
    List<Column> read = new ArrayList<>();
    int field = 0;
    for (String column : columns) {
      read.add(
          switch (column) {
            case ROW_ID -> from.rowIds(first, count, scratch);
            case ROW_ADDRESS -> from.rowAddresses(first, count, scratch);
            default -> from.read(field++, first, count, scratch);
          });
    }
    Batch all = new Batch(schema, count, read);
    if (deleted == 0) {
      return all;
    }
    int[] live = new int[count - (int) deleted];
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (!deletions.contains((int) (first + i))) {
        live[kept++] = i;
      }
    }
    return Batches.gather(all, live, kept, scratch);
  }

  /// How many deleted rows lie below `row`.
  private static long rank(RoaringBitmap deletions, long row) {
    return row == 0 ? 0 : deletions.rankLong((int) (row - 1));
  }

  @Override
  public void close() {
    if (reader != null) {
      reader.close();
      reader = null;
    }
    scratch.close();
  }
}
