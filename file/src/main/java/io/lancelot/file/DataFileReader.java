package io.lancelot.file;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.ColumnMetadata;
import io.lancelot.file.proto.FileDescriptor;
import io.lancelot.storage.ObjectReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// One Lance data file, open for reading. Thread-safe; the column readers it gives out are not.
///
/// Format: lance-format sections 1.1 to 1.5 and A.1.
public final class DataFileReader implements AutoCloseable {

  private static final int FOOTER_BYTES = 40;
  private static final int TAIL_BYTES = 64 << 10;
  private static final int MAGIC = 'L' | 'A' << 8 | 'N' << 16 | 'C' << 24;
  private static final int MAX_COLUMNS = 1 << 20;

  private final ObjectReader file;
  private final FileVersion version;
  private final long rowCount;
  private final LanceSchema schema;

  /// Position and length of each column's metadata, and of each global buffer.
  private final long[] columnTable;

  private final long[] globalTable;
  private final Map<LeafKey, ColumnPages> columns = new ConcurrentHashMap<>();
  private final V20File version20;

  /// A column as read for a field: the same column may be asked for with two types only by a
  /// mistaken caller, who then gets an error and not the other's pages.
  private record LeafKey(int ordinal, LanceField leaf, String name, int depth) {

    /// The others rarely differ, and their hash codes take a while to be made at first use.
    @Override
    public int hashCode() {
      return ordinal;
    }
  }

  private DataFileReader(ObjectReader file) {
    this.file = file;
    try (Arena arena = Arena.ofConfined()) {
      long size = file.sizeBytes();
      require(size >= FOOTER_BYTES, "file bytes", "at least " + FOOTER_BYTES, size);
      // Tables and metadata of columns stand before the footer.
      long tail = Math.min(size, TAIL_BYTES);
      file.expect(List.of(new ObjectReader.Range(size - tail, tail)));
      MemorySegment footer = file.view(size - FOOTER_BYTES, FOOTER_BYTES, arena);
      int magic = footer.get(FixedColumn.INT, 36);
      require(magic == MAGIC, "footer magic", "LANC", Integer.toHexString(magic));
      version =
          FileVersion.ofNumbers(
              footer.get(FixedColumn.SHORT, 32) & 0xFFFF,
              footer.get(FixedColumn.SHORT, 34) & 0xFFFF,
              file.path());
      long columnCount = footer.get(FixedColumn.INT, 28) & 0xFFFF_FFFFL;
      require(columnCount <= MAX_COLUMNS, "columns", "at most " + MAX_COLUMNS, columnCount);
      long globalCount = footer.get(FixedColumn.INT, 24) & 0xFFFF_FFFFL;
      require(globalCount >= 1, "global buffers", "at least 1", globalCount);
      columnTable = table(footer.get(FixedColumn.LONG, 8), columnCount, "column table", arena);
      globalTable =
          table(footer.get(FixedColumn.LONG, 16), globalCount, "global buffer table", arena);
      FileDescriptor descriptor = FileDescriptor.parseFrom(globalBuffer(0));
      rowCount = descriptor.getLength();
      require(rowCount >= 0, "rows", "not negative", Long.toUnsignedString(rowCount));
      schema =
          LanceSchema.fromProto(
              descriptor.getSchema().getFieldsList(), descriptor.getSchema().getMetadataList());
      version20 = new V20File(file, globalTable, this::metadata);
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptDataException(
          "file descriptor: expected=a protobuf message, found=" + e.getMessage() + " " + place(),
          e);
    }
  }

  /// Opens a data file. Takes ownership of `file`, also when opening fails.
  ///
  /// @throws CorruptDataException if the file is not a Lance data file or is damaged
  /// @throws UnsupportedFeatureException for a version this one does not know
  public static DataFileReader open(ObjectReader file) {
    DataFileReader reader = null;
    try {
      reader = new DataFileReader(file);
      return reader;
    } catch (CorruptDataException e) {
      throw e.at("(path=" + file.path() + ")");
    } finally {
      if (reader == null) {
        file.close();
      }
    }
  }

  private long[] table(long position, long count, String what, Arena arena) {
    long size = file.sizeBytes();
    require(
        position >= 0 && count * 16 <= size && position <= size - count * 16,
        what,
        "inside " + size + " bytes",
        Long.toUnsignedString(position) + "+" + count * 16);
    long[] table = new long[(int) count * 2];
    MemorySegment.copy(
        file.view(position, count * 16, arena), FixedColumn.LONG, 0, table, 0, table.length);
    for (int i = 0; i < table.length; i += 2) {
      require(
          table[i] >= 0 && table[i + 1] >= 0 && table[i] <= size - table[i + 1],
          "entry " + i / 2 + " of the " + what,
          "inside " + size + " bytes",
          Long.toUnsignedString(table[i]) + "+" + Long.toUnsignedString(table[i + 1]));
    }
    return table;
  }

  public FileVersion version() {
    return version;
  }

  public long rowCount() {
    return rowCount;
  }

  /// The schema stored in the file; the table's may have other names by now.
  public LanceSchema schema() {
    return schema;
  }

  public int columnCount() {
    return columnTable.length / 2;
  }

  public long sizeBytes() {
    return file.sizeBytes();
  }

  public String path() {
    return file.path();
  }

  /// Number of global buffers; the first is the file's own.
  public int globalBufferCount() {
    return globalTable.length / 2;
  }

  /// The bytes of a global buffer.
  public byte[] globalBuffer(int index) {
    require(
        index >= 0 && index < globalBufferCount(),
        "global buffer",
        "below " + globalBufferCount(),
        index);
    return ColumnPages.bytes(file, globalTable[2 * index], globalTable[2 * index + 1], place());
  }

  /// The ordinals of a field's columns in a file that no manifest describes: by position among
  /// those that own one in the file's own schema, matched by field id.
  public int[] columnsOf(LanceField field) {
    Map<Integer, Integer> ordinals = new HashMap<>();
    for (LanceField top : schema.fields()) {
      top.forEachColumn(version, owner -> ordinals.put(owner.id(), ordinals.size()));
    }
    List<Integer> found = new ArrayList<>();
    field.forEachColumn(
        version,
        leaf -> {
          Integer ordinal = ordinals.get(leaf.id());
          if (ordinal == null) {
            throw new InvalidInputException(
                "field has no column in the file: expected=one of ids "
                    + ordinals.keySet()
                    + ", found="
                    + leaf.id()
                    + " "
                    + place());
          }
          found.add(ordinal);
        });
    return found.stream().mapToInt(Integer::intValue).toArray();
  }

  /// A reader of one field.
  ///
  /// @param field the table's field, whose type the columns read will have
  /// @param ordinals the file's columns for the field's leaves, in order; in a 2.0 file those of
  ///   all its fields that own one, where that of a struct may be -1
  /// @throws UnsupportedFeatureException for an encoding or type this version cannot read
  public ColumnReader column(LanceField field, int[] ordinals) {
    try {
      return newColumn(field, ordinals);
    } catch (CorruptDataException e) {
      throw e.at("(path=" + file.path() + ", column=" + field.name() + ")");
    }
  }

  private ColumnReader newColumn(LanceField field, int[] ordinals) {
    if (version == FileVersion.V2_0) {
      return version20Column(field, ordinals);
    }
    List<LeafPath> paths = LeafPath.of(field);
    List<LanceField> leafFields = new ArrayList<>();
    field.forEachLeaf(leafFields::add);
    if (paths.size() != ordinals.length) {
      throw new InvalidInputException(
          "columns of field "
              + field.name()
              + ": expected="
              + paths.size()
              + ", found="
              + ordinals.length
              + " "
              + place());
    }
    List<LeafReader> leaves = new ArrayList<>();
    for (int i = 0; i < ordinals.length; i++) {
      int ordinal = ordinals[i];
      LeafPath leaf = paths.get(i);
      require(ordinal >= 0 && ordinal < columnCount(), "column", "below " + columnCount(), ordinal);
      var key = new LeafKey(ordinal, leafFields.get(i), leaf.name(), leaf.layers().count());
      ColumnPages pages = columns.get(key);
      if (pages == null) {
        pages = new ColumnPages(file, ordinal, metadata(ordinal), leaf, rowCount);
        columns.put(key, pages);
      }
      leaves.add(new LeafReader(pages, leafFields.get(i).type(), leaf.itemsPerRow()));
    }
    return new ColumnReader(field, rowCount, leaves, path());
  }

  private ColumnReader version20Column(LanceField field, int[] ordinals) {
    List<LanceField> owners = new ArrayList<>();
    field.forEachColumn(version, owners::add);
    if (owners.size() != ordinals.length) {
      throw new InvalidInputException(
          "columns of field "
              + field.name()
              + ": expected="
              + owners.size()
              + ", found="
              + ordinals.length
              + " "
              + place());
    }
    for (int i = 0; i < ordinals.length; i++) {
      int ordinal = ordinals[i];
      if (ordinal < 0 && !owners.get(i).leaf()) {
        continue;
      }
      require(ordinal >= 0 && ordinal < columnCount(), "column", "below " + columnCount(), ordinal);
    }
    return new ColumnReader(field, rowCount, version20.reader(field, ordinals, rowCount), path());
  }

  private ColumnMetadata metadata(int ordinal) {
    try {
      return ColumnMetadata.parseFrom(
          ColumnPages.bytes(file, columnTable[2 * ordinal], columnTable[2 * ordinal + 1], place()));
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptDataException(
          "metadata of column "
              + ordinal
              + ": expected=a protobuf message, found="
              + e.getMessage()
              + " "
              + place(),
          e);
    }
  }

  private void require(boolean holds, String what, Object expected, Object found) {
    if (!holds) {
      throw new CorruptDataException(
          what + ": expected=" + expected + ", found=" + found + " " + place());
    }
  }

  private String place() {
    return "(path=" + file.path() + ")";
  }

  @Override
  public void close() {
    file.close();
  }
}
