package io.lancelot.table;

import com.google.protobuf.ByteString;
import io.lancelot.base.CorruptDataException;
import io.lancelot.table.proto.TableProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// A set of rows: files that share its columns among them, and the rows deleted since. Immutable.
/// Format: lance-format section 3.4.
public final class Fragment {

  /// Fragment ids are 32 bits wide, for they are the upper half of a row address.
  static final long MAX_ID = 0xFFFF_FFFFL;

  private final TableProto.DataFragment proto;
  private final List<DataFile> files;
  private final Optional<DeletionFile> deletionFile;

  private Fragment(TableProto.DataFragment proto, String manifestPath) {
    this.proto = proto;
    List<DataFile> parsed = new ArrayList<>(proto.getFilesCount());
    for (TableProto.DataFile file : proto.getFilesList()) {
      parsed.add(DataFile.of(file, manifestPath));
    }
    this.files = Collections.unmodifiableList(parsed);
    this.deletionFile =
        proto.hasDeletionFile()
            ? Optional.of(DeletionFile.of(proto.getDeletionFile(), manifestPath))
            : Optional.empty();
  }

  static Fragment of(TableProto.DataFragment proto, String manifestPath) {
    Fragment fragment = new Fragment(proto, manifestPath);
    check(proto.getId() >= 0 && proto.getId() <= MAX_ID, "id", proto.getId(), manifestPath);
    long rows = proto.getPhysicalRows();
    check(rows >= 0 && rows <= MAX_ID + 1, "row count", rows, manifestPath);
    long deleted = fragment.deletedRows();
    check(deleted >= 0 && deleted <= rows, "count of deleted rows", deleted, manifestPath);
    return fragment;
  }

  private static void check(boolean sound, String what, long found, String manifestPath) {
    if (!sound) {
      throw new CorruptDataException(
          "fragment: impossible "
              + what
              + ": found="
              + Long.toUnsignedString(found)
              + " (path="
              + manifestPath
              + ")");
    }
  }

  /// A fragment that is not part of a table yet: it gets its id when it is committed.
  public static Fragment ofNewFile(DataFile file, long rowCount) {
    TableProto.DataFragment proto =
        TableProto.DataFragment.newBuilder()
            .addFiles(file.toProto())
            .setPhysicalRows(rowCount)
            .build();
    return of(proto, file.path());
  }

  public long id() {
    return proto.getId();
  }

  public List<DataFile> files() {
    return files;
  }

  public Optional<DeletionFile> deletionFile() {
    return deletionFile;
  }

  /// Rows in the files, deleted ones included.
  public long physicalRows() {
    return proto.getPhysicalRows();
  }

  public long deletedRows() {
    return proto.getDeletionFile().getNumDeletedRows();
  }

  public long liveRows() {
    return physicalRows() - deletedRows();
  }

  /// The file that holds the column of a field: the last that lists it, for later files supersede
  /// earlier ones. Empty if the column is absent and reads as null.
  public Optional<DataFile> fileOf(int fieldId) {
    for (DataFile file : files.reversed()) {
      if (file.fieldIds().contains(fieldId)) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  /// The same fragment with another list of deleted rows.
  Fragment withDeletionFile(DeletionFile file) {
    return new Fragment(proto.toBuilder().setDeletionFile(file.toProto()).build(), "");
  }

  /// The same fragment under another id.
  Fragment withId(long id) {
    return new Fragment(proto.toBuilder().setId(id).build(), "");
  }

  /// The same fragment with ids and versions for its rows, serialised.
  Fragment withLineage(ByteString rowIds, ByteString created, ByteString updated) {
    return new Fragment(
        proto.toBuilder()
            .setInlineRowIds(rowIds)
            .setInlineCreatedAtVersions(created)
            .setInlineLastUpdatedAtVersions(updated)
            .build(),
        "");
  }

  /// Whether nothing but the deleted rows may differ.
  boolean sameButDeletions(Fragment other) {
    return proto.toBuilder()
        .clearDeletionFile()
        .build()
        .equals(other.proto.toBuilder().clearDeletionFile().build());
  }

  /// The same fragment with one more file.
  Fragment withFile(DataFile file) {
    return new Fragment(proto.toBuilder().addFiles(file.toProto()).build(), "");
  }

  /// Whether both hold the same columns in the same files.
  boolean sameFiles(Fragment other) {
    return files.equals(other.files);
  }

  TableProto.DataFragment proto() {
    return proto;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Fragment fragment && proto.equals(fragment.proto);
  }

  @Override
  public int hashCode() {
    return proto.hashCode();
  }

  @Override
  public String toString() {
    return "Fragment[id=" + id() + ", rows=" + physicalRows() + ", deleted=" + deletedRows() + "]";
  }
}
