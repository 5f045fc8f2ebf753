package io.lancelot.table;

import com.google.protobuf.Timestamp;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.file.FileVersion;
import io.lancelot.file.LanceSchema;
import io.lancelot.file.proto.Field;
import io.lancelot.table.proto.TableProto;
import io.lancelot.table.proto.TransactionProto;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Builds the manifest that follows a version: whatever an operation does not touch is copied,
/// parts that we do not know included. Format: lance-format sections 3.11 and A.16.
final class NextManifest {

  private static final String LIBRARY = "lancelot";
  private static final String LIBRARY_VERSION = "0.1.0";

  private final TableProto.Manifest previous;
  private final TableProto.Manifest.Builder next;
  private List<TableProto.IndexMetadata> indices;

  private NextManifest(
      TableProto.Manifest previous,
      TableProto.Manifest base,
      List<TableProto.IndexMetadata> indices) {
    this.previous = previous;
    this.indices = indices;
    this.next =
        base.toBuilder()
            .setVersion(previous.getVersion() + 1)
            .clearTag()
            .clearVersionAuxData()
            .clearTransactionFile();
  }

  /// The version after `latest`.
  ///
  /// @param restored the version to bring back, for a restore
  static ManifestFile.Built of(
      Snapshot latest, @Nullable Snapshot restored, Transaction transaction, Instant now) {
    Snapshot base = restored == null ? latest : restored;
    List<TableProto.IndexMetadata> indices =
        base.indices().stream().map(IndexEntry::proto).toList();
    NextManifest next = new NextManifest(latest.manifest(), base.manifest(), indices);
    if (next.next.getDataFormat().getVersion().isEmpty()) {
      next.setFileVersion(base.fileVersion());
    }
    next.apply(transaction.operation());
    return next.finish(transaction, now, latest.file().encoded());
  }

  /// A new table's first version.
  static ManifestFile.Built first(
      Transaction transaction,
      boolean stableRowIds,
      FileVersion fileVersion,
      Map<String, String> tableMetadata,
      Instant now) {
    TableProto.Manifest.Builder empty =
        TableProto.Manifest.newBuilder().addAllTableMetadata(TextEntries.of(tableMetadata));
    if (stableRowIds) {
      empty
          .setReaderFeatureFlags(FeatureFlags.STABLE_ROW_IDS)
          .setWriterFeatureFlags(FeatureFlags.STABLE_ROW_IDS);
    }
    NextManifest next = new NextManifest(empty.build(), empty.build(), List.of());
    next.setFileVersion(fileVersion);
    next.apply(transaction.operation());
    return next.finish(transaction, now, EncodedFragments.NONE);
  }

  private void apply(Operation operation) {
    switch (operation) {
      case Operation.Append(List<Fragment> fragments) -> append(fragments);
      case Operation.Delete delete -> delete(delete.updated(), delete.removedIds());
      case Operation.Update update -> update(update);
      case Operation.UpdateConfig config -> updateConfig(config);
      case Operation.Overwrite overwrite -> overwrite(overwrite);
      case Operation.Restore _ -> restore();
      case Operation.ReserveFragments(int count) ->
          next.setMaxFragmentId((int) checkedId(nextFragmentId() + count - 1));
      case Operation.CreateIndex(List<IndexEntry> added, List<IndexEntry> removed) ->
          createIndex(added, removed);
      case Operation.Rewrite rewrite -> rewrite(rewrite);
      case Operation.Merge merge -> {
        setSchema(merge.schema());
        setFragments(merge.fragments());
      }
      case Operation.Project project -> setSchema(project.schema());
      case Operation.DataReplacement(Map<Long, DataFile> files) -> replaceFiles(files);
      case Operation.UpdateMemWalState _,
          Operation.Clone _,
          Operation.UpdateBases _,
          Operation.DataOverlay _,
          Operation.Unknown _ ->
          throw TransactionCodec.unsupported(operation);
    }
  }

  private void setFileVersion(FileVersion version) {
    next.setDataFormat(
        TableProto.Manifest.DataStorageFormat.newBuilder()
            .setFileFormat("lance")
            .setVersion(version.text()));
  }

  private void append(List<Fragment> fragments) {
    long id = nextFragmentId();
    for (Fragment fragment : fragments) {
      TableProto.DataFragment.Builder added = fragment.proto().toBuilder().setId(checkedId(id));
      if (stableRowIds()) {
        giveRowIds(added);
      }
      next.addFragments(added);
      next.setMaxFragmentId((int) id);
      id++;
    }
  }

  private void createIndex(List<IndexEntry> added, List<IndexEntry> removed) {
    Set<UUID> gone = new HashSet<>();
    removed.forEach(entry -> gone.add(entry.uuid()));
    List<TableProto.IndexMetadata> changed = new ArrayList<>();
    for (TableProto.IndexMetadata index : indices) {
      if (!gone.contains(new IndexEntry(index, index.getName()).uuid())) {
        changed.add(index);
      }
    }
    added.forEach(entry -> changed.add(entry.proto()));
    indices = List.copyOf(changed);
  }

  private void giveRowIds(TableProto.DataFragment.Builder fragment) {
    long rows = fragment.getPhysicalRows();
    long version = next.getVersion();
    long first = next.getNextRowId();
    fragment.setInlineLastUpdatedAtVersions(RowIdSequence.ofVersion(rows, version));
    if (!fragment.hasInlineRowIds()) {
      fragment.setInlineRowIds(RowIdSequence.ofRange(first, rows));
      fragment.setInlineCreatedAtVersions(RowIdSequence.ofVersion(rows, version));
      next.setNextRowId(first + rows);
      return;
    }
    // The first rows came from elsewhere and keep their ids; those after them are new.
    String where = "fragment " + fragment.getId();
    long moved = RowIdSequence.count(fragment.getInlineRowIds(), where);
    long fresh = rows - moved;
    if (fresh < 0) {
      throw new InvalidInputException(
          "update: expected=at most " + rows + " row ids, found=" + moved + " (" + where + ")");
    }
    if (fresh > 0) {
      fragment.setInlineRowIds(
          RowIdSequence.append(fragment.getInlineRowIds(), first, fresh, where));
      fragment.setInlineCreatedAtVersions(
          RowVersions.append(fragment.getInlineCreatedAtVersions(), moved, fresh, version, where));
      next.setNextRowId(first + fresh);
    }
  }

  private boolean stableRowIds() {
    return (previous.getReaderFeatureFlags() & FeatureFlags.STABLE_ROW_IDS) != 0;
  }

  /// Ids only ever grow, also past fragments that are gone.
  private long nextFragmentId() {
    if (next.hasMaxFragmentId()) {
      return Integer.toUnsignedLong(next.getMaxFragmentId()) + 1;
    }
    return next.getFragmentsList().stream()
            .mapToLong(TableProto.DataFragment::getId)
            .max()
            .orElse(-1)
        + 1;
  }

  static long checkedId(long id) {
    if (id > Fragment.MAX_ID) {
      throw new ResourceExhaustedException(
          "fragment ids are used up: expected at most " + Fragment.MAX_ID + ", needed=" + id);
    }
    return id;
  }

  private void update(Operation.Update update) {
    if (update.mode() != Operation.Update.Mode.REWRITE_ROWS) {
      throw TransactionCodec.unsupported(update);
    }
    delete(update.updated(), update.removedIds());
    append(update.added());
  }

  private void updateConfig(Operation.UpdateConfig changes) {
    Map<String, String> config = changes.config().apply(TextEntries.toMap(next.getConfigList()));
    next.clearConfig().addAllConfig(TextEntries.of(config));
    Map<String, String> metadata =
        changes.tableMetadata().apply(TextEntries.toMap(next.getTableMetadataList()));
    next.clearTableMetadata().addAllTableMetadata(TextEntries.of(metadata));
    Map<String, String> schemaMetadata =
        changes.schemaMetadata().apply(LanceSchema.metadataFromProto(next.getSchemaMetadataList()));
    next.clearSchemaMetadata().addAllSchemaMetadata(LanceSchema.metadataToProto(schemaMetadata));
    if (!changes.fields().isEmpty()) {
      List<Field> fields = SchemaMessages.annotated(next.getFieldsList(), changes.fields());
      next.clearFields().addAllFields(fields);
    }
  }

  /// Takes over names, order and nullability; what else is stored with a field that stays is kept.
  /// Indices go with their columns.
  private void setSchema(LanceSchema schema) {
    List<Field> fields = SchemaMessages.changed(next.getFieldsList(), schema);
    next.clearFields().addAllFields(fields);
    Set<Integer> live = new HashSet<>();
    fields.forEach(field -> live.add(field.getId()));
    indices = indices.stream().filter(index -> live.containsAll(index.getFieldsList())).toList();
  }

  /// Takes over the files of fragments. Where they changed, so did all rows.
  private void setFragments(List<Fragment> fragments) {
    Map<Long, TableProto.DataFragment> before = new HashMap<>();
    next.getFragmentsList().forEach(fragment -> before.put(fragment.getId(), fragment));
    next.clearFragments();
    for (Fragment fragment : fragments) {
      TableProto.DataFragment old = before.remove(fragment.id());
      if (old == null || old.getPhysicalRows() != fragment.physicalRows()) {
        throw new InvalidInputException("merge: expected=the table's fragments, found=" + fragment);
      }
      TableProto.DataFragment.Builder merged =
          old.toBuilder().clearFiles().addAllFiles(fragment.proto().getFilesList());
      if (!old.getFilesList().equals(merged.getFilesList())) {
        touch(merged);
        withdrawIndices(old, merged);
      }
      next.addFragments(merged);
    }
    if (!before.isEmpty()) {
      throw new InvalidInputException(
          "merge: expected=all of the table's fragments, missing=" + before.keySet());
    }
  }

  private void touch(TableProto.DataFragment.Builder fragment) {
    if (stableRowIds()) {
      fragment.setInlineLastUpdatedAtVersions(
          RowIdSequence.ofVersion(fragment.getPhysicalRows(), next.getVersion()));
    }
  }

  /// An index on a column that has moved to another file covers the fragment no more.
  private void withdrawIndices(
      TableProto.DataFragment old, TableProto.DataFragment.Builder changed) {
    Set<Integer> moved = new HashSet<>();
    for (TableProto.DataFile file : changed.getFilesList()) {
      if (!old.getFilesList().contains(file)) {
        moved.addAll(file.getFieldsList());
      }
    }
    List<TableProto.IndexMetadata> kept = new ArrayList<>();
    for (TableProto.IndexMetadata index : indices) {
      IndexEntry entry = new IndexEntry(index, "manifest");
      Optional<RoaringBitmap> covered = entry.fragments();
      if (Collections.disjoint(moved, index.getFieldsList()) || covered.isEmpty()) {
        kept.add(index);
        continue;
      }
      RoaringBitmap rest = covered.get();
      rest.remove((int) old.getId());
      kept.add(entry.withFragments(rest).proto());
    }
    indices = kept;
  }

  private void replaceFiles(Map<Long, DataFile> files) {
    Set<Long> missing = new HashSet<>(files.keySet());
    List<TableProto.DataFragment> fragments = new ArrayList<>();
    for (TableProto.DataFragment fragment : next.getFragmentsList()) {
      DataFile file = files.get(fragment.getId());
      if (file == null) {
        fragments.add(fragment);
        continue;
      }
      missing.remove(fragment.getId());
      TableProto.DataFragment.Builder replaced = replaceFile(fragment, file);
      touch(replaced);
      withdrawIndices(fragment, replaced);
      fragments.add(replaced.build());
    }
    if (!missing.isEmpty()) {
      throw new InvalidInputException(
          "data replacement: expected=fragments of the table, missing=" + missing);
    }
    next.clearFragments().addAllFragments(fragments);
  }

  /// The file of exactly these columns goes; columns that lay in no file get one.
  private static TableProto.DataFragment.Builder replaceFile(
      TableProto.DataFragment fragment, DataFile file) {
    TableProto.DataFragment.Builder replaced = fragment.toBuilder();
    for (int i = 0; i < fragment.getFilesCount(); i++) {
      List<Integer> fields = fragment.getFiles(i).getFieldsList();
      if (fields.equals(file.fieldIds())) {
        return replaced.setFiles(i, file.toProto());
      }
      if (!Collections.disjoint(fields, file.fieldIds())) {
        throw new InvalidInputException(
            "data replacement: expected=the columns "
                + fields
                + " of one data file, found="
                + file.fieldIds()
                + " (fragment="
                + fragment.getId()
                + ")");
      }
    }
    return replaced.addFiles(file.toProto());
  }

  private void delete(List<Fragment> changed, List<Long> removedIds) {
    Map<Long, Fragment> updated = new HashMap<>();
    changed.forEach(fragment -> updated.put(fragment.id(), fragment));
    Set<Long> removed = new HashSet<>(removedIds);
    List<TableProto.DataFragment> kept = new ArrayList<>();
    for (TableProto.DataFragment fragment : next.getFragmentsList()) {
      if (removed.contains(fragment.getId())) {
        continue;
      }
      Fragment replacement = updated.get(fragment.getId());
      // Only the deletion file is new: a concurrent commit may have changed everything else.
      kept.add(
          replacement == null
              ? fragment
              : fragment.toBuilder()
                  .setDeletionFile(replacement.proto().getDeletionFile())
                  .build());
    }
    next.clearFragments().addAllFragments(kept);
  }

  private void rewrite(Operation.Rewrite rewrite) {
    Set<Long> gone = new HashSet<>();
    List<TableProto.DataFragment> fragments = new ArrayList<>();
    for (Operation.Rewrite.Group group : rewrite.groups()) {
      group.before().forEach(fragment -> gone.add(fragment.id()));
      group.after().forEach(fragment -> fragments.add(fragment.proto()));
    }
    for (TableProto.DataFragment fragment : next.getFragmentsList()) {
      if (!gone.contains(fragment.getId())) {
        fragments.add(fragment);
      }
    }
    next.clearFragments().addAllFragments(fragments);
    next.setMaxFragmentId((int) Math.max(rewrite.lastFragmentId(), nextFragmentId() - 1));
    if (stableRowIds()) {
      indices = indices.stream().map(index -> followed(index, rewrite)).toList();
    } else if (rewrite.reuse() != null) {
      List<TableProto.IndexMetadata> others = new ArrayList<>(indices);
      others.removeIf(index -> index.getName().equals(FragmentReuse.NAME));
      others.add(rewrite.reuse().proto());
      indices = others;
    }
  }

  /// An index of a table with stable row ids, whose rows moved: it covers their new fragments if it
  /// knows rows by id, and no longer covers them if it knows addresses.
  private static TableProto.IndexMetadata followed(
      TableProto.IndexMetadata proto, Operation.Rewrite rewrite) {
    IndexEntry index = new IndexEntry(proto, "");
    RoaringBitmap covered = index.fragments().orElse(null);
    if (covered == null || index.system()) {
      return proto;
    }
    RoaringBitmap now = covered.clone();
    for (Operation.Rewrite.Group group : rewrite.groups()) {
      boolean all = group.before().stream().allMatch(f -> covered.contains((int) f.id()));
      group.before().forEach(fragment -> now.remove((int) fragment.id()));
      if (all && index.byRowId()) {
        group.after().forEach(fragment -> now.add((int) fragment.id()));
      }
    }
    return now.equals(covered) ? proto : index.withFragments(now).proto();
  }

  private void overwrite(Operation.Overwrite overwrite) {
    long id = nextFragmentId();
    if (id > 0) {
      // Written down before the fragments that it follows from are gone.
      next.setMaxFragmentId((int) (id - 1));
    }
    next.clearFragments().clearFields().clearSchemaMetadata();
    next.addAllFields(overwrite.schema().toProto());
    next.addAllSchemaMetadata(LanceSchema.metadataToProto(overwrite.schema().metadata()));
    Map<String, String> config = new LinkedHashMap<>(TextEntries.toMap(next.getConfigList()));
    config.putAll(overwrite.configUpserts());
    next.clearConfig().addAllConfig(TextEntries.of(config));
    overwrite.fileVersion().ifPresent(this::setFileVersion);
    indices = List.of();
    for (Fragment fragment : overwrite.fragments()) {
      if (fragment.deletionFile().isPresent()) {
        throw new InvalidInputException(
            "overwrite: expected=fragments without deletions, found=" + fragment);
      }
    }
    append(overwrite.fragments());
  }

  private void restore() {
    if (stableRowIds() && (next.getReaderFeatureFlags() & FeatureFlags.STABLE_ROW_IDS) == 0) {
      throw new InvalidInputException(
          "restore would turn stable row ids off: expected=a version that has them");
    }
    if (previous.hasMaxFragmentId()) {
      int max = previous.getMaxFragmentId();
      boolean higher =
          !next.hasMaxFragmentId() || Integer.compareUnsigned(max, next.getMaxFragmentId()) > 0;
      if (higher) {
        next.setMaxFragmentId(max);
      }
    }
    if (Long.compareUnsigned(previous.getNextRowId(), next.getNextRowId()) > 0) {
      next.setNextRowId(previous.getNextRowId());
    }
  }

  private ManifestFile.Built finish(Transaction transaction, Instant now, EncodedFragments before) {
    sortAndPrune(transaction.operation());
    FeatureFlags.set(next, previous);
    next.setTimestamp(
        Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()));
    next.setWriterVersion(
        TableProto.Manifest.WriterVersion.newBuilder()
            .setLibrary(LIBRARY)
            .setVersion(LIBRARY_VERSION));
    next.setTransactionFile(transaction.fileName());
    TransactionProto.Transaction message = TransactionCodec.encode(transaction);
    return ManifestFile.build(next, indices, message, before);
  }

  /// Fragments in the order of their ids, without data files of which no column is left.
  private void sortAndPrune(Operation operation) {
    List<TableProto.DataFragment> fragments = new ArrayList<>(next.getFragmentsList());
    boolean sameColumns =
        operation instanceof Operation.Append
            || operation instanceof Operation.Delete
            || operation instanceof Operation.Update;
    if (!sameColumns) {
      Set<Integer> live = new HashSet<>();
      next.getFieldsList().forEach(field -> live.add(field.getId()));
      fragments.replaceAll(fragment -> prune(fragment, live));
    }
    boolean ordered = true;
    for (int i = 1; i < fragments.size() && ordered; i++) {
      ordered = fragments.get(i - 1).getId() < fragments.get(i).getId();
    }
    if (!ordered) {
      fragments.sort(Comparator.comparingLong(TableProto.DataFragment::getId));
    }
    if (!ordered || !sameColumns) {
      next.clearFragments().addAllFragments(fragments);
    }
  }

  /// Keeps the file of the hidden lineage columns, whose ids are negative too.
  private static TableProto.DataFragment prune(
      TableProto.DataFragment fragment, Set<Integer> live) {
    List<TableProto.DataFile> files = new ArrayList<>();
    for (TableProto.DataFile file : fragment.getFilesList()) {
      boolean used =
          file.getFieldsList().stream()
              .anyMatch(id -> live.contains(id) || id < DataFile.TOMBSTONE);
      if (used) {
        files.add(file);
      }
    }
    // A fragment keeps one file at least: its rows are counted there.
    if (files.isEmpty() || files.size() == fragment.getFilesCount()) {
      return fragment;
    }
    return fragment.toBuilder().clearFiles().addAllFiles(files).build();
  }
}
