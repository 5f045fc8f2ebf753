package io.lancelot.file;

import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/// A field with its identity in the table. Ids are unique for ever; they, not names, tie data files
/// to the schema.
///
/// Children mirror the fields that Lance numbers: those of structs, lists, maps and fixed-size
/// lists of structs. A fixed-size list of primitives, and a dictionary, is a leaf.
///
/// @param id at least 0 for a user's field; negative ids are the system's
/// @param parentId id of the enclosing field, -1 at the top
/// @param field name, type, nullability and metadata as Arrow sees them
/// @param children numbered children in order
public record LanceField(int id, int parentId, Field field, List<LanceField> children) {

  public LanceField {
    children = List.copyOf(children);
  }

  public String name() {
    return field.name();
  }

  public DataType type() {
    return field.type();
  }

  /// Whether the struct is stored as one column of rows instead of a column per child.
  public boolean packed() {
    return field.type() instanceof DataType.Struct
        && (isTrue("lance-encoding:packed") || isTrue("packed"));
  }

  /// Whether values lie outside the pages, which then hold positions.
  public boolean blob() {
    return isTrue("lance-encoding:blob") || blobV2();
  }

  /// Whether the field is one of blobs that may also lie outside the data file. Its type is then
  /// [BlobDescriptor#TYPE]; its children are what users write.
  public boolean blobV2() {
    return blobV2(field);
  }

  static boolean blobV2(Field field) {
    return "lance.blob.v2".equals(field.metadata().get("ARROW:extension:name"));
  }

  /// The blob field as one that reads where the values lie, and not the values.
  public LanceField describing() {
    Field described =
        new Field(field.name(), BlobDescriptor.TYPE, field.nullable(), field.metadata());
    return new LanceField(id, parentId, described, children);
  }

  /// The struct with some of its members.
  public LanceField ofMembers(List<LanceField> members) {
    List<Field> fields = members.stream().map(LanceField::field).toList();
    return new LanceField(id, parentId, field.withType(new DataType.Struct(fields)), members);
  }

  /// Whether the field has a column of its own in a 2.1 or 2.2 file.
  public boolean leaf() {
    return children.isEmpty() || packed() || blob();
  }

  /// Visits the fields that own a column in 2.1 and 2.2 files, in file order. Format: lance-format
  /// A.2.
  public void forEachLeaf(Consumer<LanceField> visitor) {
    if (leaf()) {
      visitor.accept(this);
      return;
    }
    for (LanceField child : children) {
      child.forEachLeaf(visitor);
    }
  }

  /// Visits the fields that own a column in a file of that version, in file order: in 2.0 structs
  /// and lists do as well.
  public void forEachColumn(FileVersion version, Consumer<LanceField> visitor) {
    if (version != FileVersion.V2_0) {
      forEachLeaf(visitor);
      return;
    }
    visitor.accept(this);
    if (!leaf()) {
      for (LanceField child : children) {
        child.forEachColumn(version, visitor);
      }
    }
  }

  /// Visits this field and all below it, parents first.
  public void forEach(Consumer<LanceField> visitor) {
    visitor.accept(this);
    for (LanceField child : children) {
      child.forEach(visitor);
    }
  }

  /// The field with only those leaves below it whose ids are wanted; empty if none is.
  public Optional<LanceField> part(IntPredicate wanted) {
    if (leaf()) {
      return wanted.test(id) ? Optional.of(this) : Optional.empty();
    }
    List<LanceField> kept = new ArrayList<>();
    children.forEach(child -> child.part(wanted).ifPresent(kept::add));
    if (kept.equals(children)) {
      return Optional.of(this);
    }
    if (kept.isEmpty()) {
      return Optional.empty();
    }
    DataType type =
        switch (field.type()) {
          case DataType.Struct _ ->
              new DataType.Struct(kept.stream().map(LanceField::field).toList());
          case DataType.ListOf(_, boolean large) ->
              new DataType.ListOf(kept.getFirst().field(), large);
          case DataType.FixedSizeList(_, int size) ->
              new DataType.FixedSizeList(kept.getFirst().field(), size);
          default ->
              throw new UnsupportedFeatureException(
                  "part of a value of type " + field.type().arrowName());
        };
    Field part = new Field(field.name(), type, field.nullable(), field.metadata());
    return Optional.of(new LanceField(id, parentId, part, kept));
  }

  private boolean isTrue(String key) {
    Map<String, String> metadata = field.metadata();
    return metadata.containsKey(key) && metadata.get(key).toLowerCase(Locale.ROOT).equals("true");
  }
}
