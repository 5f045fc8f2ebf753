package io.lancelot.index.scalar;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexSource;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.OpenIndex;
import io.lancelot.index.RowMapping;
import io.lancelot.index.RowSet;
import io.lancelot.table.IndexEntry;
import java.util.List;
import java.util.Set;

/// The bitmap index: for each distinct value, and for null, the rows that hold it.
public final class BitmapKind implements IndexKind {

  @Override
  public String type() {
    return "BITMAP";
  }

  @Override
  public String detailsName() {
    return "lance.table.BitmapIndexDetails";
  }

  @Override
  public boolean answersFilters() {
    return true;
  }

  @Override
  public int maxVersion() {
    return 0;
  }

  @Override
  public void check(Field field, IndexSpec spec) {
    ColumnTypes.requireComparable(field, type());
    spec.checkNames(Set.of());
  }

  @Override
  public Built build(IndexSource source, IndexSpec spec, IndexFiles into, BuildProgress progress) {
    try (ValueRows rows = rows(source, into, progress);
        BitmapWriter writer = new BitmapWriter(source.field().type(), into)) {
      rows.finish(writer::add);
      writer.finish(null, RowSet.EMPTY);
    }
    return new Built(new byte[0], 0, List.of());
  }

  private static ValueRows rows(IndexSource source, IndexFiles into, BuildProgress progress) {
    ValueRows rows = new ValueRows(source.field().type(), into, progress);
    try (BatchStream stream = source.rows()) {
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        rows.add(batch.column(0), (FixedColumn) batch.column(IndexSource.ROW_ID));
      }
      return rows;
    } catch (RuntimeException | Error e) {
      rows.close();
      throw e;
    }
  }

  @Override
  public Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    List<BitmapFile> old =
        segments.stream().map(segment -> ((BitmapIndex) segment).file()).toList();
    try (ValueRows rows = rows(added, into, progress);
        BitmapWriter writer = new BitmapWriter(added.field().type(), into)) {
      writer.merge(old, segments.stream().map(moved::in).toList(), rows);
      writer.finish(null, RowSet.EMPTY);
    }
    return new Built(new byte[0], 0, segments);
  }

  @Override
  public OpenIndex open(IndexFiles files, IndexEntry entry, Field field) {
    return new BitmapIndex(new BitmapFile(files, field.type()));
  }
}
