package io.lancelot.table;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.storage.ObjectReader;
import io.lancelot.table.proto.FragmentReuseProto.FragmentReuseIndexDetails;
import io.lancelot.table.proto.TableProto;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import org.roaringbitmap.RoaringBitmap;

/// Where compactions moved rows whose indices were not rewritten with them: whoever reads an
/// address from an index older than a move translates it here. Format: lance-format sections 3.16
/// and A.18.
public final class FragmentReuse {

  static final String NAME = "__lance_frag_reuse";

  /// What [#remap] answers for a row that was deleted before it could move.
  public static final long DELETED = -1;

  private static final String TYPE_URL = "/lance.table.FragmentReuseIndexDetails";
  private static final String DETAILS_FILE = "details.binpb";

  /// Larger details go into a file of their own.
  private static final int MAX_INLINE_BYTES = 200 * 1024;

  private static final FragmentReuse NONE = new FragmentReuse(List.of());

  /// A fragment as a move saw it.
  record Digest(long id, long physicalRows, long deletedRows) {

    static Digest of(Fragment fragment) {
      return new Digest(fragment.id(), fragment.physicalRows(), fragment.deletedRows());
    }
  }

  /// Rows that moved together: the n-th of `moved`, by ascending address, became the n-th row of
  /// the fragments `after`.
  ///
  /// @param moved for each old fragment the rows that moved
  record Group(NavigableMap<Long, RoaringBitmap> moved, List<Digest> before, List<Digest> after) {

    long remap(long address) {
      RoaringBitmap rows = moved.get(address >>> 32);
      int row = (int) address;
      if (rows == null || !rows.contains(row)) {
        return DELETED;
      }
      long rank = rows.rankLong(row) - 1;
      for (RoaringBitmap earlier : moved.headMap(address >>> 32).values()) {
        rank += earlier.getLongCardinality();
      }
      for (Digest fragment : after) {
        if (rank < fragment.physicalRows()) {
          return fragment.id() << 32 | rank;
        }
        rank -= fragment.physicalRows();
      }
      return DELETED;
    }
  }

  /// One compaction.
  ///
  /// @param datasetVersion indices built from later versions know the new addresses
  record Version(long datasetVersion, List<Group> groups) {}

  private final List<Version> versions;

  private FragmentReuse(List<Version> versions) {
    this.versions = versions;
  }

  /// The moves that a version of the table knows of; none if it has no such record.
  ///
  /// @throws UnsupportedFeatureException if rows were moved in ways that this version of Lancelot
  ///   cannot follow
  static FragmentReuse of(Snapshot snapshot, Bases bases) {
    for (IndexEntry entry : snapshot.indices()) {
      if (entry.name().equals(NAME)) {
        return read(snapshot, entry, bases);
      }
    }
    return NONE;
  }

  private static FragmentReuse read(Snapshot snapshot, IndexEntry entry, Bases bases) {
    String where = snapshot.file().path() + ", index=" + NAME;
    FragmentReuseIndexDetails details =
        ManifestFile.parse(
            FragmentReuseIndexDetails.parser(),
            ByteString.copyFrom(entry.details()),
            "fragment reuse",
            where);
    FragmentReuseIndexDetails.InlineContent content =
        switch (details.getContentCase()) {
          case INLINE -> details.getInline();
          case EXTERNAL -> external(snapshot, entry, details.getExternal(), bases);
          case CONTENT_NOT_SET -> FragmentReuseIndexDetails.InlineContent.getDefaultInstance();
        };
    if (entry.indexVersion() != 0 || content.getTransitionsCount() > 0) {
      throw new UnsupportedFeatureException(
          "tagged fragment reuse is not supported (path=" + where + ")");
    }
    List<Version> versions = new ArrayList<>();
    for (FragmentReuseIndexDetails.Version version : content.getLegacyVersionsList()) {
      List<Group> groups = new ArrayList<>();
      for (FragmentReuseIndexDetails.Group group : version.getGroupsList()) {
        groups.add(
            new Group(
                parseMoved(group.getChangedRowAddrs(), where),
                digests(group.getOldFragmentsList()),
                digests(group.getNewFragmentsList())));
      }
      versions.add(new Version(version.getDatasetVersion(), groups));
    }
    versions.sort(Comparator.comparingLong(Version::datasetVersion));
    return new FragmentReuse(List.copyOf(versions));
  }

  private static FragmentReuseIndexDetails.InlineContent external(
      Snapshot snapshot,
      IndexEntry entry,
      FragmentReuseIndexDetails.ExternalContent external,
      Bases bases) {
    Bases.Location folder = bases.index(snapshot, entry);
    if (!external.getPath().equals(DETAILS_FILE)) {
      throw new CorruptDataException(
          "fragment reuse: expected=details in "
              + DETAILS_FILE
              + ", found="
              + external.getPath()
              + " (path="
              + folder.path()
              + ")");
    }
    try (ObjectReader reader = folder.store().open(folder.path() + "/" + DETAILS_FILE);
        Arena arena = Arena.ofConfined()) {
      byte[] bytes =
          reader
              .view(external.getOffset(), external.getSize(), arena)
              .toArray(ValueLayout.JAVA_BYTE);
      return ManifestFile.parse(
          FragmentReuseIndexDetails.InlineContent.parser(),
          ByteString.copyFrom(bytes),
          "fragment reuse",
          reader.path());
    }
  }

  private static List<Digest> digests(List<FragmentReuseIndexDetails.FragmentDigest> protos) {
    return protos.stream()
        .map(d -> new Digest(d.getId(), d.getPhysicalRows(), d.getNumDeletedRows()))
        .toList();
  }

  /// A 64-bit roaring bitmap in the portable format: bitmaps of the lower 32 bits behind the upper
  /// ones that they belong to.
  private static NavigableMap<Long, RoaringBitmap> parseMoved(ByteString bytes, String where) {
    NavigableMap<Long, RoaringBitmap> moved = new TreeMap<>();
    ByteBuffer buffer = ByteBuffer.wrap(bytes.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    long count = buffer.remaining() < 8 ? -1 : buffer.getLong();
    if (count < 0 || count > buffer.remaining() / 4) {
      throw new CorruptDataException(
          "fragment reuse: impossible count of bitmaps: found=" + count + " (path=" + where + ")");
    }
    for (long i = 0; i < count; i++) {
      if (buffer.remaining() < 4) {
        throw new CorruptDataException(
            "fragment reuse: expected=" + count + " bitmaps, found=" + i + " (path=" + where + ")");
      }
      long fragment = Integer.toUnsignedLong(buffer.getInt());
      RoaringBitmap rows =
          DeletionVectors.parse(buffer.slice().order(ByteOrder.LITTLE_ENDIAN), where);
      buffer.position(buffer.position() + rows.serializedSizeInBytes());
      moved.put(fragment, rows);
    }
    return moved;
  }

  private static ByteString serialize(NavigableMap<Long, RoaringBitmap> moved) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(moved.size()).array());
    moved.forEach((fragment, rows) -> {
      out.writeBytes(
          ByteBuffer.allocate(4)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(fragment.intValue())
              .array());
      out.writeBytes(DeletionVectors.bitmap(rows));
    });
    return ByteString.copyFrom(out.toByteArray());
  }

  public boolean isEmpty() {
    return versions.isEmpty();
  }

  /// Where a row lies now that an index knows by an address.
  ///
  /// @param address as the index has it
  /// @param indexVersion the version of the table that the index was built from
  /// @return its address today, or [#DELETED]
  public long remap(long address, long indexVersion) {
    long now = address;
    for (Version version : versions) {
      if (version.datasetVersion() < indexVersion) {
        continue;
      }
      for (Group group : version.groups()) {
        if (contains(group.before(), now >>> 32)) {
          now = group.remap(now);
          if (now == DELETED) {
            return DELETED;
          }
          break;
        }
      }
    }
    return now;
  }

  private static boolean contains(List<Digest> fragments, long id) {
    for (Digest fragment : fragments) {
      if (fragment.id() == id) {
        return true;
      }
    }
    return false;
  }

  /// The fragments that an index covers, those included that its rows have moved to; empty if it
  /// does not say.
  public RoaringBitmap coverage(IndexEntry index) {
    RoaringBitmap covered =
        index.fragments().map(RoaringBitmap::clone).orElseGet(RoaringBitmap::new);
    for (Version version : versions) {
      if (version.datasetVersion() >= index.datasetVersion()) {
        version.groups().forEach(group -> move(covered, group));
      }
    }
    return covered;
  }

  private static void move(RoaringBitmap covered, Group group) {
    boolean all =
        group.before().stream().allMatch(fragment -> covered.contains((int) fragment.id()));
    group.before().forEach(fragment -> covered.remove((int) fragment.id()));
    if (all) {
      group.after().forEach(fragment -> covered.add((int) fragment.id()));
    }
  }

  /// The record with one more compaction, without those that no index needs any more.
  FragmentReuse with(Version added, List<IndexEntry> indices) {
    long oldest = Long.MAX_VALUE;
    for (IndexEntry index : indices) {
      if (!index.system()) {
        oldest = Math.min(oldest, index.datasetVersion());
      }
    }
    List<Version> kept = new ArrayList<>();
    for (Version version : versions) {
      if (version.datasetVersion() >= oldest) {
        kept.add(version);
      }
    }
    kept.add(added);
    return new FragmentReuse(List.copyOf(kept));
  }

  /// The entry for the manifest; large records go into a file.
  ///
  /// @param datasetVersion the version that the compaction is committed on top of
  IndexEntry entry(
      TableRoot root, UUID uuid, long datasetVersion, long createdMillis, WrittenFiles written) {
    FragmentReuseIndexDetails.InlineContent.Builder content =
        FragmentReuseIndexDetails.InlineContent.newBuilder();
    RoaringBitmap fragments = new RoaringBitmap();
    for (Version version : versions) {
      var proto = content.addLegacyVersionsBuilder().setDatasetVersion(version.datasetVersion());
      for (Group group : version.groups()) {
        proto
            .addGroupsBuilder()
            .setChangedRowAddrs(serialize(group.moved()))
            .addAllOldFragments(protos(group.before()))
            .addAllNewFragments(protos(group.after()));
        group.after().forEach(fragment -> fragments.add((int) fragment.id()));
      }
    }
    FragmentReuseIndexDetails details = details(root, uuid, content.build(), written);
    fragments.runOptimize();
    ByteBuffer id = ByteBuffer.allocate(16);
    id.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
    return new IndexEntry(
        TableProto.IndexMetadata.newBuilder()
            .setUuid(TableProto.Uuid.newBuilder().setUuid(ByteString.copyFrom(id.array())))
            .setName(NAME)
            .setDatasetVersion(datasetVersion)
            .setFragmentBitmap(ByteString.copyFrom(DeletionVectors.bitmap(fragments)))
            .setIndexDetails(Any.newBuilder().setTypeUrl(TYPE_URL).setValue(details.toByteString()))
            .setIndexVersion(0)
            .setCreatedAt(createdMillis)
            .build(),
        root.toString());
  }

  private static FragmentReuseIndexDetails details(
      TableRoot root,
      UUID uuid,
      FragmentReuseIndexDetails.InlineContent content,
      WrittenFiles written) {
    if (content.getSerializedSize() <= MAX_INLINE_BYTES) {
      return FragmentReuseIndexDetails.newBuilder().setInline(content).build();
    }
    String path = root.resolve("_indices/" + uuid + "/" + DETAILS_FILE);
    written.add(path);
    root.store().put(path, MemorySegment.ofArray(content.toByteArray()));
    return FragmentReuseIndexDetails.newBuilder()
        .setExternal(
            FragmentReuseIndexDetails.ExternalContent.newBuilder()
                .setPath(DETAILS_FILE)
                .setSize(content.getSerializedSize()))
        .build();
  }

  private static List<FragmentReuseIndexDetails.FragmentDigest> protos(List<Digest> digests) {
    return digests.stream()
        .map(digest ->
            FragmentReuseIndexDetails.FragmentDigest.newBuilder()
                .setId(digest.id())
                .setPhysicalRows(digest.physicalRows())
                .setNumDeletedRows(digest.deletedRows())
                .build())
        .toList();
  }

  /// Which of several indices cover a fragment, by their place in the list.
  static Map<Long, List<Integer>> coverage(
      Snapshot snapshot, List<IndexEntry> indices, FragmentReuse reuse) {
    List<RoaringBitmap> covered = indices.stream().map(reuse::coverage).toList();
    Map<Long, List<Integer>> byFragment = new HashMap<>();
    for (Fragment fragment : snapshot.fragments()) {
      List<Integer> of = new ArrayList<>();
      for (int i = 0; i < covered.size(); i++) {
        if (covered.get(i).contains((int) fragment.id())) {
          of.add(i);
        }
      }
      byFragment.put(fragment.id(), of);
    }
    return byFragment;
  }
}
