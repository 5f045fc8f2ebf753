package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.Projection;
import io.lancelot.index.IndexSource;
import io.lancelot.index.OpenIndex;
import io.lancelot.table.Fragment;
import io.lancelot.table.ScanOptions;
import io.lancelot.table.Snapshot;
import io.lancelot.table.Table;
import io.lancelot.table.TableScan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Live rows of some fragments of a version, for an index to be built from or updated.
final class TableSource implements IndexSource {

  private final Table table;
  private final Snapshot snapshot;
  private final Context context;
  private final IndexedColumn column;
  private final List<Fragment> fragments;
  private final Held held;
  private final List<Part> parts;
  private final Schema schema;

  /// What an update has beside the rows that came.
  ///
  /// @param fragments that segments speak for
  /// @param ids where rows are by their ids; null where these are addresses
  record Held(Map<OpenIndex, RoaringBitmap> fragments, @Nullable RowIdMap ids) {

    static final Held NONE = new Held(Map.of(), null);
  }

  TableSource(
      Table table,
      Snapshot snapshot,
      Context context,
      IndexedColumn column,
      List<Fragment> fragments,
      Held held) {
    this.table = table;
    this.snapshot = snapshot;
    this.context = context;
    this.column = column;
    this.fragments = fragments;
    this.held = held;
    this.parts =
        fragments.stream()
            .map(fragment -> new Part(fragment.id(), fragment.physicalRows(), fragment.liveRows()))
            .toList();
    this.schema =
        Schema.of(
            column.field(),
            Field.required(ROW_ID, Plan.ROW_ID.type()),
            Field.required(ROW_ADDRESS, Plan.ROW_ADDRESS.type()));
  }

  @Override
  public Field field() {
    return column.field();
  }

  @Override
  public List<Part> parts() {
    return parts;
  }

  @Override
  public long rowCount() {
    return parts.stream().mapToLong(Part::liveRows).sum();
  }

  @Override
  public boolean stableRowIds() {
    return snapshot.stableRowIds();
  }

  @Override
  public BatchStream rows() {
    return rows(fragments.stream().map(Fragment::id).collect(Collectors.toSet()));
  }

  @Override
  public BatchStream rows(Part part) {
    return rows(Set.of(part.id()));
  }

  private BatchStream rows(Set<Long> ids) {
    return new Rows(
        table.scan(
            snapshot, ScanOptions.of(columns()).withBatchRows(batchRows()).withFragments(ids)),
        context.memory().scratch());
  }

  @Override
  public IndexSource with(List<? extends OpenIndex> segments) {
    RoaringBitmap wanted = new RoaringBitmap();
    fragments.forEach(fragment -> wanted.add((int) fragment.id()));
    segments.forEach(segment -> wanted.or(Objects.requireNonNull(held.fragments().get(segment))));
    List<Fragment> all =
        snapshot.fragments().stream()
            .filter(fragment -> wanted.contains((int) fragment.id()))
            .toList();
    return new TableSource(table, snapshot, context, column, all, held);
  }

  @Override
  public BatchStream rows(long[] ids) {
    Map<Integer, RoaringBitmap> deleted = new HashMap<>();
    fragments.forEach(
        fragment -> deleted.put((int) fragment.id(), table.deletions(snapshot, fragment)));
    RowIdMap byId = held.ids();
    long[] addresses =
        Arrays.stream(ids)
            .map(id -> byId == null ? id : byId.address(id))
            .filter(address -> {
              RoaringBitmap gone = deleted.get((int) (address >>> 32));
              return address != -1 && gone != null && !gone.contains((int) address);
            })
            .sorted()
            .toArray();
    return new Taken(addresses, context.memory().scratch());
  }

  /// Lists may be long: as many rows at once as stay small.
  private int batchRows() {
    int most = ScanOptions.DEFAULT_BATCH_ROWS;
    return column.leaf().type() instanceof DataType.ListOf
        ? fragments.stream()
            .mapToInt(fragment -> ColumnsOfFragment.rowsPerRead(fragment, most))
            .min()
            .orElse(most)
        : most;
  }

  private List<String> columns() {
    return List.of(column.path().getFirst(), TableScan.ROW_ID, TableScan.ROW_ADDRESS);
  }

  @Override
  public Batch sample(long[] positions, int count, Scratch scratch) {
    long[] addresses = new long[count];
    int next = 0;
    long base = 0;
    for (Fragment fragment : fragments) {
      long end = base + fragment.liveRows();
      if (next < count && positions[next] < end) {
        RoaringBitmap deleted = table.deletions(snapshot, fragment);
        while (next < count && positions[next] < end) {
          addresses[next] =
              fragment.id() << 32 | Selection.liveRow(deleted, positions[next] - base);
          next++;
        }
      }
      base = end;
    }
    if (next < count) {
      throw new IndexOutOfBoundsException(
          "sample position: expected below " + base + ", found=" + positions[next]);
    }
    return leaf(table.take(snapshot, addresses, count, columns(), scratch), scratch);
  }

  /// The indexed field instead of the top-level column it lies in.
  private Batch leaf(Batch batch, Scratch scratch) {
    List<Column> columns = new ArrayList<>(batch.columns());
    if (column.path().size() > 1) {
      columns.set(0, Projection.of(column.expr(), batch.schema()).evaluate(batch, scratch));
    }
    return new Batch(schema, batch.rowCount(), columns);
  }

  private final class Taken implements BatchStream {
    private final long[] addresses;
    private final Scratch scratch;
    private int next;

    Taken(long[] addresses, Scratch scratch) {
      this.addresses = addresses;
      this.scratch = scratch;
    }

    @Override
    public Schema schema() {
      return schema;
    }

    @Override
    public @Nullable Batch next() {
      int count = Math.min(addresses.length - next, batchRows());
      if (count == 0) {
        return null;
      }
      scratch.reset();
      long[] some = Arrays.copyOfRange(addresses, next, next + count);
      next += count;
      return leaf(table.take(snapshot, some, count, columns(), scratch), scratch);
    }

    @Override
    public void close() {
      scratch.close();
    }
  }

  private final class Rows implements BatchStream {
    private final BatchStream scan;
    private final Scratch scratch;

    Rows(BatchStream scan, Scratch scratch) {
      this.scan = scan;
      this.scratch = scratch;
    }

    @Override
    public Schema schema() {
      return schema;
    }

    @Override
    public @Nullable Batch next() {
      scratch.reset();
      Batch batch = scan.next();
      return batch == null ? null : leaf(batch, scratch);
    }

    @Override
    public void close() {
      scan.close();
      scratch.close();
    }
  }
}
