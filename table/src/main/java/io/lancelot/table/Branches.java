package io.lancelot.table;

import com.google.protobuf.Timestamp;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.storage.ObjectStore;
import io.lancelot.table.proto.TableProto;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The branches of a table, and clones: lines of versions that begin with the files of another
/// line. Format: lance-format section 3.8.
///
/// @param root of the main line
record Branches(TableRoot root, Context context) {

  private static final String SUFFIX = ".json";
  private static final String SLASH = "%2F";
  private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9._-]+");

  /// The folders of a table: a branch of such a name would lie inside another's.
  private static final Set<String> RESERVED = Set.of("data", "tree");

  /// A branch without its entry that is older than this was left by a creation that did not end.
  private static final Duration CREATION = Duration.ofMinutes(10);

  /// All branches by name.
  Map<String, BranchInfo> list() {
    Map<String, BranchInfo> branches = new TreeMap<>();
    String folder = root.branchesFolder();
    for (ObjectStore.ObjectInfo file : root.store().list(folder)) {
      String name = file.path().substring(folder.length() + 1);
      if (name.endsWith(SUFFIX) && name.indexOf('/') < 0) {
        String branch = name.substring(0, name.length() - SUFFIX.length()).replace(SLASH, "/");
        try {
          branches.put(branch, read(branch, file.path()));
        } catch (NotFoundException _) {
          // Deleted since it was listed.
        }
      }
    }
    return branches;
  }

  private BranchInfo read(String name, String path) {
    Map<String, Object> file = RefFile.read(root.store(), path);
    List<BranchInfo.Origin> lineage = new ArrayList<>();
    if (file.get("identifier") instanceof Map<?, ?> identifier
        && identifier.get("version_mapping") instanceof List<?> mapping) {
      for (Object pair : mapping) {
        if (pair instanceof List<?> items
            && items.size() == 2
            && items.get(0) instanceof Long version
            && items.get(1) instanceof String uuid) {
          lineage.add(new BranchInfo.Origin(version, uuid));
        }
      }
    }
    return new BranchInfo(
        name,
        Optional.ofNullable(RefFile.text(file, "parentBranch")),
        RefFile.number(file, "parentVersion", path),
        Instant.ofEpochSecond(file.get("createAt") instanceof Long seconds ? seconds : 0),
        lineage);
  }

  /// @throws NotFoundException if there is no such branch, naming those that there are
  BranchInfo get(String name) {
    String path = entry(name);
    try {
      return read(name, path);
    } catch (NotFoundException e) {
      throw new NotFoundException(
          "branch not found: expected one of "
              + list().keySet()
              + ", found="
              + name
              + " (path="
              + root
              + ")",
          e);
    }
  }

  /// The folder of a branch's own files.
  TableRoot root(String name) {
    entry(name);
    return new TableRoot(root.store(), root.resolve("tree/" + name));
  }

  /// Begins a branch at a version.
  ///
  /// @param source where the version lies: the main line or a branch
  void create(String name, TableRoot source, Snapshot snapshot) {
    String entry = entry(name);
    for (String segment : name.split("/", -1)) {
      if (segment.startsWith("_") || RESERVED.contains(segment)) {
        throw new InvalidInputException(
            "branch name: expected=no part that is a folder of the table, found=" + name);
      }
    }
    if (root.store().size(entry).isPresent()) {
      throw exists(name, null);
    }
    TableRoot target = root(name);
    dropLeftover(name, target);
    Optional<BranchInfo> parent = snapshot.branch().map(this::get);
    cloneInto(target, source, snapshot, Optional.of(name));
    Map<String, @Nullable Object> file = new LinkedHashMap<>();
    file.put("parentBranch", snapshot.branch().orElse(null));
    List<Object> mapping = new ArrayList<>();
    parent.ifPresent(of ->
        of.lineage().forEach(origin -> mapping.add(List.of(origin.version(), origin.uuid()))));
    byte[] random = new byte[16];
    context.random().nextBytes(random);
    mapping.add(List.of(snapshot.version(), HexFormat.of().formatHex(random)));
    file.put("identifier", Map.of("version_mapping", mapping));
    file.put("parentVersion", snapshot.version());
    file.put("createAt", context.clock().instant().getEpochSecond());
    file.put("manifestSize", snapshot.file().sizeBytes());
    file.put("metadata", Map.of());
    try {
      root.store().putIfAbsent(entry, RefFile.bytes(file));
    } catch (AlreadyExistsException e) {
      throw exists(name, e);
    }
  }

  private AlreadyExistsException exists(String name, @Nullable Throwable cause) {
    return new AlreadyExistsException(
        "branch exists already: found=" + name + " (path=" + root + ")", cause);
  }

  /// Removes what a creation left that did not come to its end.
  private void dropLeftover(String name, TableRoot target) {
    List<ObjectStore.ObjectInfo> manifests = target.store().list(target.versionsFolder());
    if (manifests.isEmpty()) {
      return;
    }
    long young = context.clock().instant().minus(CREATION).toEpochMilli();
    if (manifests.stream().anyMatch(file -> file.modifiedMillis() > young)) {
      throw new AlreadyExistsException(
          "branch is being created by somebody else: found="
              + name
              + " (path="
              + root
              + "); try again in ten minutes if that did not end");
    }
    deleteFiles(target);
  }

  /// @throws InvalidInputException if other branches or tags stand on it
  void delete(String name) {
    get(name);
    List<String> children =
        list().values().stream()
            .filter(branch -> branch.parent().equals(Optional.of(name)))
            .map(BranchInfo::name)
            .toList();
    List<String> tags =
        new Tags(root)
            .list().values().stream()
                .filter(tag -> tag.branch().equals(Optional.of(name)))
                .map(TagInfo::name)
                .toList();
    if (!children.isEmpty() || !tags.isEmpty()) {
      throw new InvalidInputException(
          "branch cannot be deleted: expected=no branches and tags on it, found=branches "
              + children
              + " and tags "
              + tags
              + " (branch="
              + name
              + ", path="
              + root
              + ")");
    }
    root.store().delete(entry(name));
    deleteFiles(root(name));
  }

  /// Not the folder itself: branches with longer names lie in it.
  private static void deleteFiles(TableRoot branch) {
    for (String folder : TableRoot.FOLDERS) {
      branch.store().deleteAll(branch.resolve(folder));
    }
  }

  /// The file that says where a branch began.
  String entry(String name) {
    boolean sound = !name.equals("main") && !name.endsWith(".lock") && !name.contains("..");
    for (String segment : name.split("/", -1)) {
      sound &= SEGMENT.matcher(segment).matches() && !segment.equals(".");
    }
    if (!sound) {
      throw new InvalidInputException(
          "branch name: expected=letters, digits, '.', '_' and '-' in parts between '/', and not"
              + " main, found="
              + name);
    }
    return root.branchesFolder() + "/" + name.replace("/", SLASH) + SUFFIX;
  }

  /// Publishes a version in another folder that refers to the files of where it came from.
  ///
  /// @throws AlreadyExistsException if there is that version already
  void cloneInto(TableRoot target, TableRoot source, Snapshot snapshot, Optional<String> branch) {
    String home = source.absolute();
    Transaction transaction =
        new Transaction(
            snapshot.version(),
            new UUID(
                    context.random().nextLong() & ~0xF000L | 0x4000L,
                    context.random().nextLong() & ~(3L << 62) | 1L << 63)
                .toString(),
            new Operation.Clone(true, snapshot.version(), home, branch),
            Map.of());
    TableProto.Manifest.Builder manifest = withBase(snapshot.manifest(), home);
    int base = manifest.getBasePaths(manifest.getBasePathsCount() - 1).getId();
    List<TableProto.IndexMetadata> indices = new ArrayList<>();
    for (IndexEntry index : snapshot.indices()) {
      indices.add(
          index.proto().hasBaseId()
              ? index.proto()
              : index.proto().toBuilder().setBaseId(base).build());
    }
    manifest.clearBranch();
    branch.ifPresent(manifest::setBranch);
    Instant now = context.clock().instant();
    manifest
        .setTimestamp(
            Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()))
        .setTransactionFile(transaction.fileName())
        .clearTag()
        .clearVersionAuxData();
    FeatureFlags.set(manifest, snapshot.manifest());
    var message = TransactionCodec.encode(transaction);
    byte[] bytes = ManifestFile.write(manifest, indices, message);
    String file = target.version(VersionNaming.V2.fileName(snapshot.version()));
    if (target.store().size(file).isPresent()) {
      throw new AlreadyExistsException("version exists already (path=" + file + ")");
    }
    target
        .store()
        .put(
            target.transaction(transaction.fileName()),
            MemorySegment.ofArray(message.toByteArray()));
    target.store().putIfAbsent(file, MemorySegment.ofArray(bytes));
  }

  /// The manifest with all files under their bases, one more of which is its last.
  private static TableProto.Manifest.Builder withBase(TableProto.Manifest from, String home) {
    TableProto.Manifest.Builder manifest = from.toBuilder();
    Set<Integer> taken = new HashSet<>();
    from.getBasePathsList().forEach(path -> taken.add(path.getId()));
    int base = 0;
    while (taken.contains(base)) {
      base++;
    }
    manifest.addBasePaths(
        TableProto.BasePath.newBuilder().setId(base).setIsDatasetRoot(true).setPath(home));
    manifest.clearFragments();
    for (TableProto.DataFragment fragment : from.getFragmentsList()) {
      TableProto.DataFragment.Builder copy = fragment.toBuilder();
      for (int i = 0; i < copy.getFilesCount(); i++) {
        if (!copy.getFiles(i).hasBaseId()) {
          copy.setFiles(i, copy.getFiles(i).toBuilder().setBaseId(base));
        }
      }
      if (copy.hasDeletionFile() && !copy.getDeletionFile().hasBaseId()) {
        copy.setDeletionFile(copy.getDeletionFile().toBuilder().setBaseId(base));
      }
      manifest.addFragments(copy);
    }
    return manifest;
  }
}
