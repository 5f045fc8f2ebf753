package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.file.FileVersion;
import io.lancelot.file.LanceField;
import io.lancelot.file.LanceSchema;
import io.lancelot.table.proto.TableProto;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One version of a table: an immutable value that every read starts from. Format: lance-format
/// sections 3.3 to 3.8.
public final class Snapshot {

  private final ManifestFile file;
  private final VersionNaming naming;
  private final LanceSchema schema;
  private final FileVersion fileVersion;
  private final List<Fragment> fragments;

  /// Null where the fragments are in the order of their ids, as they mostly are.
  private final @Nullable Map<Long, Fragment> byId;

  private final List<IndexEntry> indices;
  private final Instant timestamp;
  private final long physicalRows;
  private final long rowCount;

  private Snapshot(ManifestFile file, VersionNaming naming, @Nullable Snapshot previous) {
    TableProto.Manifest manifest = file.manifest();
    this.file = file;
    this.naming = naming;
    this.schema =
        previous != null && sameSchema(previous.manifest(), manifest)
            ? previous.schema
            : schema(file);
    this.fragments = fragments(file, previous);
    this.byId = ascending(fragments) ? null : byId(fragments, file.path());
    this.fileVersion = fileVersion(manifest, fragments, file.path());
    List<IndexEntry> entries = new ArrayList<>();
    file.indices().forEach(entry -> entries.add(new IndexEntry(entry, file.path())));
    this.indices = List.copyOf(entries);
    this.timestamp = timestamp(file);
    long physical = 0;
    long live = 0;
    for (Fragment fragment : fragments) {
      physical += fragment.physicalRows();
      live += fragment.liveRows();
      checkFragment(fragment);
    }
    this.physicalRows = physical;
    this.rowCount = live;
  }

  /// @throws UnsupportedFeatureException if the table needs what this version cannot read
  /// @throws CorruptDataException if the manifest contradicts itself
  static Snapshot of(ManifestFile file, VersionNaming naming) {
    return of(file, naming, null);
  }

  /// @param previous a version that shares most of its parts with this one; null for none
  static Snapshot of(ManifestFile file, VersionNaming naming, @Nullable Snapshot previous) {
    FeatureFlags.checkReadable(file.manifest(), file.path());
    return new Snapshot(file, naming, previous);
  }

  private static boolean sameSchema(TableProto.Manifest one, TableProto.Manifest other) {
    return one.getFieldsList().equals(other.getFieldsList())
        && one.getSchemaMetadataList().equals(other.getSchemaMetadataList());
  }

  private static LanceSchema schema(ManifestFile file) {
    try {
      return LanceSchema.fromProto(
          file.manifest().getFieldsList(), file.manifest().getSchemaMetadataList());
    } catch (CorruptDataException | InvalidInputException e) {
      throw new CorruptDataException(e.getMessage() + " (path=" + file.path() + ")", e);
    } catch (IllegalArgumentException e) {
      // A type whose parameters make no sense.
      throw new CorruptDataException(
          "schema: " + e.getMessage() + " (path=" + file.path() + ")", e);
    }
  }

  private static List<Fragment> fragments(ManifestFile file, @Nullable Snapshot previous) {
    List<TableProto.DataFragment> stored = file.manifest().getFragmentsList();
    List<Fragment> fragments = new ArrayList<>(stored.size());
    for (int i = 0; i < stored.size(); i++) {
      TableProto.DataFragment proto = stored.get(i);
      Fragment known = previous == null ? null : previous.known(proto, i);
      fragments.add(known == null ? Fragment.of(proto, file.path()) : known);
    }
    return Collections.unmodifiableList(fragments);
  }

  /// The fragment of this very message, which mostly stands in the same place as before.
  private @Nullable Fragment known(TableProto.DataFragment proto, int place) {
    if (place < fragments.size() && fragments.get(place).proto() == proto) {
      return fragments.get(place);
    }
    return fragment(proto.getId()).filter(known -> known.proto() == proto).orElse(null);
  }

  private static boolean ascending(List<Fragment> fragments) {
    long last = -1;
    for (Fragment fragment : fragments) {
      if (fragment.id() <= last) {
        return false;
      }
      last = fragment.id();
    }
    return true;
  }

  private static Map<Long, Fragment> byId(List<Fragment> fragments, String path) {
    Map<Long, Fragment> byId = HashMap.newHashMap(fragments.size());
    for (Fragment fragment : fragments) {
      if (byId.put(fragment.id(), fragment) != null) {
        throw new CorruptDataException(
            "manifest: fragment occurs twice: found=" + fragment.id() + " (path=" + path + ")");
      }
    }
    return byId;
  }

  private static Instant timestamp(ManifestFile file) {
    var stored = file.manifest().getTimestamp();
    try {
      return Instant.ofEpochSecond(stored.getSeconds(), stored.getNanos());
    } catch (DateTimeException | ArithmeticException e) {
      throw new CorruptDataException(
          "manifest timestamp: found=" + stored.getSeconds() + " s (path=" + file.path() + ")", e);
    }
  }

  /// Tables of old releases do not say which file version they use: their files do.
  private static FileVersion fileVersion(
      TableProto.Manifest manifest, List<Fragment> fragments, String path) {
    String text = manifest.getDataFormat().getVersion();
    if (!text.isEmpty()) {
      try {
        return FileVersion.ofText(text);
      } catch (InvalidInputException e) {
        throw new CorruptDataException(e.getMessage() + " (path=" + path + ")", e);
      }
    }
    for (Fragment fragment : fragments) {
      for (DataFile dataFile : fragment.files()) {
        return dataFile.version();
      }
    }
    return FileVersion.DEFAULT;
  }

  private void checkFragment(Fragment fragment) {
    TableProto.DataFragment proto = fragment.proto();
    if (stableRowIds() && !proto.hasInlineRowIds() && !proto.hasColumnRowIds()) {
      throw new CorruptDataException(
          "row ids: expected=a sequence in every fragment, found=none in fragment "
              + fragment.id()
              + " (path="
              + file.path()
              + ")");
    }
    if (proto.getOverlaysCount() > 0) {
      throw new UnsupportedFeatureException(
          "data overlays are not supported: found in fragment "
              + fragment.id()
              + " (path="
              + file.path()
              + ")");
    }
  }

  public long version() {
    return file.manifest().getVersion();
  }

  /// When it was committed, by the clock of its writer.
  public Instant timestamp() {
    return timestamp;
  }

  public LanceSchema schema() {
    return schema;
  }

  /// The field that a column is read by: one of the schema, or one of the [#hiddenFields()].
  public Optional<LanceField> readable(String column) {
    Optional<LanceField> stored = schema.field(column);
    return stored.isPresent()
        ? stored
        : hiddenFields().stream().filter(field -> field.name().equals(column)).findFirst();
  }

  /// What can be read of every row though no schema lists it: the versions in which it was created
  /// and last changed. None without stable row ids.
  public List<LanceField> hiddenFields() {
    return stableRowIds() ? LineageReader.FIELDS : List.of();
  }

  /// The file format version that appends use. Single files may have another.
  public FileVersion fileVersion() {
    return fileVersion;
  }

  public List<Fragment> fragments() {
    return fragments;
  }

  /// The fragment of that id, if this version has it.
  public Optional<Fragment> fragment(long id) {
    if (byId != null) {
      return Optional.ofNullable(byId.get(id));
    }
    int low = 0;
    int high = fragments.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (fragments.get(middle).id() < id) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    boolean found = low < fragments.size() && fragments.get(low).id() == id;
    return found ? Optional.of(fragments.get(low)) : Optional.empty();
  }

  /// This version as if it had some of its fragments alone, for reading.
  ///
  /// @throws InvalidInputException if it has no fragment of that id
  public Snapshot only(Collection<Long> ids) {
    List<TableProto.DataFragment> kept = new ArrayList<>();
    for (long id : new TreeSet<>(ids)) {
      kept.add(
          fragment(id)
              .orElseThrow(() ->
                  new InvalidInputException(
                      "fragment: expected=one of version " + version() + ", found=" + id))
              .proto());
    }
    ManifestFile part =
        new ManifestFile(
            file.path(),
            file.sizeBytes(),
            file.manifest().toBuilder().clearFragments().addAllFragments(kept).build(),
            file.indices(),
            file.transaction(),
            file.encoded());
    return new Snapshot(part, naming, this);
  }

  /// Rows that a scan returns.
  public long rowCount() {
    return rowCount;
  }

  /// Rows in the files, deleted ones included.
  public long physicalRows() {
    return physicalRows;
  }

  public List<IndexEntry> indices() {
    return indices;
  }

  public Map<String, String> config() {
    return TextEntries.toMap(file.manifest().getConfigList());
  }

  /// What users noted about the table, apart from its schema's metadata.
  public Map<String, String> tableMetadata() {
    return TextEntries.toMap(file.manifest().getTableMetadataList());
  }

  /// The branch this version belongs to; empty for the main line.
  public Optional<String> branch() {
    return file.manifest().hasBranch()
        ? Optional.of(file.manifest().getBranch())
        : Optional.empty();
  }

  /// Whether rows keep their id for life; otherwise a row's id is its address.
  public boolean stableRowIds() {
    return (file.manifest().getReaderFeatureFlags() & FeatureFlags.STABLE_ROW_IDS) != 0;
  }

  /// Whether index entries may be used as they stand. If rows were moved in a way that this version
  /// cannot follow, queries must do without any index.
  public boolean indicesUsable() {
    return (file.manifest().getReaderFeatureFlags() & FeatureFlags.TAGGED_FRAGMENT_REUSE) == 0;
  }

  /// The highest field id that the table ever gave out, as far as this version shows: new fields
  /// must go above it, or the data of a dropped column would come back under a new name.
  public int maxFieldId() {
    int max = Math.max(schema.maxId(), file.manifest().getMaxAllocatedFieldId());
    for (Fragment fragment : fragments) {
      for (DataFile dataFile : fragment.files()) {
        for (int id : dataFile.fieldIds()) {
          max = Math.max(max, id);
        }
      }
    }
    return max;
  }

  /// The id that the next fragment gets: ids only ever grow, also past fragments that are gone.
  long nextFragmentId() {
    if (file.manifest().hasMaxFragmentId()) {
      return Integer.toUnsignedLong(file.manifest().getMaxFragmentId()) + 1;
    }
    return fragments.stream().mapToLong(Fragment::id).max().orElse(-1) + 1;
  }

  /// Why nothing may be written to the table; empty if it may.
  public Optional<String> readOnlyReason() {
    long unwritable = FeatureFlags.unwritable(file.manifest());
    if (unwritable != 0) {
      return Optional.of("it uses " + FeatureFlags.describe(unwritable));
    }
    if (indices.stream().anyMatch(index -> index.name().equals(IndexEntry.MEM_WAL))) {
      return Optional.of("it has a write-ahead log in memory (" + IndexEntry.MEM_WAL + ")");
    }
    return Optional.empty();
  }

  /// @throws UnsupportedFeatureException if the table is read-only for this version of Lancelot
  void checkWritable() {
    readOnlyReason()
        .ifPresent(reason -> {
          throw new UnsupportedFeatureException(
              "table is read-only here: " + reason + " (path=" + file.path() + ")");
        });
  }

  /// An absolute place that files of this table may lie under.
  TableProto.@Nullable BasePath basePath(int id) {
    for (TableProto.BasePath base : file.manifest().getBasePathsList()) {
      if (base.getId() == id) {
        return base;
      }
    }
    return null;
  }

  ManifestFile file() {
    return file;
  }

  TableProto.Manifest manifest() {
    return file.manifest();
  }

  VersionNaming naming() {
    return naming;
  }

  @Override
  public String toString() {
    return "Snapshot[version=" + version() + ", rows=" + rowCount + "]";
  }
}
