package io.lancelot.table;

import io.lancelot.storage.ObjectStore;
import io.lancelot.table.proto.TableProto;
import io.lancelot.table.proto.TransactionProto;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// Versions as no writer here makes them.
final class Manifests {

  private Manifests() {}

  /// Adds a version that has one more index entry.
  static void withIndex(ObjectStore store, String path, Snapshot base, IndexEntry entry) {
    List<TableProto.IndexMetadata> indices = new ArrayList<>();
    base.indices().forEach(index -> indices.add(index.proto()));
    indices.add(entry.proto());
    TransactionProto.Transaction transaction =
        TransactionProto.Transaction.newBuilder()
            .setReadVersion(base.version())
            .setUuid(UUID.randomUUID().toString())
            .setCreateIndex(
                TransactionProto.Transaction.CreateIndex.newBuilder().addNewIndices(entry.proto()))
            .build();
    byte[] bytes =
        ManifestFile.write(
            base.manifest().toBuilder().setVersion(base.version() + 1).clearTransactionFile(),
            indices,
            transaction);
    store.putIfAbsent(
        new TableRoot(store, path).version(VersionNaming.V2.fileName(base.version() + 1)),
        MemorySegment.ofArray(bytes));
  }
}
