package io.lancelot.file;

import io.lancelot.base.Memory;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.storage.Durability;
import io.lancelot.storage.LocalStore;
import io.lancelot.storage.ObjectStore;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Random;

/// Measures how fast data files are written: `WriteSpeed <folder> <rounds>`.
final class WriteSpeed {

  private static final int BATCH = 8192;

  private WriteSpeed() {}

  public static void main(String[] args) {
    int rounds = Integer.parseInt(args[1]);
    for (Durability durability : Durability.values()) {
      try (ObjectStore store = LocalStore.open(Path.of(args[0]), durability)) {
        for (int round = 0; round < rounds; round++) {
          run(store, durability + " vectors", 1_000_000, vectors());
          run(store, durability + " int64", 10_000_000, longs());
          run(store, durability + " text", 1_000_000, text());
        }
      }
    }
  }

  private static void run(ObjectStore store, String name, int rows, Column column) {
    Schema schema = Schema.of(Field.nullable("c", column.type()));
    try (Memory memory = Memory.ofLimit(1L << 30);
        DataFileWriter writer =
            DataFileWriter.create(
                store.create(name.replace(' ', '-') + ".lance"),
                LanceSchema.of(schema, 0),
                FileVersion.V2_2,
                memory)) {
      Batch batch = new Batch(schema, BATCH, java.util.List.of(column));
      long start = System.nanoTime();
      for (int done = 0; done < rows; done += BATCH) {
        writer.write(batch.slice(0, Math.min(BATCH, rows - done)));
      }
      long size = writer.finish().sizeBytes();
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf(
          "%s: %.3f s, %.2f M rows/s, %.0f MB/s, %d bytes, peak %d MiB%n",
          name,
          seconds,
          rows / seconds / 1e6,
          size / seconds / 1e6,
          size,
          memory.peakBytes() >> 20);
    }
  }

  private static Column vectors() {
    MemorySegment data = Arena.ofAuto().allocate(BATCH * 512L, 64);
    Random random = new Random(1);
    for (int i = 0; i < BATCH * 128; i++) {
      data.set(FixedColumn.FLOAT, 4L * i, random.nextFloat());
    }
    DataType.FixedSizeList type = Types.vector(128);
    return new FixedListColumn(
        type, BATCH, new FixedColumn(Types.FLOAT32, BATCH * 128, data, null), null);
  }

  private static Column longs() {
    MemorySegment data = Arena.ofAuto().allocate(BATCH * 8L, 64);
    Random random = new Random(1);
    for (int i = 0; i < BATCH; i++) {
      data.set(FixedColumn.LONG, 8L * i, random.nextLong() >>> 24);
    }
    return new FixedColumn(Types.INT64, BATCH, data, null);
  }

  private static Column text() {
    MemorySegment offsets = Arena.ofAuto().allocate(4L * BATCH + 4, 64);
    MemorySegment data = Arena.ofAuto().allocate(20L * BATCH, 64);
    Random random = new Random(1);
    int at = 0;
    for (int i = 0; i < BATCH; i++) {
      byte[] value =
          ("user-" + Long.toHexString(random.nextLong() >>> 20))
              .getBytes(java.nio.charset.StandardCharsets.UTF_8);
      MemorySegment.copy(value, 0, data, ValueLayout.JAVA_BYTE, at, value.length);
      at += value.length;
      offsets.set(FixedColumn.INT, 4L * i + 4, at);
    }
    return new VarColumn(Types.UTF8, BATCH, offsets, data, null);
  }
}
