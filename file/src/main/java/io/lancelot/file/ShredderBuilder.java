package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes the writers of a schema's leaves and the tree that leads to them.
final class ShredderBuilder {

  private final FileVersion version;
  private final PageQueue queue;
  private final long pageBytes;
  private final Optional<BlobWriter> blobs;
  private final List<LeafWriter> leaves = new ArrayList<>();

  /// @param blobs takes large values; without it they are refused
  ShredderBuilder(
      FileVersion version, PageQueue queue, long pageBytes, Optional<BlobWriter> blobs) {
    this.version = version;
    this.blobs = blobs;
    this.queue = queue;
    this.pageBytes = pageBytes;
  }

  /// The leaves built so far, in file order.
  List<LeafWriter> leaves() {
    return leaves;
  }

  /// The tree of a top-level field.
  Shredder build(LanceField field) {
    return build(field, new Above(List.of(), 1, field.name()));
  }

  /// What lies above a field.
  ///
  /// @param layers outer-most first
  /// @param rowUnit items of structural fixed-size lists per row
  private record Above(List<LevelLayer> layers, int rowUnit, String path) {

    int nextCode() {
      int code = 1;
      for (LevelLayer layer : layers) {
        code += layer.codes();
      }
      return code;
    }

    LevelLayer layer(LevelLayer.Kind kind, LanceField field) {
      return new LevelLayer(kind, nextCode(), field.field().nullable(), path);
    }

    Above below(LevelLayer layer, int size, String name) {
      List<LevelLayer> more = new ArrayList<>(layers);
      more.add(layer);
      return new Above(more, Math.multiplyExact(rowUnit, size), path + "." + name);
    }
  }

  private Shredder build(LanceField field, Above above) {
    return switch (field.type()) {
      case DataType.Struct _ -> struct(field, above);
      case DataType.ListOf _ -> lists(field, above);
      case DataType.MapOf _ -> {
        require(version != FileVersion.V2_1, field, above);
        yield lists(field, above);
      }
      case DataType.FixedSizeList(var item, int size)
          when item.type() instanceof DataType.Struct -> {
        require(version != FileVersion.V2_1, field, above);
        require(size > 0, field, above);
        // The real Lance can neither write nor read these.
        requireNoLists(field, above);
        LevelLayer layer = above.layer(LevelLayer.Kind.ITEM, field);
        LanceField child = field.children().getFirst();
        EncodingOptions.of(field.field().metadata(), above.path());
        yield new Shredder.FixedLists(
            layer, size, build(child, above.below(layer, size, child.name())));
      }
      case DataType.Null _,
          DataType.Bool _,
          DataType.Int _,
          DataType.Floating _,
          DataType.Decimal _,
          DataType.Utf8 _,
          DataType.Binary _,
          DataType.FixedSizeBinary _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _,
          DataType.Duration _,
          DataType.FixedSizeList _,
          DataType.Dictionary _ ->
          leaf(field, above);
    };
  }

  private Shredder struct(LanceField field, Above above) {
    EncodingOptions.of(field.field().metadata(), above.path());
    if (field.blobV2()) {
      return blobs(field, above);
    }
    if (field.packed()) {
      return leaf(field, above);
    }
    require(!field.children().isEmpty(), field, above);
    LevelLayer layer = above.layer(LevelLayer.Kind.ITEM, field);
    List<Shredder> children = new ArrayList<>();
    for (LanceField child : field.children()) {
      children.add(build(child, above.below(layer, 1, child.name())));
    }
    return new Shredder.Struct(layer, children);
  }

  private Shredder lists(LanceField field, Above above) {
    EncodingOptions.of(field.field().metadata(), above.path());
    LevelLayer layer = above.layer(LevelLayer.Kind.LIST, field);
    LanceField child = field.children().getFirst();
    return new Shredder.Lists(layer, build(child, above.below(layer, 1, child.name())));
  }

  private Shredder leaf(LanceField field, Above above) {
    List<Field> packed =
        field.blobV2()
            ? BlobDescriptor.TYPE.fields().stream().map(ShredderBuilder::plain).toList()
            : field.children().stream().map(LanceField::field).toList();
    List<EncodingOptions> packedOptions =
        packed.stream()
            .map(child -> EncodingOptions.of(child.metadata(), above.path() + "." + child.name()))
            .toList();
    List<LevelLayer> layers = new ArrayList<>(above.layers());
    layers.add(above.layer(LevelLayer.Kind.ITEM, field));
    PageEncoder.Leaf settings =
        new PageEncoder.Leaf(
            version,
            EncodingOptions.of(field.field().metadata(), above.path()),
            above.path(),
            above.rowUnit(),
            field.field().nullable() || field.type() instanceof DataType.Null,
            field.blob() && !field.blobV2(),
            packedOptions);
    LeafWriter writer =
        new LeafWriter(field, layers, settings, () -> slots(field, above), queue, pageBytes);
    leaves.add(writer);
    return new Shredder.Leaf(writer);
  }

  /// A part of a descriptor, which the real Lance never compresses.
  private static Field plain(Field part) {
    return new Field(
        part.name(), part.type(), part.nullable(), Map.of("lance-encoding:compression", "none"));
  }

  private SlotBuffer slots(LanceField field, Above above) {
    Memory memory = queue.memory();
    if (field.blob() && !field.blobV2()) {
      if (field.type() instanceof DataType.Binary(boolean large) && large) {
        // Not built: blobs are written and looked up by row, and a list has several in one.
        if (above.layers().stream().anyMatch(layer -> layer.kind() == LevelLayer.Kind.LIST)) {
          throw new UnsupportedFeatureException(
              "blob column inside a list is not supported (column=" + above.path() + ")");
        }
        return new BlobSlotBuffer(queue.sink(), memory);
      }
      throw new InvalidInputException(
          "type of a blob column: expected=large_binary, found="
              + field.type().arrowName()
              + " (column="
              + above.path()
              + ")");
    }
    return field.type() instanceof DataType.Struct struct
        ? new PackedSlotBuffer(struct, version != FileVersion.V2_1, above.path(), memory)
        : SlotBuffer.of(field.type(), above.path(), memory);
  }

  private Shredder blobs(LanceField field, Above above) {
    require(version != FileVersion.V2_1, field, above);
    BlobWriter writer =
        blobs.orElseThrow(() ->
            new UnsupportedFeatureException(
                "blob columns of version 2 need a table (column=" + above.path() + ")"));
    BlobSizes sizes = BlobSizes.of(field.field().metadata(), above.path());
    leaf(field, above);
    return new Shredder.Blobs(leaves.getLast(), writer, sizes, queue.memory());
  }

  private void requireNoLists(LanceField field, Above above) {
    boolean[] below = {false};
    field.forEach(
        f -> below[0] |= f.type() instanceof DataType.ListOf || f.type() instanceof DataType.MapOf);
    boolean around =
        above.layers().stream().anyMatch(layer -> layer.kind() == LevelLayer.Kind.LIST);
    if (below[0] || around) {
      throw new UnsupportedFeatureException(
          "lists inside or around fixed-size lists of structs are not supported: found="
              + field.type().arrowName()
              + " (column="
              + above.path()
              + ")");
    }
  }

  private void require(boolean holds, LanceField field, Above above) {
    if (!holds) {
      throw new UnsupportedFeatureException(
          "type not supported in file version "
              + version.text()
              + ": found="
              + field.type().arrowName()
              + " (column="
              + above.path()
              + ")");
    }
  }
}
