package io.lancelot.table;

import com.google.protobuf.ByteString;
import io.lancelot.base.CorruptDataException;
import io.lancelot.table.proto.TableProto;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
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

  /// Its files by name, with their sizes, 0 where unknown; empty if the entry does not list them.
  public Map<String, Long> files() {
    Map<String, Long> files = new LinkedHashMap<>();
    proto.getFilesList().forEach(file -> files.put(file.getPath(), file.getSizeBytes()));
    return files;
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

  /// The same entry for other fragments.
  IndexEntry withFragments(RoaringBitmap fragments) {
    return new IndexEntry(
        proto.toBuilder()
            .setFragmentBitmap(ByteString.copyFrom(DeletionVectors.bitmap(fragments)))
            .build(),
        name());
  }

  TableProto.IndexMetadata proto() {
    return proto;
  }

  @Override
  public String toString() {
    return "IndexEntry[name=" + name() + ", uuid=" + uuid + "]";
  }
}
