package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.file.FileVersion;
import io.lancelot.table.proto.TableProto;
import java.util.List;
import java.util.OptionalInt;

/// A file that holds some columns of one fragment.
///
/// @param path relative to the table's data folder, or to the base `baseId`
/// @param fieldIds the fields that own a column in it; [#TOMBSTONE] where another file took over
/// @param columnIndices position in the file of each of them
/// @param sizeBytes 0 if unknown
public record DataFile(
    String path,
    List<Integer> fieldIds,
    List<Integer> columnIndices,
    FileVersion version,
    long sizeBytes,
    OptionalInt baseId) {

  /// Stands for a field whose column another file has superseded.
  public static final int TOMBSTONE = -2;

  // The lists stay as given: protobuf's are immutable and do not box, which a wide table feels.
  public DataFile {
    if (fieldIds.size() != columnIndices.size()) {
      throw new CorruptDataException(
          "data file: expected=as many column indices as fields, found="
              + columnIndices.size()
              + " and "
              + fieldIds.size()
              + " (path="
              + path
              + ")");
    }
  }

  static DataFile of(TableProto.DataFile proto, String manifestPath) {
    checkRelative(proto.getPath(), manifestPath);
    return new DataFile(
        proto.getPath(),
        proto.getFieldsList(),
        proto.getColumnIndicesList(),
        FileVersion.ofNumbers(
            proto.getFileMajorVersion(), proto.getFileMinorVersion(), proto.getPath()),
        proto.getFileSizeBytes(),
        proto.hasBaseId() ? OptionalInt.of(proto.getBaseId()) : OptionalInt.empty());
  }

  TableProto.DataFile toProto() {
    TableProto.DataFile.Builder proto =
        TableProto.DataFile.newBuilder()
            .setPath(path)
            .addAllFields(fieldIds)
            .addAllColumnIndices(columnIndices)
            .setFileMajorVersion(version.manifestMajor())
            .setFileMinorVersion(version.manifestMinor())
            .setFileSizeBytes(sizeBytes);
    baseId.ifPresent(proto::setBaseId);
    return proto.build();
  }

  private static void checkRelative(String path, String manifestPath) {
    if (!isRelative(path)) {
      throw new CorruptDataException(
          "data file: expected=a relative path, found=" + path + " (path=" + manifestPath + ")");
    }
  }

  /// Whether no part of a path is empty or leads elsewhere. Asked for each file of a manifest.
  private static boolean isRelative(String path) {
    int part = 0;
    for (int i = 0; i <= path.length(); i++) {
      char c = i < path.length() ? path.charAt(i) : '/';
      if (c == '\\' || c == '\0') {
        return false;
      }
      if (c == '/') {
        int length = i - part;
        if (length == 0
            || length == 1 && path.charAt(part) == '.'
            || length == 2 && path.startsWith("..", part)) {
          return false;
        }
        part = i + 1;
      }
    }
    return true;
  }
}
