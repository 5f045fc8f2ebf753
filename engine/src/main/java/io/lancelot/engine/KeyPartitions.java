package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Rows spread over files by the hash of their key, so that rows of equal keys lie in one file.
/// Behind their columns stands their number in the source.
final class KeyPartitions implements AutoCloseable {

  private static final Field NUMBER = Field.required("\0number", Types.INT64);

  /// Each level spreads by four bits of the hash.
  private static final int LEVEL_BITS = 4;

  private static final int FILES = 1 << LEVEL_BITS;

  /// Rows that these levels leave together mostly have the same key.
  private static final int MAX_LEVEL = 3;

  private static final int BATCH_ROWS = 8192;

  /// Rows of a file that are spread together, as a share of the memory budget.
  private static final int SHARE = 24;

  private static final long MOST_BYTES = 32L << 20;
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private final Schema schema;
  private final List<String> on;
  private final Schema table;
  private final Context context;
  private final int level;
  private final long mostBytes;

  /// Whether rows come without numbers.
  private final boolean numbering;

  private final List<SpilledRows> files = new ArrayList<>();
  private final Scratch work;
  private final Scratch out;
  private long added;

  /// @param schema of rows that have numbers
  KeyPartitions(Schema schema, List<String> on, Schema table, Context context) {
    this(schema, on, table, context, 0, false);
  }

  /// For rows as they come: numbers them.
  static KeyPartitions numbering(Schema schema, List<String> on, Schema table, Context context) {
    List<Field> fields = new ArrayList<>(schema.fields());
    fields.add(NUMBER);
    return new KeyPartitions(Schema.of(fields), on, table, context, 0, true);
  }

  private KeyPartitions(
      Schema schema, List<String> on, Schema table, Context context, int level, boolean numbering) {
    this.schema = schema;
    this.on = on;
    this.table = table;
    this.context = context;
    this.level = level;
    this.mostBytes = Math.min(context.memory().limitBytes() / SHARE, MOST_BYTES);
    this.numbering = numbering;
    this.work = context.memory().scratch();
    this.out = context.memory().scratch();
    try {
      for (int i = 0; i < FILES; i++) {
        files.add(SpilledRows.create(schema, context));
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /// Adds the rows of a file.
  void add(SpilledRows file) {
    try (HeldBatches held = new HeldBatches(context.memory())) {
      file.rewind();
      for (Batch batch = file.next(); batch != null; batch = file.next()) {
        held.add(batch);
        if (held.bytes() > mostBytes) {
          add(held.batches());
          held.clear();
        }
      }
      add(held.batches());
    }
  }

  /// Adds rows in memory, many at a time, or they make many small batches.
  void add(List<Batch> batches) {
    if (batches.isEmpty()) {
      return;
    }
    work.reset();
    Batch rows = Batches.concat(batches.getFirst().schema(), batches, work);
    if (numbering) {
      rows = numbered(rows);
    }
    int[] partitions = partitions(rows);
    int[] picked = new int[BATCH_ROWS];
    for (int partition = 0; partition < FILES; partition++) {
      int count = 0;
      for (int row = 0; row < partitions.length; row++) {
        if (partitions[row] == partition) {
          picked[count++] = row;
          if (count == BATCH_ROWS) {
            write(partition, rows, picked, count);
            count = 0;
          }
        }
      }
      write(partition, rows, picked, count);
    }
  }

  private void write(int partition, Batch rows, int[] picked, int count) {
    if (count > 0) {
      out.reset();
      files.get(partition).write(Batches.gather(rows, picked, count, out));
    }
  }

  private Batch numbered(Batch rows) {
    MemorySegment numbers = work.allocateBytes(8L * rows.rowCount());
    for (int i = 0; i < rows.rowCount(); i++) {
      numbers.set(FixedColumn.LONG, 8L * i, added++);
    }
    List<Column> columns = new ArrayList<>(rows.columns());
    columns.add(new FixedColumn(NUMBER.type(), rows.rowCount(), numbers, null));
    return new Batch(schema, rows.rowCount(), columns);
  }

  /// The file of each row: by its key, or by its number where a part of the key is null, for such a
  /// key equals none.
  private int[] partitions(Batch rows) {
    int count = rows.rowCount();
    long[] hashes = new long[count];
    boolean[] absent = new boolean[count];
    List<Column> keys = SourceKeys.of(SourceKeys.names(on, table), rows, table, work);
    KeyHashes.hash(keys, count, hashes, absent);
    FixedColumn numbers = (FixedColumn) rows.columns().getLast();
    int shift = Long.SIZE - LEVEL_BITS * (level + 1);
    int[] partitions = new int[count];
    for (int row = 0; row < count; row++) {
      long hash = absent[row] ? numbers.longAt(row) * SPREAD : hashes[row];
      partitions[row] = (int) (hash >>> shift) & FILES - 1;
    }
    return partitions;
  }

  /// The files with rows, which now belong to the caller; larger ones are spread further.
  ///
  /// @param most bytes of a file
  List<SpilledRows> finish(long most) {
    List<SpilledRows> finished = new ArrayList<>();
    try {
      while (!files.isEmpty()) {
        SpilledRows file = files.getLast();
        file.finish();
        if (file.sizeBytes() > most && level < MAX_LEVEL) {
          try (KeyPartitions deeper =
              new KeyPartitions(schema, on, table, context, level + 1, false)) {
            deeper.add(file);
            finished.addAll(deeper.finish(most));
          }
          file.close();
        } else if (file.rowCount() > 0) {
          finished.add(file);
        } else {
          file.close();
        }
        files.removeLast();
      }
      return finished;
    } catch (RuntimeException | Error e) {
      finished.forEach(SpilledRows::close);
      throw e;
    }
  }

  @Override
  public void close() {
    files.forEach(SpilledRows::close);
    files.clear();
    work.close();
    out.close();
  }
}
