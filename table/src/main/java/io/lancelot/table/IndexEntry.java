package io.lancelot.table;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.lancelot.base.CorruptDataException;
import io.lancelot.table.proto.TableProto;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.roaringbitmap.RoaringBitmap;

/// One segment of an index, as the manifest lists it. What it means is the index modules' business;
/// here it is kept, byte for byte, from version to version. Format: lance-format section 4.1.
public final class IndexEntry {

  static final String MEM_WAL = "__lance_mem_wal";

  /// Kinds of which readers translate addresses that compaction has moved.
  private static final Set<String> FOLLOW_MOVES =
      Set.of(
          "btreeindexdetails",
          "bitmapindexdetails",
          "labellistindexdetails",
          "invertedindexdetails",
          "vectorindexdetails");

  /// Kinds that know rows by stable id where the table has such; `btree` did in its version 0.
  private static final Set<String> BY_ROW_ID =
      Set.of(
          "btreeindexdetails",
          "bitmapindexdetails",
          "labellistindexdetails",
          "invertedindexdetails",
          "ngramindexdetails",
          "vectorindexdetails");

  private final TableProto.IndexMetadata proto;
  private final UUID uuid;

  IndexEntry(TableProto.IndexMetadata proto, String manifestPath) {
    this.proto = proto;
    ByteString raw = proto.getUuid().getUuid();
    if (raw.size() != 16) {
      throw new CorruptDataException(
          "index entry: expected=a uuid of 16 bytes, found="
              + raw.size()
              + " (index="
              + proto.getName()
              + ", path="
              + manifestPath
              + ")");
    }
    ByteBuffer bytes = raw.asReadOnlyByteBuffer();
    this.uuid = new UUID(bytes.getLong(), bytes.getLong());
  }

  /// An entry for a new segment.
  ///
  /// @param uuid the name of the folder that holds its files
  /// @param name the index's name
  /// @param fieldId the column it indexes
  /// @param datasetVersion the version whose rows it was built from
  /// @param fragments those it has entries for
  /// @param detailsUrl its kind: `/lance.table.BTreeIndexDetails`
  /// @param details the details message, of the type that the URL names
  /// @param files name and size of each file in the folder
  /// @param createdAtMillis when it was built
  public static IndexEntry of(
      UUID uuid,
      String name,
      int fieldId,
      long datasetVersion,
      RoaringBitmap fragments,
      String detailsUrl,
      byte[] details,
      int indexVersion,
      Map<String, Long> files,
      long createdAtMillis) {
    RoaringBitmap compact = fragments.clone();
    compact.runOptimize();
    ByteBuffer id = ByteBuffer.allocate(16);
    id.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits()).flip();
    TableProto.IndexMetadata.Builder proto =
        TableProto.IndexMetadata.newBuilder()
            .setUuid(TableProto.Uuid.newBuilder().setUuid(ByteString.copyFrom(id)))
            .addFields(fieldId)
            .setName(name)
            .setDatasetVersion(datasetVersion)
            .setFragmentBitmap(ByteString.copyFrom(DeletionVectors.bitmap(compact)))
            .setIndexDetails(
                Any.newBuilder().setTypeUrl(detailsUrl).setValue(ByteString.copyFrom(details)))
            .setIndexVersion(indexVersion)
            .setCreatedAt(createdAtMillis);
    new TreeMap<>(files)
        .forEach((file, size) ->
            proto.addFiles(TableProto.IndexFile.newBuilder().setPath(file).setSizeBytes(size)));
    return new IndexEntry(proto.build(), name);
  }

  /// This segment, said to cover other fragments.
  public IndexEntry withFragments(RoaringBitmap fragments) {
    RoaringBitmap compact = fragments.clone();
    compact.runOptimize();
    return new IndexEntry(
        proto.toBuilder()
            .setFragmentBitmap(ByteString.copyFrom(DeletionVectors.bitmap(compact)))
            .build(),
        name());
  }

  /// Also the name of the segment's folder.
  public UUID uuid() {
    return uuid;
  }

  /// The index's name; several segments may share it.
  public String name() {
    return proto.getName();
  }

  public List<Integer> fieldIds() {
    return proto.getFieldsList();
  }

  /// The version of the table it was built from.
  public long datasetVersion() {
    return proto.getDatasetVersion();
  }

  /// The version of the index format; 0 if the entry does not say.
  public int indexVersion() {
    return proto.getIndexVersion();
  }

  /// The base that holds its files; empty for the table itself.
  public OptionalInt baseId() {
    return proto.hasBaseId() ? OptionalInt.of(proto.getBaseId()) : OptionalInt.empty();
  }

  /// The kind of index, as the URL of its details: `/lance.table.BTreeIndexDetails`. Empty in very
  /// old tables.
  public String detailsUrl() {
    return proto.getIndexDetails().getTypeUrl();
  }

  /// The details message, of the type that [#detailsUrl] names.
  public byte[] details() {
    return proto.getIndexDetails().getValue().toByteArray();
  }

  /// The sizes of its files by name, where they are recorded.
  public Map<String, Long> files() {
    Map<String, Long> sizes = new TreeMap<>();
    proto.getFilesList().forEach(file -> sizes.put(file.getPath(), file.getSizeBytes()));
    return sizes;
  }

  /// When it was built, in milliseconds since 1970; 0 if it does not say.
  public long createdAtMillis() {
    return proto.getCreatedAt();
  }

  /// Columns whose values it carries along, beside those it is searched by.
  public List<Integer> coveringFieldIds() {
    return proto.getCoveringFieldsList();
  }

  /// The fragments it has entries for; empty if unknown, which makes it unusable.
  ///
  /// @throws CorruptDataException if the stored bitmap is damaged
  public Optional<RoaringBitmap> fragments() {
    return proto.getFragmentBitmap().isEmpty()
        ? Optional.empty()
        : Optional.of(
            DeletionVectors.parse(
                proto.getFragmentBitmap().asReadOnlyByteBuffer(), "index " + proto.getName()));
  }

  /// Whether it belongs to the table's own book-keeping and answers no queries.
  boolean system() {
    return name().equals(MEM_WAL) || name().equals(FragmentReuse.NAME);
  }

  /// Whether its readers translate addresses through [FragmentReuse].
  boolean followsMoves() {
    return FOLLOW_MOVES.contains(kind());
  }

  /// Whether its entries stay right when rows with stable ids move.
  boolean byRowId() {
    boolean addresses = kind().equals("btreeindexdetails") && indexVersion() > 0;
    return BY_ROW_ID.contains(kind()) && !addresses;
  }

  private String kind() {
    String url = detailsUrl();
    return url.substring(Math.max(url.lastIndexOf('/'), url.lastIndexOf('.')) + 1)
        .toLowerCase(Locale.ROOT);
  }

  TableProto.IndexMetadata proto() {
    return proto;
  }

  @Override
  public String toString() {
    return "IndexEntry[name=" + name() + ", uuid=" + uuid + "]";
  }
}
