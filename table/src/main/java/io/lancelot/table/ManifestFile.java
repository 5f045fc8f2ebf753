package io.lancelot.table;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectStore;
import io.lancelot.table.proto.TableProto;
import io.lancelot.table.proto.TransactionProto;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A manifest as stored: up to three messages with their lengths before them, and a footer that
/// points at the last. Format: lance-format sections 3.3 and A.16.
///
/// @param path for messages
/// @param indices kept as they are: their meaning is the index modules' business
/// @param transaction the bytes of the transaction that made this version, if they were stored here
/// @param sizeBytes of the whole file
/// @param encoded fragments as they were written, for the next version; none if it was read
record ManifestFile(
    String path,
    long sizeBytes,
    TableProto.Manifest manifest,
    List<TableProto.IndexMetadata> indices,
    @Nullable ByteString transaction,
    EncodedFragments encoded) {

  private static final int FOOTER_BYTES = 16;

  /// Of a transaction: its read version and UUID come first.
  private static final int IDENTITY_BYTES = 64;

  private static final byte[] MAGIC = {'L', 'A', 'N', 'C'};
  private static final int MAJOR = 0;
  private static final int MINOR = 2;

  /// The first releases with an own manifest format wrote 1, without inline transactions.
  private static final int OLDEST_MINOR = 1;

  /// Larger transactions are stored in their own file only.
  static final int MAX_INLINE_TRANSACTION = 20 << 20;

  /// What protobuf can hold in one array.
  private static final long MAX_BYTES = Integer.MAX_VALUE - 64;

  /// Reads a manifest that is known to exist.
  static ManifestFile read(ObjectReader reader, long version) {
    return parse(readBytes(reader), version, reader.path());
  }

  /// Whether a manifest of the same version and name is this one still, and not that of a table
  /// that was dropped and created anew: told by the beginning of its transaction, which holds a
  /// UUID.
  ///
  /// @throws io.lancelot.base.NotFoundException if it is gone
  boolean same(ObjectStore store) {
    if (transaction == null) {
      try (ObjectReader reader = store.open(path)) {
        return reader.sizeBytes() == sizeBytes
            && manifest.equals(read(reader, manifest.getVersion()).manifest());
      }
    }
    long position =
        manifest.hasTransactionSection()
            ? manifest.getTransactionSection()
            : manifest.getTransactionSectionDeprecated();
    int length = Math.min(transaction.size(), IDENTITY_BYTES);
    ObjectStore.Piece there = store.peek(path, position + 4, length);
    return there.sizeBytes() == sizeBytes
        && ByteString.copyFrom(there.bytes()).equals(transaction.substring(0, length));
  }

  private static byte[] readBytes(ObjectReader reader) {
    long size = reader.sizeBytes();
    if (size < FOOTER_BYTES || size > MAX_BYTES) {
      throw corrupt("size", "at least " + FOOTER_BYTES + " bytes", size, reader.path());
    }
    byte[] bytes = new byte[(int) size];
    // Read through a view, so that a store without memory to map copies once.
    try (var arena = java.lang.foreign.Arena.ofConfined()) {
      MemorySegment.copy(
          reader.view(0, size, arena), ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
    }
    return bytes;
  }

  static ManifestFile parse(byte[] bytes, long version, String path) {
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int footer = bytes.length - FOOTER_BYTES;
    for (int i = 0; i < MAGIC.length; i++) {
      if (bytes[footer + 12 + i] != MAGIC[i]) {
        throw corrupt(
            "magic",
            "LANC",
            Integer.toHexString(Integer.reverseBytes(file.getInt(footer + 12))),
            path);
      }
    }
    int major = Short.toUnsignedInt(file.getShort(footer + 8));
    int minor = Short.toUnsignedInt(file.getShort(footer + 10));
    if (major != MAJOR || minor < OLDEST_MINOR || minor > MINOR) {
      throw new UnsupportedFeatureException(
          "manifest version not supported: expected=0.1 or 0.2, found="
              + major
              + "."
              + minor
              + " (path="
              + path
              + ")");
    }
    ByteString body = section(bytes, file.getLong(footer), "manifest", path);
    TableProto.Manifest manifest = parse(TableProto.Manifest.parser(), body, "manifest", path);
    if (manifest.getVersion() != version) {
      throw corrupt("version", version, Long.toUnsignedString(manifest.getVersion()), path);
    }
    List<TableProto.IndexMetadata> indices = List.of();
    if (manifest.hasIndexSection()) {
      ByteString section = section(bytes, manifest.getIndexSection(), "index section", path);
      indices =
          parse(TableProto.IndexSection.parser(), section, "index section", path).getIndicesList();
    }
    return new ManifestFile(
        path,
        bytes.length,
        manifest,
        indices,
        transaction(bytes, manifest, path),
        EncodedFragments.NONE);
  }

  /// Bytes of the transaction, null if there are none here. Whether they make sense is checked by
  /// whoever needs them: a version can be read without.
  private static @Nullable ByteString transaction(
      byte[] bytes, TableProto.Manifest manifest, String path) {
    if (manifest.hasTransactionSection()) {
      return section(bytes, manifest.getTransactionSection(), "transaction section", path);
    }
    if (manifest.hasTransactionSectionDeprecated()) {
      return section(
          bytes, manifest.getTransactionSectionDeprecated(), "transaction section", path);
    }
    return null;
  }

  private static ByteString section(byte[] bytes, long position, String what, String path) {
    long limit = (long) bytes.length - FOOTER_BYTES - 4;
    if (position < 0 || position > limit) {
      throw corrupt(what + " position", "at most " + limit, Long.toUnsignedString(position), path);
    }
    int at = (int) position;
    long length =
        Integer.toUnsignedLong(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(at));
    if (length > limit - position) {
      throw corrupt(what + " length", "at most " + (limit - position), length, path);
    }
    return ByteString.copyFrom(bytes, at + 4, (int) length);
  }

  static <T extends MessageLite> T parse(
      com.google.protobuf.Parser<T> parser, ByteString bytes, String what, String path) {
    try {
      return parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptDataException(
          what
              + ": expected=a protobuf message, found=broken bytes: "
              + e.getMessage()
              + " (path="
              + path
              + ")",
          e);
    }
  }

  /// A manifest as it is about to be stored.
  record Built(
      byte[] bytes,
      TableProto.Manifest manifest,
      List<TableProto.IndexMetadata> indices,
      @Nullable ByteString transaction,
      EncodedFragments encoded) {

    /// What reading it back would give.
    ManifestFile at(String path) {
      return new ManifestFile(path, bytes.length, manifest, indices, transaction, encoded);
    }
  }

  /// The bytes of a new manifest; sets the positions of its sections.
  static byte[] write(
      TableProto.Manifest.Builder manifest,
      List<TableProto.IndexMetadata> indices,
      TransactionProto.Transaction transaction) {
    return build(manifest, indices, transaction, EncodedFragments.NONE).bytes();
  }

  /// A new manifest; sets the positions of its sections.
  ///
  /// @param before fragments of the version before, as they were written
  static Built build(
      TableProto.Manifest.Builder manifest,
      List<TableProto.IndexMetadata> indices,
      TransactionProto.Transaction transaction,
      EncodedFragments before) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    manifest.clearIndexSection().clearTransactionSection().clearTransactionSectionDeprecated();
    if (!indices.isEmpty()) {
      manifest.setIndexSection(out.size());
      append(out, TableProto.IndexSection.newBuilder().addAllIndices(indices).build());
    }
    ByteString inline = null;
    if (transaction.getSerializedSize() <= MAX_INLINE_TRANSACTION) {
      manifest.setTransactionSection(out.size());
      inline = transaction.toByteString();
      append(out, transaction);
    }
    long position = out.size();
    TableProto.Manifest message = manifest.build();
    EncodedFragments fragments = EncodedFragments.of(message.getFragmentsList(), before);
    append(out, manifest.clearFragments().build().toByteArray(), fragments.bytes());
    ByteBuffer footer = ByteBuffer.allocate(FOOTER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    footer.putLong(position).putShort((short) MAJOR).putShort((short) MINOR).put(MAGIC);
    out.writeBytes(footer.array());
    return new Built(out.toByteArray(), message, List.copyOf(indices), inline, fragments);
  }

  private static void append(ByteArrayOutputStream out, MessageLite message) {
    append(out, message.toByteArray(), new byte[0]);
  }

  private static void append(ByteArrayOutputStream out, byte[] first, byte[] second) {
    int length = Math.addExact(first.length, second.length);
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(length).array());
    out.writeBytes(first);
    out.writeBytes(second);
  }

  private static CorruptDataException corrupt(
      String what, Object expected, Object found, String path) {
    return new CorruptDataException(
        "manifest "
            + what
            + ": expected="
            + expected
            + ", found="
            + found
            + " (path="
            + path
            + ")");
  }
}
