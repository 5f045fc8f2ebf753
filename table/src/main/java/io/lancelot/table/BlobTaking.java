package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.StructColumn;
import io.lancelot.file.BlobDescriptor;
import io.lancelot.file.LanceField;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// Opens the large values of some rows. Only where they lie is read here.
///
/// Format: lance-format section 2.5.
final class BlobTaking {

  private final Snapshot snapshot;

  /// The column of blobs.
  private final LanceField field;

  /// What is read: the top-level field with nothing below it but the blobs' places.
  private final LanceField read;

  private final Bases bases;
  private final Memory memory;
  private final BiFunction<Fragment, LanceField, FragmentReader> opener;

  BlobTaking(
      Snapshot snapshot,
      String column,
      Bases bases,
      Memory memory,
      BiFunction<Fragment, LanceField, FragmentReader> opener) {
    LanceField plain = SchemaChange.of(snapshot).field(column);
    if (!plain.blob()) {
      throw new InvalidInputException(
          "not a blob column: expected=one of blobs, found="
              + plain.type().arrowName()
              + " (column="
              + column
              + ")");
    }
    this.snapshot = snapshot;
    this.field = plain;
    this.read =
        snapshot.schema().fields().stream()
            .flatMap(top -> describing(top, plain).stream())
            .findFirst()
            .orElseThrow(() ->
                new UnsupportedFeatureException(
                    "blobs inside lists: expected=a column, or a member of structs, found="
                        + column));
    this.bases = bases;
    this.memory = memory;
    this.opener = opener;
  }

  /// `from` with nothing below it but `blob`, which describes its values; empty if the way there
  /// does not lead through structs alone.
  private static Optional<LanceField> describing(LanceField from, LanceField blob) {
    if (from.id() == blob.id()) {
      return Optional.of(from.describing());
    }
    if (from.blob() || !(from.type() instanceof DataType.Struct)) {
      return Optional.empty();
    }
    Optional<LanceField> below =
        from.children().stream().flatMap(child -> describing(child, blob).stream()).findFirst();
    return below.map(only -> {
      Field plain = from.field();
      DataType type = new DataType.Struct(List.of(only.field()));
      Field narrowed = new Field(plain.name(), type, plain.nullable(), plain.metadata());
      return new LanceField(from.id(), from.parentId(), narrowed, List.of(only));
    });
  }

  /// One handle per row id, in order; null where the value is null.
  List<@Nullable Blob> take(long[] rowIds) {
    @Nullable Blob[] blobs = new Blob[rowIds.length];
    int[] missing = {rowIds.length};
    Map<Long, List<Integer>> wanted = new HashMap<>();
    for (int i = 0; i < rowIds.length; i++) {
      wanted.computeIfAbsent(rowIds[i], _ -> new ArrayList<>()).add(i);
    }
    for (Fragment fragment : snapshot.fragments()) {
      if (missing[0] > 0 && mayHold(fragment, wanted)) {
        try (FragmentReader reader = opener.apply(fragment, read);
            Scratch scratch = memory.scratch()) {
          take(reader, wanted, blobs, missing, scratch);
        }
      }
    }
    if (missing[0] > 0) {
      throw new InvalidInputException(
          "row ids: expected=rows of the table, found="
              + missing[0]
              + " others (version="
              + snapshot.version()
              + ")");
    }
    return Arrays.asList(blobs);
  }

  private boolean mayHold(Fragment fragment, Map<Long, List<Integer>> wanted) {
    return snapshot.stableRowIds()
        || wanted.keySet().stream().anyMatch(id -> id >>> 32 == fragment.id());
  }

  private void take(
      FragmentReader reader,
      Map<Long, List<Integer>> wanted,
      @Nullable Blob[] blobs,
      int[] missing,
      Scratch scratch) {
    long[] rows = rows(reader, wanted, scratch);
    if (rows.length == 0) {
      return;
    }
    var descriptors = (StructColumn) reader.take(0, rows, rows.length, scratch);
    List<StructColumn> around = new ArrayList<>();
    while (!descriptors.type().equals(BlobDescriptor.TYPE)) {
      around.add(descriptors);
      descriptors = (StructColumn) descriptors.children().getFirst();
    }
    for (int i = 0; i < rows.length; i++) {
      int row = i;
      boolean absent = descriptors.isNull(i) || around.stream().anyMatch(s -> s.isNull(row));
      List<Integer> places = wanted.get(reader.rowId(rows[i], scratch));
      for (int place : places == null ? List.<Integer>of() : places) {
        blobs[place] = absent ? null : open(BlobDescriptor.of(descriptors, i), reader.fragment());
        missing[0]--;
      }
    }
  }

  /// The wanted rows of a fragment that are not deleted.
  private long[] rows(FragmentReader reader, Map<Long, List<Integer>> wanted, Scratch scratch) {
    List<Long> rows = new ArrayList<>();
    if (snapshot.stableRowIds()) {
      for (long row = 0; row < reader.physicalRows(); row++) {
        if (wanted.containsKey(reader.rowId(row, scratch))) {
          rows.add(row);
        }
      }
    } else {
      for (long id : wanted.keySet()) {
        long row = id & 0xFFFF_FFFFL;
        if (id >>> 32 == reader.fragment().id() && row < reader.physicalRows()) {
          rows.add(row);
        }
      }
    }
    return rows.stream()
        .mapToLong(Long::longValue)
        .filter(row -> !reader.deletions().contains((int) row))
        .sorted()
        .toArray();
  }

  private Blob open(BlobDescriptor blob, Fragment fragment) {
    if (blob.size() < 0 || blob.position() < 0 || blob.position() + blob.size() < 0) {
      throw new CorruptDataException(
          "blob: expected=a position and a size, found="
              + Long.toUnsignedString(blob.position())
              + "+"
              + Long.toUnsignedString(blob.size())
              + place(fragment));
    }
    DataFile file =
        fragment
            .fileOf(field.id())
            .orElseThrow(() ->
                new CorruptDataException(
                    "blob: expected=a data file, found=none" + place(fragment)));
    return switch (blob.kind()) {
      case BlobDescriptor.INLINE, BlobDescriptor.PACKED, BlobDescriptor.DEDICATED -> {
        Bases.Location object = inside(snapshot, file, blob, bases);
        yield new Blob(() -> object.store().open(object.path()), blob.position(), blob.size());
      }
      case BlobDescriptor.EXTERNAL -> {
        Bases.Location object =
            blob.blobId() == 0
                ? bases.external(blob.uri())
                : bases.relative(snapshot, Math.toIntExact(blob.blobId()), blob.uri());
        long size =
            blob.size() > 0
                ? blob.size()
                : object.store().size(object.path()).orElse(0) - blob.position();
        yield new Blob(
            () -> object.store().open(object.path()), blob.position(), Math.max(0, size));
      }
      default ->
          throw new UnsupportedFeatureException(
              "blob of kind " + blob.kind() + " cannot be read" + place(fragment));
    };
  }

  /// Where the bytes of a value lie that are in the table's files.
  static Bases.Location inside(Snapshot snapshot, DataFile file, BlobDescriptor blob, Bases bases) {
    return bases.data(
        snapshot,
        blob.kind() == BlobDescriptor.INLINE
            ? file
            : new DataFile(
                BlobObjects.path(file.path(), blob.blobId()),
                List.of(),
                List.of(),
                file.version(),
                0,
                file.baseId()));
  }

  private String place(Fragment fragment) {
    return " (column=" + field.name() + ", fragment=" + fragment.id() + ")";
  }
}
