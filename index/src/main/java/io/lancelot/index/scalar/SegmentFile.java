package io.lancelot.index.scalar;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.ColumnReader;
import io.lancelot.file.DataFileReader;
import io.lancelot.file.FileVersion;
import io.lancelot.file.LanceField;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.RowSet;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;

/// A file of a segment, open, with its columns checked against what the kind expects.
final class SegmentFile implements AutoCloseable {

  private final DataFileReader file;
  private final Memory memory;

  private SegmentFile(DataFileReader file, Memory memory) {
    this.file = file;
    this.memory = memory;
  }

  /// @throws UnsupportedFeatureException for files of very old releases, some of whose indices gave
  ///   wrong answers
  static SegmentFile open(IndexFiles files, String name) {
    DataFileReader file = files.open(name);
    if (file.version() == FileVersion.V2_0) {
      file.close();
      throw new UnsupportedFeatureException(
          "index in a file of version 2.0: expected=2.1 or later (path=" + file.path() + ")");
    }
    return new SegmentFile(file, files.context().memory());
  }

  Memory memory() {
    return memory;
  }

  long rowCount() {
    return file.rowCount();
  }

  /// Rows as a number of things that are kept in memory, all at once.
  int entryCount() {
    if (rowCount() > Integer.MAX_VALUE - 8) {
      throw new CorruptDataException(
          "index entries: expected=at most 2^31, found=" + rowCount() + " " + place());
    }
    return (int) rowCount();
  }

  String path() {
    return file.path();
  }

  String place() {
    return "(path=" + file.path() + ")";
  }

  Optional<String> metadata(String key) {
    return Optional.ofNullable(file.schema().metadata().get(key));
  }

  /// A whole number in the metadata.
  OptionalLong number(String key, long min, long max) {
    Optional<String> text = metadata(key);
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    try {
      long value = Long.parseLong(text.get());
      if (value >= min && value <= max) {
        return OptionalLong.of(value);
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw new CorruptDataException(
        key + ": expected=" + min + " to " + max + ", found=" + text.get() + " " + place());
  }

  boolean has(String column) {
    return file.schema().fields().stream().anyMatch(field -> field.name().equals(column));
  }

  private LanceField field(String name) {
    return file.schema().fields().stream()
        .filter(field -> field.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new CorruptDataException(
                "index column: expected="
                    + name
                    + ", found="
                    + file.schema().arrow().names()
                    + " "
                    + place()));
  }

  DataType type(String column) {
    return field(column).type();
  }

  /// A reader of one column, which must be of a type.
  ColumnReader column(String name, DataType type) {
    LanceField field = field(name);
    if (!field.type().equals(type)) {
      throw new CorruptDataException(
          "index column: expected="
              + type.arrowName()
              + ", found="
              + field.type().arrowName()
              + " (column="
              + name
              + ", path="
              + path()
              + ")");
    }
    return file.column(field, file.columnsOf(field));
  }

  /// A column of this file whose texts lie within their bytes. Damage may have moved an offset,
  /// which nobody notices before it is used.
  Column checked(Column column) {
    if (!(column instanceof VarColumn var)) {
      return column;
    }
    long before = 0;
    for (int i = 0; i <= var.length(); i++) {
      long offset = var.offset(i);
      if (offset < before || offset > var.data().byteSize()) {
        throw new CorruptDataException(
            "offset of a value: expected="
                + before
                + " to "
                + var.data().byteSize()
                + ", found="
                + offset
                + " "
                + place());
      }
      before = offset;
    }
    return column;
  }

  /// A whole column of numbers that are never null.
  long[] numbers(String name, DataType type) {
    try (Scratch work = memory.scratch()) {
      Column column = column(name, type).read(0, entryCount(), work);
      if (column.nullCount() > 0) {
        throw new CorruptDataException(
            "index column: expected=no nulls, found="
                + column.nullCount()
                + " (column="
                + name
                + ", path="
                + path()
                + ")");
      }
      long[] numbers = new long[column.length()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = ((FixedColumn) column).integerAt(i);
      }
      return numbers;
    }
  }

  /// The row set in the global buffer that an entry of the metadata names; empty without the entry.
  Optional<RowSet> rowSet(String key) {
    OptionalLong buffer = number(key, 1, file.globalBufferCount() - 1);
    return buffer.isEmpty()
        ? Optional.empty()
        : Optional.of(
            RowSet.fromTreeMap(
                ByteBuffer.wrap(file.globalBuffer((int) buffer.getAsLong())), path()));
  }

  @Override
  public void close() {
    file.close();
  }
}
