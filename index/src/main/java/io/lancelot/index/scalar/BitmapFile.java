package io.lancelot.index.scalar;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.ColumnReader;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexWork;
import io.lancelot.index.RowSet;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Values with the rows that hold each: the file of bitmap and label-list indices. Values are in
/// memory, rows are read when first asked for and kept within a share of the budget. Format:
/// lance-format section 4.11.
final class BitmapFile implements AutoCloseable {

  static final String NAME = "bitmap_page_lookup.lance";
  static final String KEYS = "keys";
  static final String BITMAPS = "bitmaps";

  private static final int SHARE = 8;
  private static final int BULK = 256;

  private final SegmentFile file;
  private final Scratch kept;
  private final long keepBytes;
  private final Column keys;
  private final ColumnReader reader;
  private final ReentrantLock lock = new ReentrantLock();
  private final AtomicReferenceArray<@Nullable RowSet> sets;
  private final AtomicLong keptBytes = new AtomicLong();

  BitmapFile(IndexFiles files, DataType type) {
    file = SegmentFile.open(files, NAME);
    kept = files.context().memory().scratch();
    keepBytes = files.context().memory().limitBytes() / SHARE;
    try (Scratch work = files.context().memory().scratch()) {
      int count = file.entryCount();
      keys = Columns.copy(file.checked(file.column(KEYS, type).read(0, count, work)), kept);
      reader = file.column(BITMAPS, Types.BINARY);
      sets = new AtomicReferenceArray<>(count);
      keptBytes.set(kept.heldBytes());
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  Column keys() {
    return keys;
  }

  /// Memory for one search.
  Scratch scratch() {
    return file.memory().scratch();
  }

  /// The row set that the metadata points at.
  Optional<RowSet> metadataSet(String key) {
    return file.rowSet(key);
  }

  /// The rows of one value.
  RowSet rows(int key, IndexWork work) {
    RowSet set = sets.get(key);
    if (set == null) {
      read(key, key + 1, work);
      set = sets.get(key);
    }
    return set == null ? readOne(key, work) : set;
  }

  /// The rows of several values.
  ///
  /// @param wanted ascending
  RowSet rows(int[] wanted, int count, IndexWork work) {
    if (count == 1) {
      return rows(wanted[0], work);
    }
    RowSet.Builder all = new RowSet.Builder();
    for (int i = 0; i < count; i++) {
      if (sets.get(wanted[i]) == null && i + 8 < count && wanted[i + 8] - wanted[i] < 64) {
        int end = i;
        while (end < count && wanted[end] - wanted[i] < BULK) {
          end++;
        }
        read(wanted[i], wanted[end - 1] + 1, work);
      }
      all.addAll(rows(wanted[i], work));
    }
    return all.build();
  }

  /// Reads and keeps the rows of some values, as far as there is room.
  private void read(int from, int to, IndexWork work) {
    lock.lock();
    try (Scratch scratch = file.memory().scratch()) {
      if (keptBytes.get() >= keepBytes) {
        return;
      }
      Column column = file.checked(reader.read(from, to - from, scratch));
      for (int i = from; i < to; i++) {
        if (sets.get(i) == null) {
          VarColumn bitmaps = (VarColumn) column;
          sets.set(i, parse(bitmaps, i - from, work));
          keptBytes.addAndGet(2L * bitmaps.byteLength(i - from) + 64);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private RowSet readOne(int key, IndexWork work) {
    lock.lock();
    try (Scratch scratch = file.memory().scratch()) {
      return parse((VarColumn) file.checked(reader.read(key, 1, scratch)), 0, work);
    } finally {
      lock.unlock();
    }
  }

  private RowSet parse(VarColumn bitmaps, int row, IndexWork work) {
    if (bitmaps.isNull(row)) {
      throw new CorruptDataException("bitmap: expected=a row set, found=null " + file.place());
    }
    byte[] bytes = bitmaps.bytesAt(row).toArray(ValueLayout.JAVA_BYTE);
    work.loaded(bytes.length);
    return RowSet.fromTreeMap(ByteBuffer.wrap(bytes), file.path());
  }

  void prewarm() {
    IndexWork work = new IndexWork();
    for (int from = 0; from < keys.length() && keptBytes.get() < keepBytes; from += BULK) {
      read(from, Math.min(from + BULK, keys.length()), work);
    }
  }

  long heldBytes() {
    return keptBytes.get();
  }

  @Override
  public void close() {
    kept.close();
    file.close();
  }
}
