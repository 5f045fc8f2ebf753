package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.ipc.IpcReader;
import io.lancelot.columnar.ipc.IpcWriter;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.util.List;
import java.util.OptionalInt;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/// The deleted rows of one fragment as a file: an Arrow IPC file for few, a roaring bitmap for
/// many. Format: lance-format section 3.5.
final class DeletionVectors {

  /// Lance switches to bitmaps above this many rows; either is read at any size.
  private static final int MAX_ARROW_ROWS = 5000;

  private static final Schema ARROW_SCHEMA = Schema.of(Field.required("row_id", Types.UINT32));

  private DeletionVectors() {}

  /// The deleted rows of a fragment that has a deletion file.
  ///
  /// @param path of the file in the store
  static RoaringBitmap read(
      ObjectStore store, String path, DeletionFile file, long physicalRows, Memory memory) {
    try (ObjectReader reader = store.open(path);
        Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = reader.view(0, reader.sizeBytes(), arena);
      RoaringBitmap rows =
          switch (file.kind()) {
            case ARROW -> readArrow(bytes, path, memory);
            case BITMAP -> parse(ByteBuffer.wrap(bytes.toArray(ValueLayout.JAVA_BYTE)), path);
          };
      check(rows, file, physicalRows, path);
      return rows;
    }
  }

  private static void check(RoaringBitmap rows, DeletionFile file, long physicalRows, String path) {
    long count = rows.getLongCardinality();
    if (file.deletedRows() != 0 && count != file.deletedRows()) {
      throw new CorruptDataException(
          "deletion file row count: expected="
              + file.deletedRows()
              + ", found="
              + count
              + " (path="
              + path
              + ")");
    }
    if (count > 0 && Integer.toUnsignedLong(rows.last()) >= physicalRows) {
      throw new CorruptDataException(
          "deletion file: expected=rows below "
              + physicalRows
              + ", found="
              + Integer.toUnsignedLong(rows.last())
              + " (path="
              + path
              + ")");
    }
  }

  private static RoaringBitmap readArrow(MemorySegment bytes, String path, Memory memory) {
    RoaringBitmap rows = new RoaringBitmap();
    try (IpcReader reader = IpcReader.open(path, bytes, memory)) {
      for (Batch batch = reader.next(); batch != null; batch = reader.next()) {
        if (batch.columns().size() != 1
            || !(batch.column(0) instanceof FixedColumn column)
            || column.width() != 4) {
          throw new CorruptDataException(
              "deletion file: expected=one column row_id of 32 bits, found="
                  + batch.schema().fields()
                  + " (path="
                  + path
                  + ")");
        }
        for (int i = 0; i < column.length(); i++) {
          rows.add(column.intAt(i));
        }
      }
    }
    return rows;
  }

  /// A portable 32-bit roaring bitmap.
  ///
  /// @param where for messages
  static RoaringBitmap parse(ByteBuffer bytes, String where) {
    RoaringBitmap bitmap = new RoaringBitmap();
    try {
      bitmap.deserialize(bytes.order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException | RuntimeException e) {
      throw new CorruptDataException(
          "roaring bitmap: expected=the portable format, found=broken bytes (path=" + where + ")",
          e);
    }
    checkAscending(bitmap, where);
    return bitmap;
  }

  /// Damaged containers may be out of order, and operations on them would give wrong rows.
  private static void checkAscending(RoaringBitmap bitmap, String where) {
    PeekableIntIterator rows = bitmap.getIntIterator();
    long previous = -1;
    long count = 0;
    while (rows.hasNext()) {
      long row = Integer.toUnsignedLong(rows.next());
      if (row <= previous) {
        throw new CorruptDataException(
            "roaring bitmap: expected=more than "
                + previous
                + ", found="
                + row
                + " (path="
                + where
                + ")");
      }
      previous = row;
      count++;
    }
    if (count != bitmap.getLongCardinality()) {
      throw new CorruptDataException(
          "roaring bitmap cardinality: expected="
              + bitmap.getLongCardinality()
              + ", found="
              + count
              + " (path="
              + where
              + ")");
    }
  }

  /// Writes the deleted rows of a fragment and returns the entry for the manifest.
  ///
  /// @param id a random number
  static DeletionFile write(
      TableRoot root,
      long fragmentId,
      long readVersion,
      long id,
      RoaringBitmap rows,
      WrittenFiles written,
      Memory memory) {
    long count = rows.getLongCardinality();
    DeletionFile.Kind kind =
        count <= MAX_ARROW_ROWS ? DeletionFile.Kind.ARROW : DeletionFile.Kind.BITMAP;
    DeletionFile file = new DeletionFile(kind, readVersion, id, count, OptionalInt.empty());
    byte[] bytes =
        switch (kind) {
          case ARROW -> arrow(rows, memory);
          case BITMAP -> bitmap(rows);
        };
    String path = root.deletion(file.fileName(fragmentId));
    written.add(path);
    // A new name, which may be given before the bytes are forced: one wait for the disk less.
    try (ObjectWriter writer = root.store().create(path)) {
      writer.write(MemorySegment.ofArray(bytes));
      writer.finish();
    }
    return file;
  }

  private static byte[] arrow(RoaringBitmap rows, Memory memory) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Scratch scratch = memory.scratch();
        IpcWriter writer = IpcWriter.file(Channels.newChannel(out), ARROW_SCHEMA, memory)) {
      int count = rows.getCardinality();
      MemorySegment data = scratch.allocateBytes(4L * count);
      int[] values = rows.toArray();
      MemorySegment.copy(values, 0, data, FixedColumn.INT, 0, count);
      Column column = new FixedColumn(Types.UINT32, count, data, null);
      writer.write(new Batch(ARROW_SCHEMA, count, List.of(column)));
      writer.finish();
    }
    return out.toByteArray();
  }

  /// The portable serialisation, which Lance also uses for the fragments of an index.
  static byte[] bitmap(RoaringBitmap rows) {
    ByteBuffer bytes =
        ByteBuffer.allocate(rows.serializedSizeInBytes()).order(ByteOrder.LITTLE_ENDIAN);
    rows.serialize(bytes);
    return bytes.array();
  }
}
