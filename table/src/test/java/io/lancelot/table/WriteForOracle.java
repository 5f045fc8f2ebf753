package io.lancelot.table;

import io.lancelot.base.Context;
import io.lancelot.file.FileVersion;
import io.lancelot.storage.LocalStore;
import io.lancelot.storage.ObjectStore;
import io.lancelot.table.Operation.UpdateConfig.Changes;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.roaringbitmap.RoaringBitmap;

/// Writes tables for `src/test/golden/check_ours.py`, which opens and continues them with the real
/// Lance. Not a test: run by hand with the folder to write to.
final class WriteForOracle {

  private WriteForOracle() {}

  public static void main(String[] args) {
    try (ObjectStore store = LocalStore.open(Path.of(args[0]));
        Context context = Context.create()) {
      for (FileVersion version : new FileVersion[] {FileVersion.V2_1, FileVersion.V2_2}) {
        String suffix = version.text().replace(".", "") + ".lance";
        CreateOptions options = CreateOptions.DEFAULT.withFileVersion(version);
        write(store, "plain" + suffix, options, context);
        write(store, "stable" + suffix, options.withStableRowIds(), context);
      }
      Table.create(store, "empty.lance", Rows.SCHEMA, CreateOptions.DEFAULT, context).close();
    }
  }

  /// Moves the row 20001 and notes an owner.
  private static void update(Table table) {
    Snapshot base = table.latest();
    StagedRows rows = Rows.staged(table, base, Rows.of(20_001, 1));
    table.update(base, Map.of(1L, RoaringBitmap.bitmapOf(1)), rows, Set.of(1), _ -> {});
    Changes owner = new Changes(Map.of("owner", Optional.of("tests")), false);
    table.commit(
        table.snapshot(), new Operation.UpdateConfig(owner, Changes.NONE, Changes.NONE, Map.of()));
  }

  private static void write(
      ObjectStore store, String path, CreateOptions options, Context context) {
    try (Table table = Table.create(store, path, Rows.of(0, 20_000), options, context)) {
      table.append(Rows.of(20_000, 100));
      Snapshot base = table.append(Rows.of(20_100, 100));
      RoaringBitmap even = new RoaringBitmap();
      for (int i = 0; i < 20_000; i += 2) {
        even.add(i);
      }
      RoaringBitmap few = RoaringBitmap.bitmapOf(7, 3, 5);
      RoaringBitmap all = RoaringBitmap.bitmapOfRange(0, 100);
      table.delete(base, Map.of(0L, even, 1L, few, 2L, all), "id is even, or one of few");
      table.restore(3);
      table.restore(4);
      if (!options.stableRowIds()) {
        update(table);
      }
    }
  }
}
