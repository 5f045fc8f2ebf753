package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;

/// The reader of data files as a target of a coverage-guided fuzzer: any bytes end in a typed error
/// or in columns that are well-formed.
public final class FuzzDataFile {

  private static final int MAX_ROWS = 20_000;
  private static final int MAX_FIELDS = 64;

  private FuzzDataFile() {}

  /// What Jazzer calls for every input.
  public static void fuzzerTestOneInput(byte[] bytes) {
    try (Memory memory = Memory.ofLimit(32L << 20)) {
      try (DataFileReader file = DataFileReader.open(GoldenFiles.reader(bytes, "fuzz"))) {
        int fields = 0;
        for (LanceField field : file.schema().fields()) {
          if (fields++ < MAX_FIELDS) {
            read(file, field, memory);
          }
        }
      } catch (LancelotException expected) {
        requireMessage(expected);
        requirePlace(expected, "path=");
      }
      if (memory.usedBytes() != 0) {
        throw new AssertionError("memory not given back: " + memory.usedBytes());
      }
    }
  }

  private static void read(DataFileReader file, LanceField field, Memory memory) {
    try (Scratch scratch = memory.scratch()) {
      ColumnReader reader = file.column(field, file.columnsOf(field));
      int rows = (int) Math.min(file.rowCount(), MAX_ROWS);
      check(reader.read(0, rows, scratch), rows);
      scratch.reset();
      if (rows > 0) {
        long[] some = {0, rows / 3, rows / 2, rows - 1};
        check(reader.take(some, some.length, scratch), some.length);
      }
    } catch (LancelotException expected) {
      requireMessage(expected);
      requirePlace(expected, "path=");
      requirePlace(expected, "column");
    }
  }

  /// Who repairs a damaged file has to know where the damage is.
  private static void requirePlace(LancelotException error, String part) {
    if (error instanceof CorruptDataException
        && !String.valueOf(error.getMessage()).contains(part)) {
      throw new AssertionError("error without a place: expected=" + part, error);
    }
  }

  private static void check(Column column, int rows) {
    if (column.length() != rows) {
      throw new AssertionError("rows: expected=" + rows + ", found=" + column.length());
    }
    WellFormed.check(column);
  }

  private static void requireMessage(LancelotException error) {
    if (error.getMessage() == null || error.getMessage().isEmpty()) {
      throw new AssertionError("error without a message", error);
    }
  }
}
