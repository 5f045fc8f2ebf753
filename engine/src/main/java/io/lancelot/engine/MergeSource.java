package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The rows to be merged, read once and looked at by each attempt anew: all in memory, or spread
/// over files by the hash of their key, each of which fits into memory.
final class MergeSource implements AutoCloseable {

  /// What the rows of one part may take of the memory budget. While they are put together they are
  /// there twice, and a third time cast to the table's types.
  private static final int SHARE = 12;

  private final List<String> on;

  /// Whether several rows may have the same key: those that only tell which rows to keep.
  private final boolean repeats;

  private final Context context;
  private final Optional<SourceRows> held;
  private List<SpilledRows> files;

  /// The key columns by whose hashes rows are spread over the files.
  private Schema keyed;

  private MergeSource(
      MergeInsert how,
      Context context,
      Optional<SourceRows> held,
      List<SpilledRows> files,
      Schema keyed) {
    this.on = how.on();
    this.repeats = how.updateMatched().isEmpty() && !how.insertUnmatched();
    this.context = context;
    this.held = held;
    this.files = files;
    this.keyed = keyed;
  }

  /// @param table its schema
  static MergeSource read(BatchStream rows, MergeInsert how, Schema table, Context context) {
    List<String> on = how.on();
    long budget = context.memory().limitBytes() / SHARE;
    KeyPartitions spilled = null;
    try (HeldBatches held = new HeldBatches(context.memory())) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        held.add(batch);
        if (held.bytes() > budget) {
          if (spilled == null) {
            spilled = KeyPartitions.numbering(rows.schema(), on, table, context);
          }
          spilled.add(held.batches());
          held.clear();
        }
      }
      if (spilled == null) {
        SourceRows all = SourceRows.of(rows.schema(), held.batches(), on, context);
        return new MergeSource(how, context, Optional.of(all), List.of(), Schema.of());
      }
      spilled.add(held.batches());
      List<SpilledRows> files = spilled.finish(budget);
      Schema keyed = table.select(SourceKeys.names(on, table));
      return new MergeSource(how, context, Optional.empty(), files, keyed);
    } finally {
      if (spilled != null) {
        spilled.close();
      }
    }
  }

  /// Runs a work on all rows, or on those of one file after the other: rows of equal keys come
  /// together.
  ///
  /// @param table its schema
  void forEach(Schema table, Consumer<SourceRows.Fitted> work) {
    if (held.isPresent()) {
      work.accept(held.get().fit(table, repeats));
      return;
    }
    Schema keys = table.select(SourceKeys.names(on, table));
    if (!keys.equals(keyed)) {
      spreadAgain(table, keys);
    }
    for (SpilledRows file : files) {
      try (SourceRows part = SourceRows.ofNumbered(file, on, context)) {
        work.accept(part.fit(table, repeats));
      }
    }
  }

  /// Values that were different may be equal in the table's new type.
  private void spreadAgain(Schema table, Schema keys) {
    Schema schema = files.getFirst().schema();
    try (KeyPartitions again = new KeyPartitions(schema, on, table, context)) {
      for (SpilledRows file : files) {
        again.add(file);
      }
      List<SpilledRows> spread = again.finish(context.memory().limitBytes() / SHARE);
      files.forEach(SpilledRows::close);
      files = spread;
      keyed = keys;
    }
  }

  @Override
  public void close() {
    held.ifPresent(SourceRows::close);
    files.forEach(SpilledRows::close);
  }
}
