package io.lancelot.table;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.file.LanceSchema;
import io.lancelot.file.proto.MetadataEntry;
import io.lancelot.table.proto.TableProto;
import io.lancelot.table.proto.TransactionProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Transactions as messages. Format: lance-format section B.3.
final class TransactionCodec {

  private static final int FIRST_OPERATION = 100;
  private static final int LAST_OPERATION = 199;

  private TransactionCodec() {}

  static Transaction decode(ByteString bytes, String path) {
    TransactionProto.Transaction proto =
        ManifestFile.parse(TransactionProto.Transaction.parser(), bytes, "transaction", path);
    return new Transaction(
        proto.getReadVersion(),
        proto.getUuid(),
        operation(proto, path),
        proto.getTransactionPropertiesMap());
  }

  private static Operation operation(TransactionProto.Transaction proto, String path) {
    return switch (proto.getOperationCase()) {
      case APPEND -> new Operation.Append(fragments(proto.getAppend().getFragmentsList(), path));
      case DELETE ->
          new Operation.Delete(
              fragments(proto.getDelete().getUpdatedFragmentsList(), path),
              proto.getDelete().getDeletedFragmentIdsList(),
              proto.getDelete().getPredicate());
      case OVERWRITE ->
          new Operation.Overwrite(
              fragments(proto.getOverwrite().getFragmentsList(), path),
              schema(
                  proto.getOverwrite().getSchemaList(),
                  proto.getOverwrite().getSchemaMetadataList(),
                  path),
              proto.getOverwrite().getConfigUpsertValuesMap(),
              Optional.empty());
      case CREATE_INDEX ->
          new Operation.CreateIndex(
              entries(proto.getCreateIndex().getNewIndicesList(), path),
              entries(proto.getCreateIndex().getRemovedIndicesList(), path));
      case REWRITE -> rewrite(proto.getRewrite(), path);
      case MERGE ->
          new Operation.Merge(
              fragments(proto.getMerge().getFragmentsList(), path),
              schema(
                  proto.getMerge().getSchemaList(), proto.getMerge().getSchemaMetadataList(), path),
              proto.getMerge().getPreservesNullability());
      case RESTORE -> new Operation.Restore(proto.getRestore().getVersion());
      case RESERVE_FRAGMENTS ->
          new Operation.ReserveFragments(proto.getReserveFragments().getNumFragments());
      case UPDATE -> update(proto.getUpdate(), path);
      case PROJECT ->
          new Operation.Project(
              schema(proto.getProject().getSchemaList(), List.of(), path),
              proto.getProject().getPreservesNullability());
      case UPDATE_CONFIG -> updateConfig(proto.getUpdateConfig());
      case DATA_REPLACEMENT -> {
        Map<Long, DataFile> files = new LinkedHashMap<>();
        proto
            .getDataReplacement()
            .getReplacementsList()
            .forEach(
                group -> files.put(group.getFragmentId(), DataFile.of(group.getNewFile(), path)));
        yield new Operation.DataReplacement(files);
      }
      case UPDATE_MEM_WAL_STATE -> new Operation.UpdateMemWalState();
      case CLONE ->
          new Operation.Clone(
              proto.getClone().getIsShallow(),
              proto.getClone().getRefVersion(),
              proto.getClone().getRefPath(),
              proto.getClone().hasBranchName()
                  ? Optional.of(proto.getClone().getBranchName())
                  : Optional.empty());
      case UPDATE_BASES -> new Operation.UpdateBases();
      case DATA_OVERLAY ->
          new Operation.DataOverlay(
              proto.getDataOverlay().getGroupsList().stream()
                  .map(TransactionProto.Transaction.DataOverlay.Group::getFragmentId)
                  .collect(Collectors.toSet()));
      case OPERATION_NOT_SET -> unknown(proto.getUnknownFields());
    };
  }

  private static Operation unknown(UnknownFieldSet fields) {
    int number =
        fields.asMap().keySet().stream()
            .filter(field -> field >= FIRST_OPERATION && field <= LAST_OPERATION)
            .findFirst()
            .orElse(0);
    return new Operation.Unknown(number);
  }

  private static Operation rewrite(TransactionProto.Transaction.Rewrite proto, String path) {
    List<Operation.Rewrite.Group> groups = new ArrayList<>();
    if (proto.getOldFragmentsCount() > 0) {
      groups.add(
          new Operation.Rewrite.Group(
              fragments(proto.getOldFragmentsList(), path),
              fragments(proto.getNewFragmentsList(), path)));
    }
    for (var group : proto.getGroupsList()) {
      groups.add(
          new Operation.Rewrite.Group(
              fragments(group.getOldFragmentsList(), path),
              fragments(group.getNewFragmentsList(), path)));
    }
    return new Operation.Rewrite(groups);
  }

  private static Operation update(TransactionProto.Transaction.Update proto, String path) {
    return new Operation.Update(
        proto.getRemovedFragmentIdsList(),
        fragments(proto.getUpdatedFragmentsList(), path),
        fragments(proto.getNewFragmentsList(), path),
        Set.copyOf(proto.getFieldsModifiedList()),
        Set.copyOf(proto.getFieldsForPreservingFragBitmapList()),
        proto.getUpdateMode() == TransactionProto.Transaction.Update.Mode.REWRITE_COLUMNS
            ? Operation.Update.Mode.REWRITE_COLUMNS
            : Operation.Update.Mode.REWRITE_ROWS,
        proto.hasInsertedRows());
  }

  private static Operation updateConfig(TransactionProto.Transaction.UpdateConfig proto) {
    Map<Integer, Operation.UpdateConfig.Changes> fields = new LinkedHashMap<>();
    proto.getFieldMetadataUpdatesMap().forEach((id, changes) -> fields.put(id, changes(changes)));
    proto
        .getFieldMetadataMap()
        .forEach((id, metadata) -> fields.put(id, replacing(metadata.getMetadataMap())));
    if (proto.hasConfigUpdates()
        || proto.hasTableMetadataUpdates()
        || proto.hasSchemaMetadataUpdates()
        || !fields.isEmpty()) {
      return new Operation.UpdateConfig(
          changes(proto.getConfigUpdates()),
          changes(proto.getTableMetadataUpdates()),
          changes(proto.getSchemaMetadataUpdates()),
          fields);
    }
    Map<String, Optional<String>> config = new LinkedHashMap<>();
    proto.getUpsertValuesMap().forEach((key, value) -> config.put(key, Optional.of(value)));
    proto.getDeleteKeysList().forEach(key -> config.put(key, Optional.empty()));
    return new Operation.UpdateConfig(
        new Operation.UpdateConfig.Changes(config, false),
        Operation.UpdateConfig.Changes.NONE,
        proto.getSchemaMetadataCount() > 0
            ? replacing(proto.getSchemaMetadataMap())
            : Operation.UpdateConfig.Changes.NONE,
        Map.of());
  }

  private static Operation.UpdateConfig.Changes changes(
      TransactionProto.Transaction.UpdateMap proto) {
    Map<String, Optional<String>> entries = new LinkedHashMap<>();
    for (var entry : proto.getUpdateEntriesList()) {
      entries.put(
          entry.getKey(), entry.hasValue() ? Optional.of(entry.getValue()) : Optional.empty());
    }
    return new Operation.UpdateConfig.Changes(entries, proto.getReplace());
  }

  private static Operation.UpdateConfig.Changes replacing(Map<String, String> metadata) {
    Map<String, Optional<String>> entries = new LinkedHashMap<>();
    metadata.forEach((key, value) -> entries.put(key, Optional.of(value)));
    return new Operation.UpdateConfig.Changes(entries, true);
  }

  private static List<Fragment> fragments(List<TableProto.DataFragment> protos, String path) {
    return protos.stream().map(proto -> Fragment.of(proto, path)).toList();
  }

  private static List<IndexEntry> entries(List<TableProto.IndexMetadata> protos, String path) {
    return protos.stream().map(proto -> new IndexEntry(proto, path)).toList();
  }

  private static LanceSchema schema(
      List<io.lancelot.file.proto.Field> fields, List<MetadataEntry> metadata, String path) {
    try {
      return LanceSchema.fromProto(fields, metadata);
    } catch (InvalidInputException | IllegalArgumentException e) {
      throw new CorruptDataException("transaction: " + e.getMessage() + " (path=" + path + ")", e);
    }
  }

  /// @throws UnsupportedFeatureException for operations that this version does not commit
  static TransactionProto.Transaction encode(Transaction transaction) {
    TransactionProto.Transaction.Builder proto =
        TransactionProto.Transaction.newBuilder()
            .setReadVersion(transaction.readVersion())
            .setUuid(transaction.uuid())
            .putAllTransactionProperties(transaction.properties());
    switch (transaction.operation()) {
      case Operation.Append(List<Fragment> fragments) ->
          proto.getAppendBuilder().addAllFragments(protos(fragments));
      case Operation.Delete(List<Fragment> updated, List<Long> removedIds, String predicate) ->
          proto
              .getDeleteBuilder()
              .addAllUpdatedFragments(protos(updated))
              .addAllDeletedFragmentIds(removedIds)
              .setPredicate(predicate);
      case Operation.Overwrite overwrite ->
          proto
              .getOverwriteBuilder()
              .addAllFragments(protos(overwrite.fragments()))
              .addAllSchema(overwrite.schema().toProto())
              .addAllSchemaMetadata(LanceSchema.metadataToProto(overwrite.schema().metadata()))
              .putAllConfigUpsertValues(overwrite.configUpserts());
      case Operation.Restore(long version) -> proto.getRestoreBuilder().setVersion(version);
      case Operation.ReserveFragments(int count) ->
          proto.getReserveFragmentsBuilder().setNumFragments(count);
      case Operation.Update update -> proto.setUpdate(encode(update));
      case Operation.UpdateConfig config -> proto.setUpdateConfig(encode(config));
      case Operation.CreateIndex(List<IndexEntry> added, List<IndexEntry> removed) ->
          proto
              .getCreateIndexBuilder()
              .addAllNewIndices(added.stream().map(IndexEntry::proto).toList())
              .addAllRemovedIndices(removed.stream().map(IndexEntry::proto).toList());
      case Operation.Rewrite rewrite -> proto.setRewrite(encode(rewrite));
      case Operation.Merge(
              List<Fragment> fragments,
              LanceSchema schema,
              boolean preservesNullability) ->
          proto
              .getMergeBuilder()
              .addAllFragments(protos(fragments))
              .addAllSchema(schema.toProto())
              .addAllSchemaMetadata(LanceSchema.metadataToProto(schema.metadata()))
              .setPreservesNullability(preservesNullability);
      case Operation.Project(LanceSchema schema, boolean preservesNullability) ->
          proto
              .getProjectBuilder()
              .addAllSchema(schema.toProto())
              .setPreservesNullability(preservesNullability);
      case Operation.DataReplacement(Map<Long, DataFile> files) ->
          files.forEach((id, file) ->
              proto
                  .getDataReplacementBuilder()
                  .addReplacementsBuilder()
                  .setFragmentId(id)
                  .setNewFile(file.toProto()));
      case Operation.Clone clone -> {
        var message = proto.getCloneBuilder().setIsShallow(clone.shallow());
        message.setRefVersion(clone.version()).setRefPath(clone.path());
        clone.branch().ifPresent(message::setBranchName);
      }
      case Operation.UpdateMemWalState _,
          Operation.UpdateBases _,
          Operation.DataOverlay _,
          Operation.Unknown _ ->
          throw unsupported(transaction.operation());
    }
    return proto.build();
  }

  private static TransactionProto.Transaction.Rewrite encode(Operation.Rewrite rewrite) {
    TransactionProto.Transaction.Rewrite.Builder proto =
        TransactionProto.Transaction.Rewrite.newBuilder();
    for (Operation.Rewrite.Group group : rewrite.groups()) {
      proto
          .addGroupsBuilder()
          .addAllOldFragments(protos(group.before()))
          .addAllNewFragments(protos(group.after()));
    }
    return proto.build();
  }

  private static TransactionProto.Transaction.Update encode(Operation.Update update) {
    return TransactionProto.Transaction.Update.newBuilder()
        .addAllRemovedFragmentIds(update.removedIds())
        .addAllUpdatedFragments(protos(update.updated()))
        .addAllNewFragments(protos(update.added()))
        .addAllFieldsModified(update.fieldsModified())
        .addAllFieldsForPreservingFragBitmap(update.changed())
        .setUpdateMode(
            switch (update.mode()) {
              case REWRITE_ROWS -> TransactionProto.Transaction.Update.Mode.REWRITE_ROWS;
              case REWRITE_COLUMNS -> TransactionProto.Transaction.Update.Mode.REWRITE_COLUMNS;
            })
        .build();
  }

  private static TransactionProto.Transaction.UpdateConfig encode(Operation.UpdateConfig config) {
    TransactionProto.Transaction.UpdateConfig.Builder proto =
        TransactionProto.Transaction.UpdateConfig.newBuilder();
    if (!config.config().none()) {
      proto.setConfigUpdates(encode(config.config()));
    }
    if (!config.tableMetadata().none()) {
      proto.setTableMetadataUpdates(encode(config.tableMetadata()));
    }
    if (!config.schemaMetadata().none()) {
      proto.setSchemaMetadataUpdates(encode(config.schemaMetadata()));
    }
    config.fields().forEach((id, changes) -> proto.putFieldMetadataUpdates(id, encode(changes)));
    return proto.build();
  }

  private static TransactionProto.Transaction.UpdateMap encode(
      Operation.UpdateConfig.Changes changes) {
    TransactionProto.Transaction.UpdateMap.Builder proto =
        TransactionProto.Transaction.UpdateMap.newBuilder().setReplace(changes.replace());
    changes
        .entries()
        .forEach((key, value) -> {
          var entry = proto.addUpdateEntriesBuilder().setKey(key);
          value.ifPresent(entry::setValue);
        });
    return proto.build();
  }

  static UnsupportedFeatureException unsupported(Operation operation) {
    return new UnsupportedFeatureException(
        "operation cannot be committed by this version: found=" + operation.label());
  }

  private static List<TableProto.DataFragment> protos(List<Fragment> fragments) {
    return fragments.stream().map(Fragment::proto).toList();
  }
}
