package io.lancelot.file;

import io.lancelot.base.Memory;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Schema;
import io.lancelot.storage.LocalStore;
import io.lancelot.storage.ObjectStore;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Writes data files of random rows next to the rows as text, for the real Lance to read:
/// `RandomFiles <folder> <version> <first seed> <files>`.
final class RandomFiles {

  private RandomFiles() {}

  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    FileVersion version = FileVersion.ofText(args[1]);
    long first = Long.parseLong(args[2]);
    int count = Integer.parseInt(args[3]);
    try (ObjectStore store = LocalStore.open(folder)) {
      for (long seed = first; seed < first + count; seed++) {
        try (BufferedWriter text = Files.newBufferedWriter(folder.resolve(seed + ".jsonl"))) {
          for (Batch batch : write(store, seed + ".lance", seed, version)) {
            for (int row = 0; row < batch.rowCount(); row++) {
              StringBuilder line = new StringBuilder("[");
              for (int i = 0; i < batch.columns().size(); i++) {
                line.append(i == 0 ? "" : ",");
                ColumnText.append(batch.column(i), row, line);
              }
              text.append(line).append("]\n");
            }
          }
        }
      }
    }
  }

  /// Writes a file of random rows and returns them.
  static List<Batch> write(ObjectStore store, String path, long seed, FileVersion version) {
    Random random = new Random(seed ^ 0x5EED);
    RandomData data = new RandomData(seed, version != FileVersion.V2_1);
    Schema schema = data.schema(4);
    List<Batch> batches = new ArrayList<>();
    // Small budgets make small pages.
    long budget = random.nextInt(3) == 0 ? 1L << 30 : 512L << 20;
    try (Memory memory = Memory.ofLimit(budget);
        DataFileWriter writer =
            DataFileWriter.create(store.create(path), LanceSchema.of(schema, 0), version, memory)) {
      int batchCount = random.nextInt(4) + (random.nextInt(10) == 0 ? 0 : 1);
      for (int i = 0; i < batchCount; i++) {
        int rows =
            switch (random.nextInt(6)) {
              case 0 -> 1 + random.nextInt(3);
              case 1 -> 1000 + random.nextInt(8000);
              case 2 -> random.nextInt(1000);
              default -> random.nextInt(100);
            };
        Batch batch = data.batch(schema, rows);
        writer.write(batch);
        batches.add(batch);
      }
      writer.finish();
    }
    return batches;
  }
}
