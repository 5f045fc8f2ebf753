package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.file.ColumnReader;
import io.lancelot.file.DataFileReader;
import io.lancelot.file.LanceField;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Reads chosen columns of one fragment by physical row, deleted rows included. Holds its data
/// files open: what it read is valid while it is. Not thread-safe.
public final class FragmentReader implements AutoCloseable {

  private static final int ROW_ID_FIELD = -3;

  private final Snapshot snapshot;
  private final Fragment fragment;
  private final Bases bases;
  private final OpenFiles files;
  private final RoaringBitmap deletions;
  private final Schema schema;
  private final List<FieldSource> readers = new ArrayList<>();
  private final Map<String, OpenFiles.Lease> leases = new HashMap<>();
  private @Nullable RowIdSequence rowIds;
  private @Nullable FieldSource createdAt;
  private @Nullable FieldSource rowIdColumn;

  FragmentReader(
      Snapshot snapshot,
      Fragment fragment,
      List<LanceField> fields,
      Bases bases,
      OpenFiles files,
      DeletionReader deletionReader) {
    this.snapshot = snapshot;
    this.fragment = fragment;
    this.bases = bases;
    this.files = files;
    this.deletions = deletionReader.read(snapshot, fragment);
    this.schema = Schema.of(fields.stream().map(LanceField::field).toList());
    try {
      for (LanceField field : fields) {
        readers.add(open(field));
      }
      if (fragment.physicalRows() == 0 && !fragment.files().isEmpty()) {
        // Very old releases did not write the count down: better an error than no rows.
        lease(fragment.files().getFirst());
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  public Fragment fragment() {
    return fragment;
  }

  /// The columns read, in order.
  public Schema schema() {
    return schema;
  }

  /// Rows in the files, deleted ones included.
  public long physicalRows() {
    return fragment.physicalRows();
  }

  /// The deleted rows; empty if there are none. Shared: not to be changed.
  public RoaringBitmap deletions() {
    return deletions;
  }

  /// The reader of a field: of its parts, file by file.
  private FieldSource open(LanceField field) {
    if (LineageReader.reads(field, fragment)) {
      return LineageReader.of(
          field, fragment, snapshot.file().path() + ", fragment=" + fragment.id());
    }
    Map<DataFile, Set<Integer>> parts = new LinkedHashMap<>();
    field.forEachLeaf(leaf ->
        fragment
            .fileOf(leaf.id())
            .ifPresent(file -> parts.computeIfAbsent(file, _ -> new HashSet<>()).add(leaf.id())));
    List<ColumnReader> columns = new ArrayList<>();
    parts.forEach(
        (file, leaves) -> columns.add(open(field.part(leaves::contains).orElseThrow(), file)));
    return new FieldReader(
        field.field(), columns, "(column=" + field.name() + ", fragment=" + fragment.id() + ")");
  }

  private ColumnReader open(LanceField field, DataFile file) {
    List<Integer> ordinals = new ArrayList<>();
    field.forEachColumn(file.version(), owner -> ordinals.add(ordinal(owner, file)));
    return lease(file).column(field, ordinals.stream().mapToInt(Integer::intValue).toArray());
  }

  private static int ordinal(LanceField owner, DataFile file) {
    int at = file.fieldIds().indexOf(owner.id());
    int ordinal = at < 0 ? -1 : file.columnIndices().get(at);
    // The column of a struct in a 2.0 file says nothing, and nobody reads it.
    if (ordinal < 0 && (owner.leaf() || !(owner.type() instanceof DataType.Struct))) {
      throw new CorruptDataException(
          "data file: expected=a column of field "
              + owner.id()
              + ", found=none (column="
              + owner.name()
              + ", path="
              + file.path()
              + ")");
    }
    return ordinal;
  }

  private DataFileReader lease(DataFile file) {
    OpenFiles.Lease lease = leases.get(file.path());
    if (lease == null) {
      lease = files.lease(bases.data(snapshot, file));
      leases.put(file.path(), lease);
      check(lease.reader(), file);
    }
    return lease.reader();
  }

  private void check(DataFileReader reader, DataFile file) {
    if (reader.rowCount() != fragment.physicalRows()) {
      throw new CorruptDataException(
          "data file row count: expected="
              + fragment.physicalRows()
              + ", found="
              + reader.rowCount()
              + " (path="
              + file.path()
              + ", fragment="
              + fragment.id()
              + ")");
    }
    if (reader.version() != file.version()) {
      throw new CorruptDataException(
          "data file version: expected="
              + file.version().text()
              + ", found="
              + reader.version().text()
              + " (path="
              + file.path()
              + ")");
    }
  }

  /// Rows `[firstRow, firstRow + count)` of one column.
  public Column read(int column, long firstRow, int count, Scratch scratch) {
    return readers.get(column).read(firstRow, count, scratch);
  }

  /// Where the page of a row ends in one column, in rows.
  public long pageEnd(int column, long row) {
    return readers.get(column).pageEnd(row, fragment.physicalRows());
  }

  /// Rows of one column by ascending number.
  public Column take(int column, long[] ascendingRows, int count, Scratch scratch) {
    return readers.get(column).take(ascendingRows, count, scratch);
  }

  /// Rows `[firstRow, firstRow + count)` of all columns.
  public Batch read(long firstRow, int count, Scratch scratch) {
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < readers.size(); i++) {
      columns.add(read(i, firstRow, count, scratch));
    }
    return new Batch(schema, count, columns);
  }

  /// Rows of all columns by ascending number.
  public Batch take(long[] ascendingRows, int count, Scratch scratch) {
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < readers.size(); i++) {
      columns.add(take(i, ascendingRows, count, scratch));
    }
    return new Batch(schema, count, columns);
  }

  /// The address of a row of this fragment.
  public long address(long row) {
    return fragment.id() << 32 | row;
  }

  /// Addresses of rows `[firstRow, firstRow + count)`, as uint64.
  public Column rowAddresses(long firstRow, int count, Scratch scratch) {
    return longs(count, i -> address(firstRow + i), scratch);
  }

  /// Ids of rows `[firstRow, firstRow + count)`, as uint64: stable ones if the table has them, else
  /// the addresses.
  public Column rowIds(long firstRow, int count, Scratch scratch) {
    if (!snapshot.stableRowIds()) {
      return rowAddresses(firstRow, count, scratch);
    }
    if (fragment.proto().hasColumnRowIds()) {
      if (rowIdColumn == null) {
        rowIdColumn = openRowIds();
      }
      return rowIdColumn.read(firstRow, count, scratch);
    }
    RowIdSequence ids = sequence();
    return longs(count, i -> ids.at((int) (firstRow + i)), scratch);
  }

  /// The id of one row.
  ///
  /// @param work for the page it may lie in
  public long rowId(long row, Scratch work) {
    if (!snapshot.stableRowIds()) {
      return address(row);
    }
    return fragment.proto().hasColumnRowIds()
        ? ((FixedColumn) rowIds(row, 1, work)).longAt(0)
        : sequence().at((int) row);
  }

  /// The version in which a row was first written; for tables with stable row ids.
  ///
  /// @param work for the page it may lie in
  public long createdAtVersion(long row, Scratch work) {
    FieldSource versions = createdAt;
    if (versions == null) {
      versions = open(LineageReader.CREATED_AT);
      createdAt = versions;
    }
    return versions instanceof LineageReader(RowVersions known)
        ? known.at(row)
        : ((FixedColumn) versions.read(row, 1, work)).longAt(0);
  }

  private RowIdSequence sequence() {
    RowIdSequence ids = rowIds;
    if (ids == null) {
      ids =
          RowIdSequence.parse(
              fragment.proto().getInlineRowIds(),
              fragment.physicalRows(),
              snapshot.file().path() + ", fragment=" + fragment.id());
      rowIds = ids;
    }
    return ids;
  }

  private FieldSource openRowIds() {
    LanceField field =
        new LanceField(ROW_ID_FIELD, -1, Field.required("_rowid", Types.UINT64), List.of());
    if (fragment.fileOf(ROW_ID_FIELD).isEmpty()) {
      throw new CorruptDataException(
          "row ids: expected=a hidden column in a data file, found=none (fragment="
              + fragment.id()
              + ", path="
              + snapshot.file().path()
              + ")");
    }
    return open(field);
  }

  private static Column longs(int count, LongUnaryOperator values, Scratch scratch) {
    MemorySegment data = scratch.allocateBytes(8L * count);
    for (int i = 0; i < count; i++) {
      data.set(FixedColumn.LONG, 8L * i, values.applyAsLong(i));
    }
    return new FixedColumn(Types.UINT64, count, data, null);
  }

  @Override
  public void close() {
    leases.values().forEach(OpenFiles.Lease::close);
    leases.clear();
  }
}
