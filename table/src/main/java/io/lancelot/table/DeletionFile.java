package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.table.proto.TableProto;
import java.util.OptionalInt;

/// The file that lists the deleted rows of one fragment; it replaces the one before it.
///
/// @param readVersion the version the delete started from, part of the file's name
/// @param id a random number that makes the name unique, unsigned
/// @param deletedRows how many rows it lists; 0 if unknown
public record DeletionFile(
    Kind kind, long readVersion, long id, long deletedRows, OptionalInt baseId) {

  public enum Kind {
    /// An Arrow IPC file of row numbers.
    ARROW("arrow"),
    /// A portable roaring bitmap.
    BITMAP("bin");

    private final String extension;

    Kind(String extension) {
      this.extension = extension;
    }
  }

  /// The name in the folder of deletion files.
  public String fileName(long fragmentId) {
    return fragmentId
        + "-"
        + Long.toUnsignedString(readVersion)
        + "-"
        + Long.toUnsignedString(id)
        + "."
        + kind.extension;
  }

  static DeletionFile of(TableProto.DeletionFile proto, String manifestPath) {
    Kind kind =
        switch (proto.getFileType()) {
          case ARROW_ARRAY -> Kind.ARROW;
          case BITMAP -> Kind.BITMAP;
          case UNRECOGNIZED ->
              throw new CorruptDataException(
                  "deletion file: expected=arrow or bitmap, found=type "
                      + proto.getFileTypeValue()
                      + " (path="
                      + manifestPath
                      + ")");
        };
    return new DeletionFile(
        kind,
        proto.getReadVersion(),
        proto.getId(),
        proto.getNumDeletedRows(),
        proto.hasBaseId() ? OptionalInt.of(proto.getBaseId()) : OptionalInt.empty());
  }

  TableProto.DeletionFile toProto() {
    TableProto.DeletionFile.Builder proto =
        TableProto.DeletionFile.newBuilder()
            .setFileType(
                switch (kind) {
                  case ARROW -> TableProto.DeletionFile.FileType.ARROW_ARRAY;
                  case BITMAP -> TableProto.DeletionFile.FileType.BITMAP;
                })
            .setReadVersion(readVersion)
            .setId(id)
            .setNumDeletedRows(deletedRows);
    baseId.ifPresent(proto::setBaseId);
    return proto.build();
  }
}
