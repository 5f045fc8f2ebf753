package io.lancelot.index.scalar;

import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.DataFileWriter;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexWork;
import io.lancelot.index.RowMapping;
import io.lancelot.index.RowSet;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes values with their rows.
final class BitmapWriter implements AutoCloseable {

  private static final int WRITE_KEYS = 4096;
  private static final long WRITE_BYTES = 16 << 20;

  private final DataType type;
  private final Schema schema;
  private final DataFileWriter writer;
  private final Scratch work;
  private final List<Column> keys = new ArrayList<>();
  private final List<byte[]> bitmaps = new ArrayList<>();
  private long bitmapBytes;
  private long count;

  BitmapWriter(DataType type, IndexFiles into) {
    this.type = type;
    this.schema =
        Schema.of(
            Field.nullable(BitmapFile.KEYS, type),
            Field.nullable(BitmapFile.BITMAPS, Types.BINARY));
    this.work = into.context().memory().scratch();
    this.writer = into.create(BitmapFile.NAME, schema);
  }

  /// Takes the next value, a column of one, with its rows. Values come in order.
  void add(Column key, RowSet set) {
    byte[] bytes = set.toTreeMap();
    keys.add(Columns.copy(key, work));
    bitmaps.add(bytes);
    bitmapBytes += bytes.length;
    count++;
    if (bitmaps.size() >= WRITE_KEYS || bitmapBytes >= WRITE_BYTES) {
      write();
    }
  }

  private void write() {
    if (bitmaps.isEmpty()) {
      return;
    }
    if (bitmapBytes > Integer.MAX_VALUE) {
      throw new ResourceExhaustedException(
          "bitmap of one value: expected=at most 2 GiB, found=" + bitmapBytes + " bytes");
    }
    MemorySegment offsets = work.allocateBytes(4L * (bitmaps.size() + 1));
    MemorySegment data = work.allocateBytes(bitmapBytes);
    int at = 0;
    for (int i = 0; i < bitmaps.size(); i++) {
      offsets.set(FixedColumn.INT, 4L * i, at);
      byte[] bytes = bitmaps.get(i);
      MemorySegment.copy(MemorySegment.ofArray(bytes), 0, data, at, bytes.length);
      at += bytes.length;
    }
    offsets.set(FixedColumn.INT, 4L * bitmaps.size(), at);
    writer.write(
        new Batch(
            schema,
            bitmaps.size(),
            List.of(
                Columns.concat(type, keys, work),
                new VarColumn(Types.BINARY, bitmaps.size(), offsets, data, null))));
    keys.clear();
    bitmaps.clear();
    bitmapBytes = 0;
    work.reset();
  }

  /// Joins files by value, with their rows where they are now, and new rows, which are held in
  /// memory as bitmaps.
  ///
  /// @param moved for each file
  void merge(List<BitmapFile> old, List<RowMapping> moved, ValueRows added) {
    List<Column> parts = new ArrayList<>();
    List<BitmapFile> owners = new ArrayList<>();
    int[] firstOf = new int[old.size()];
    int total = 0;
    for (BitmapFile file : old) {
      firstOf[owners.size()] = total;
      owners.add(file);
      parts.add(file.keys());
      total += file.keys().length();
    }
    int oldKeys = total;
    List<RowSet> fresh = new ArrayList<>();
    try (Scratch held = work.memory().scratch()) {
      added.finish((key, rows) -> {
        parts.add(Columns.copy(key, held));
        fresh.add(rows);
      });
      if (!parts.isEmpty()) {
        join(Columns.concat(type, parts, held), old, firstOf, oldKeys, fresh, moved);
      }
    }
  }

  private void join(
      Column all,
      List<BitmapFile> old,
      int[] firstOf,
      int oldKeys,
      List<RowSet> fresh,
      List<RowMapping> moved) {
    int[] order = SortKeys.order(all);
    IndexWork cost = new IndexWork();
    for (int from = 0; from < order.length; ) {
      int to = from + 1;
      while (to < order.length && SortKeys.compare(all, order[from], all, order[to]) == 0) {
        to++;
      }
      RowSet.Builder union = new RowSet.Builder();
      for (int i = from; i < to; i++) {
        int key = order[i];
        if (key >= oldKeys) {
          union.addAll(fresh.get(key - oldKeys));
          continue;
        }
        int file = old.size() - 1;
        while (firstOf[file] > key) {
          file--;
        }
        union.addAll(moved(old.get(file).rows(key - firstOf[file], cost), moved.get(file)));
      }
      RowSet set = union.build();
      if (!set.isEmpty()) {
        add(all.slice(order[from], 1), set);
      }
      from = to;
    }
  }

  /// The rows where they are now.
  static RowSet moved(RowSet rows, RowMapping moved) {
    if (moved == RowMapping.IDENTITY) {
      return rows;
    }
    RowSet.Builder now = new RowSet.Builder();
    rows.forEach(row -> {
      long place = moved.map(row);
      if (place != RowMapping.GONE) {
        now.add(place);
      }
    });
    return now.build();
  }

  /// @param metadataSet the name of an entry that points at `set`; null for none
  void finish(@Nullable String metadataSet, RowSet set) {
    write();
    writer.putMetadata("lance:index_stats", "{\"num_bitmaps\":" + count + "}");
    if (metadataSet != null) {
      int buffer = writer.addGlobalBuffer(MemorySegment.ofArray(set.toTreeMap()));
      writer.putMetadata(metadataSet, String.valueOf(buffer));
    }
    writer.finish();
  }

  @Override
  public void close() {
    writer.close();
    work.close();
  }
}
