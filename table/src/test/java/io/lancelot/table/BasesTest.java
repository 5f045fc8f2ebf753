package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.Context;
import io.lancelot.base.CorruptDataException;
import io.lancelot.storage.LocalStore;
import io.lancelot.storage.ObjectReader;
import io.lancelot.table.proto.TableProto;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.roaringbitmap.RoaringBitmap;

/// Clones and branches, whose files lie under another table's folder.
class BasesTest {

  @TempDir Path folder;

  private final Context context = Context.ofMemory(64 << 20);

  /// Writes `clone.lance` as a shallow clone of the latest version of `origin.lance`.
  private static void cloneTo(LocalStore target, Snapshot snapshot, String base) {
    TableProto.Manifest.Builder manifest = snapshot.manifest().toBuilder();
    manifest.addBasePaths(
        TableProto.BasePath.newBuilder().setId(3).setIsDatasetRoot(true).setPath(base));
    manifest.setReaderFeatureFlags(17).setWriterFeatureFlags(17);
    manifest
        .getFragmentsBuilderList()
        .forEach(fragment -> {
          fragment.getFilesBuilderList().forEach(file -> file.setBaseId(3));
          if (fragment.hasDeletionFile()) {
            fragment.getDeletionFileBuilder().setBaseId(3);
          }
        });
    Transaction transaction =
        new Transaction(
            0, "00000000-0000-4000-8000-000000000000", new Operation.Restore(1), Map.of());
    byte[] bytes = ManifestFile.write(manifest, List.of(), TransactionCodec.encode(transaction));
    String name = VersionNaming.V2.fileName(snapshot.version());
    target.put("clone.lance/_versions/" + name, MemorySegment.ofArray(bytes));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cloneReadsItsOriginAndWritesAtHome(boolean sameStore) {
    Path home = folder.resolve("home");
    Path other = sameStore ? home : folder.resolve("other");
    try (LocalStore origins = LocalStore.open(other);
        LocalStore store = LocalStore.open(home);
        Table origin =
            Table.create(origins, "origin.lance", Rows.of(0, 10), CreateOptions.DEFAULT, context)) {
      Snapshot deleted =
          origin.delete(origin.snapshot(), Map.of(0L, RoaringBitmap.bitmapOf(4)), "id = 4");
      cloneTo(store, deleted, other.toAbsolutePath() + "/origin.lance");
      try (Table clone = Table.open(store, "clone.lance", context)) {
        List<Long> ids = Rows.range(0, 10);
        ids.remove(4L);
        assertThat(Rows.ids(clone, clone.snapshot())).isEqualTo(ids);
        Snapshot appended = clone.append(Rows.of(10, 2));
        Snapshot again = clone.delete(appended, Map.of(0L, RoaringBitmap.bitmapOf(5)), "id = 5");
        ids.addAll(List.of(10L, 11L));
        ids.remove(5L);
        assertThat(Rows.ids(clone, again)).isEqualTo(ids);
        assertThat(again.manifest().getReaderFeatureFlags()).isEqualTo(17);
        assertThat(store.list("clone.lance/data")).hasSize(1);
        assertThat(store.list("clone.lance/_deletions")).hasSize(1);
      }
      assertThat(Rows.ids(origin, origin.latest())).hasSize(9);
    }
  }

  @Test
  void unknownBaseIsDamage() {
    try (LocalStore store = LocalStore.open(folder);
        Table origin =
            Table.create(store, "origin.lance", Rows.of(0, 10), CreateOptions.DEFAULT, context)) {
      cloneTo(store, origin.snapshot(), folder + "/origin.lance");
      String path = "clone.lance/_versions/" + VersionNaming.V2.fileName(1);
      byte[] bytes;
      try (ObjectReader reader = store.open(path);
          Arena arena = Arena.ofConfined()) {
        bytes = reader.view(0, reader.sizeBytes(), arena).toArray(ValueLayout.JAVA_BYTE);
      }
      TableProto.Manifest.Builder manifest =
          ManifestFile.parse(bytes, 1, path).manifest().toBuilder();
      manifest.getBasePathsBuilder(0).setId(8);
      Transaction transaction = new Transaction(0, "none", new Operation.Restore(1), Map.of());
      store.put(
          path,
          MemorySegment.ofArray(
              ManifestFile.write(manifest, List.of(), TransactionCodec.encode(transaction))));
      try (Table clone = Table.open(store, "clone.lance", context)) {
        assertThatThrownBy(() -> Rows.ids(clone, clone.snapshot()))
            .isInstanceOf(CorruptDataException.class)
            .hasMessageContaining("base path");
      }
    }
  }
}
