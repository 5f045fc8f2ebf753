package io.lancelot.index.scalar;

import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.file.DataFileWriter;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexSource;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.OpenIndex;
import io.lancelot.index.RowMapping;
import io.lancelot.table.IndexEntry;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The sorted index: every value with its row in ascending order, and the least and greatest value
/// of each page of 4096. Format: lance-format section 4.10.
public final class BTreeKind implements IndexKind {

  static final String DATA = "page_data.lance";
  static final String LOOKUP = "page_lookup.lance";
  static final String VALUES = "values";
  static final String IDS = "ids";
  static final String PAGE_ROWS_KEY = "batch_size";
  static final int PAGE_ROWS = 4096;

  /// From this version on, rows are addresses on tables with stable row ids.
  private static final int ADDRESSES = 1;

  @Override
  public String type() {
    return "BTREE";
  }

  @Override
  public Set<String> aliases() {
    return Set.of("SCALAR");
  }

  @Override
  public String detailsName() {
    return "lance.table.BTreeIndexDetails";
  }

  @Override
  public boolean answersFilters() {
    return true;
  }

  @Override
  public int maxVersion() {
    return ADDRESSES;
  }

  @Override
  public void check(Field field, IndexSpec spec) {
    ColumnTypes.requireComparable(field, type());
    spec.checkNames(Set.of());
  }

  @Override
  public Built build(IndexSource source, IndexSpec spec, IndexFiles into, BuildProgress progress) {
    return write(List.of(), RowMapping.IDENTITY, source, source.stableRowIds(), into, progress);
  }

  @Override
  public Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    boolean stable = added.stableRowIds();
    List<BTreeIndex> old = new ArrayList<>();
    for (OpenIndex segment : segments) {
      old.add((BTreeIndex) segment);
    }
    boolean addresses = stable && (old.isEmpty() || old.getFirst().storesAddresses());
    if (stable && old.stream().anyMatch(segment -> segment.storesAddresses() != addresses)) {
      throw new UnsupportedFeatureException(
          "merging segments of which some hold row ids and some addresses: build the index anew");
    }
    Built built = write(old, moved, added, addresses, into, progress);
    return new Built(built.details(), built.version(), segments);
  }

  private Built write(
      List<BTreeIndex> old,
      RowMapping moved,
      IndexSource added,
      boolean addresses,
      IndexFiles into,
      BuildProgress progress) {
    DataType type = added.field().type();
    try (KeySorter sorter = new KeySorter(type, into, progress)) {
      for (BTreeIndex segment : old) {
        RowMapping own = moved.in(segment);
        segment.forEachPage((values, rows) -> addMoved(sorter, values, rows, own, into));
      }
      String rowColumn = addresses ? IndexSource.ROW_ADDRESS : IndexSource.ROW_ID;
      try (BatchStream rows = added.rows()) {
        for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
          sorter.add(batch.column(0), batch.column(rowColumn));
        }
      }
      writeFiles(sorter, type, into);
    }
    return new Built(new byte[0], addresses ? ADDRESSES : 0, List.of());
  }

  private static void addMoved(
      KeySorter sorter, Column values, FixedColumn rows, RowMapping moved, IndexFiles into) {
    if (moved == RowMapping.IDENTITY) {
      sorter.add(values, rows);
      return;
    }
    try (Scratch work = into.context().memory().scratch()) {
      int[] kept = new int[rows.length()];
      MemorySegment numbers = work.allocateBytes(8L * rows.length());
      int count = 0;
      for (int i = 0; i < rows.length(); i++) {
        long row = moved.map(rows.longAt(i));
        if (row != RowMapping.GONE) {
          numbers.set(FixedColumn.LONG, 8L * count, row);
          kept[count++] = i;
        }
      }
      Column alive = count == kept.length ? values : Columns.gather(values, kept, count, work);
      sorter.add(alive, new FixedColumn(Types.UINT64, count, numbers, null));
    }
  }

  private static void writeFiles(KeySorter sorter, DataType type, IndexFiles into) {
    Schema data = Schema.of(Field.nullable(VALUES, type), Field.required(IDS, Types.UINT64));
    Schema lookup =
        Schema.of(
            Field.nullable("min", type),
            Field.nullable("max", type),
            Field.required("null_count", Types.UINT32),
            Field.required("page_idx", Types.UINT32));
    try (Scratch kept = into.context().memory().scratch();
        DataFileWriter writer = into.create(DATA, data);
        DataFileWriter pages = into.create(LOOKUP, lookup)) {
      List<Column> mins = new ArrayList<>();
      List<Column> maxs = new ArrayList<>();
      List<Integer> nulls = new ArrayList<>();
      sorter.finish((values, rows) -> {
        writer.write(new Batch(data, rows.length(), List.of(values, rows)));
        int count = (rows.length() + PAGE_ROWS - 1) / PAGE_ROWS;
        int[] first = new int[count];
        int[] last = new int[count];
        for (int page = 0; page < count; page++) {
          first[page] = page * PAGE_ROWS;
          int end = Math.min(first[page] + PAGE_ROWS, rows.length());
          last[page] = end - 1;
          nulls.add(values.slice(first[page], end - first[page]).nullCount());
        }
        mins.add(Columns.gather(values, first, count, kept));
        maxs.add(Columns.gather(values, last, count, kept));
      });
      if (!nulls.isEmpty()) {
        int count = nulls.size();
        MemorySegment nullCounts = kept.allocateBytes(4L * count);
        MemorySegment numbers = kept.allocateBytes(4L * count);
        for (int i = 0; i < count; i++) {
          nullCounts.set(FixedColumn.INT, 4L * i, nulls.get(i));
          numbers.set(FixedColumn.INT, 4L * i, i);
        }
        pages.write(
            new Batch(
                lookup,
                count,
                List.of(
                    Columns.concat(type, mins, kept),
                    Columns.concat(type, maxs, kept),
                    new FixedColumn(Types.UINT32, count, nullCounts, null),
                    new FixedColumn(Types.UINT32, count, numbers, null))));
      }
      pages.putMetadata(PAGE_ROWS_KEY, String.valueOf(PAGE_ROWS));
      pages.putMetadata("range_partitioned", "false");
      writer.finish();
      pages.finish();
    }
  }

  @Override
  public OpenIndex open(IndexFiles files, IndexEntry entry, Field field) {
    return new BTreeIndex(files, field, entry.indexVersion() >= ADDRESSES);
  }
}
