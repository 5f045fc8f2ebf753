package io.lancelot.index.scalar;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.Types;
import io.lancelot.expr.KeyOrder;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexSource;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.OpenIndex;
import io.lancelot.index.RowMapping;
import io.lancelot.index.RowSet;
import io.lancelot.table.IndexEntry;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The label-list index: for each distinct item of lists, the rows whose list holds it.
public final class LabelListKind implements IndexKind {

  /// The entry of the metadata that points at the rows whose list is null.
  static final String NULLS_KEY = "lance:label_list_nulls";

  /// From this version on the rows of null lists are stored.
  private static final int WITH_NULLS = 1;

  @Override
  public String type() {
    return "LABEL_LIST";
  }

  @Override
  public String detailsName() {
    return "lance.table.LabelListIndexDetails";
  }

  @Override
  public boolean answersFilters() {
    return true;
  }

  @Override
  public int maxVersion() {
    return WITH_NULLS;
  }

  @Override
  public void check(Field field, IndexSpec spec) {
    DataType item = itemType(field);
    if (item == null || KeyOrder.of(item).isEmpty()) {
      throw ColumnTypes.wrong(field, "LabelList", "a list of values that compare");
    }
    spec.checkNames(Set.of());
  }

  private static @Nullable DataType itemType(Field field) {
    return switch (field.type()) {
      case DataType.ListOf(Field item, _) -> item.type();
      case DataType.FixedSizeList(Field item, _) -> item.type();
      default -> null;
    };
  }

  static DataType requireItemType(Field field) {
    DataType item = itemType(field);
    if (item == null) {
      throw ColumnTypes.wrong(field, "LabelList", "a list");
    }
    return item;
  }

  @Override
  public Built build(IndexSource source, IndexSpec spec, IndexFiles into, BuildProgress progress) {
    return write(List.of(), RowMapping.IDENTITY, source, into, progress);
  }

  @Override
  public Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    List<LabelListIndex> old = new ArrayList<>();
    segments.forEach(segment -> old.add((LabelListIndex) segment));
    Built built = write(old, moved, added, into, progress);
    return new Built(built.details(), built.version(), segments);
  }

  private static Built write(
      List<LabelListIndex> old,
      RowMapping moved,
      IndexSource source,
      IndexFiles into,
      BuildProgress progress) {
    DataType type = requireItemType(source.field());
    RowSet.Builder nulls = new RowSet.Builder();
    boolean nullsKnown = true;
    for (LabelListIndex segment : old) {
      RowSet known = segment.nulls();
      nullsKnown &= known != null;
      if (known != null) {
        nulls.addAll(BitmapWriter.moved(known, moved.in(segment)));
      }
    }
    try (ValueRows items = new ValueRows(type, into, progress);
        BitmapWriter writer = new BitmapWriter(type, into)) {
      try (BatchStream rows = source.rows();
          Scratch work = into.context().memory().scratch()) {
        for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
          work.reset();
          add(items, nulls, batch, work);
        }
      }
      if (old.isEmpty()) {
        items.finish(writer::add);
      } else {
        writer.merge(
            old.stream().map(LabelListIndex::file).toList(),
            old.stream().map(moved::in).toList(),
            items);
      }
      writer.finish(nullsKnown ? NULLS_KEY : null, nulls.build());
    }
    return new Built(new byte[0], nullsKnown ? WITH_NULLS : 0, List.of());
  }

  /// Every item with the row of its list.
  private static void add(ValueRows sink, RowSet.Builder nulls, Batch batch, Scratch work) {
    Column lists = batch.column(0);
    FixedColumn rows = (FixedColumn) batch.column(IndexSource.ROW_ID);
    Column items;
    if (lists instanceof ListColumn list) {
      items = list.items();
    } else if (lists instanceof FixedListColumn list) {
      items = list.items();
    } else {
      items = null;
    }
    for (int i = 0; i < lists.length(); i++) {
      if (items == null || lists.isNull(i)) {
        nulls.add(rows.longAt(i));
      }
    }
    if (items == null) {
      return;
    }
    MemorySegment owners = work.allocateBytes(8L * items.length());
    int[] wanted = new int[items.length()];
    int count = 0;
    for (int i = 0; i < lists.length(); i++) {
      if (!lists.isNull(i)) {
        int from = lists instanceof ListColumn list ? list.offset(i) : i * size(lists);
        int to = lists instanceof ListColumn list ? list.offset(i + 1) : (i + 1) * size(lists);
        for (int j = from; j < to; j++) {
          owners.set(FixedColumn.LONG, 8L * count, rows.longAt(i));
          wanted[count++] = j;
        }
      }
    }
    boolean together = count > 0 && wanted[count - 1] - wanted[0] == count - 1;
    sink.add(
        together ? items.slice(wanted[0], count) : Columns.gather(items, wanted, count, work),
        new FixedColumn(Types.UINT64, count, owners, null));
  }

  private static int size(Column lists) {
    return ((FixedListColumn) lists).size();
  }

  @Override
  public OpenIndex open(IndexFiles files, IndexEntry entry, Field field) {
    return new LabelListIndex(new BitmapFile(files, requireItemType(field)));
  }
}
