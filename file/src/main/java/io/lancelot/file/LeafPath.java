package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The way from a top-level field down to one of its leaves, as a page of that leaf sees it.
///
/// @param name the path's names with dots, for messages
/// @param layers the layers from the leaf up to the row
/// @param shape how the leaf's values lie in memory; for a dictionary column those of the
///   dictionary
/// @param indices shape of a dictionary column's indices, else null
/// @param itemsPerRow by how many items fixed-size lists multiply a row
record LeafPath(
    String name,
    LevelLayers layers,
    LeafShape shape,
    @Nullable LeafShape indices,
    int itemsPerRow) {

  /// The paths to a field's leaves in file order.
  static List<LeafPath> of(LanceField field) {
    List<LeafPath> paths = new ArrayList<>();
    walk(field, "", List.of(), 1, paths);
    return paths;
  }

  private static void walk(
      LanceField field,
      String prefix,
      List<LevelLayers.Kind> outer,
      int itemsPerRow,
      List<LeafPath> paths) {
    String name = prefix.isEmpty() ? field.name() : prefix + "." + field.name();
    if (field.leaf()) {
      paths.add(leaf(field, name, outer, itemsPerRow));
      return;
    }
    List<LevelLayers.Kind> layers = new ArrayList<>(outer);
    int items = itemsPerRow;
    switch (field.type()) {
      case DataType.ListOf _, DataType.MapOf _ -> layers.addFirst(LevelLayers.Kind.LIST);
      case DataType.FixedSizeList(_, int size) -> {
        layers.addFirst(LevelLayers.Kind.FIXED_LIST);
        items = Math.multiplyExact(items, size);
      }
      case DataType.Struct _ -> layers.addFirst(LevelLayers.Kind.ITEM);
      default ->
          throw new CorruptDataException(
              "schema: expected=no children of "
                  + field.type().arrowName()
                  + ", found="
                  + field.children().size()
                  + " (column="
                  + name
                  + ")");
    }
    for (LanceField child : field.children()) {
      walk(child, name, layers, items, paths);
    }
  }

  private static LeafPath leaf(
      LanceField field, String name, List<LevelLayers.Kind> outer, int itemsPerRow) {
    List<LevelLayers.Kind> layers = new ArrayList<>(outer);
    layers.addFirst(LevelLayers.Kind.ITEM);
    if (layers.contains(LevelLayers.Kind.FIXED_LIST) && layers.contains(LevelLayers.Kind.LIST)) {
      throw new UnsupportedFeatureException(
          "fixed-size lists of structs together with lists are not supported (column="
              + name
              + ")");
    }
    var levels = new LevelLayers(layers);
    if (field.type() instanceof DataType.Dictionary dictionary) {
      return new LeafPath(
          name,
          levels,
          LeafShape.of(dictionary.value()),
          LeafShape.indices(dictionary),
          itemsPerRow);
    }
    return new LeafPath(name, levels, LeafShape.of(field.type()), null, itemsPerRow);
  }
}
