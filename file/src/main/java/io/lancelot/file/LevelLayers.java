package io.lancelot.file;

import io.lancelot.file.proto.RepDefLayer;
import java.util.List;

/// The layers between a leaf and its rows, innermost first, with one numbering of definition levels
/// for all pages of the column.
///
/// A page leaves out the levels it has no use for, so the same number means different things in
/// different pages. Here every layer has all its levels: an item or fixed-size list one (null), a
/// list two (null, then empty). Levels of pages are translated when they are read.
///
/// Format: lance-format sections 2.2.1 and 2.2.2.
final class LevelLayers {

  /// What a layer is.
  enum Kind {
    ITEM,
    LIST,
    FIXED_LIST
  }

  private final Kind[] kinds;
  private final int[] firstLevel;
  private final int listCount;

  LevelLayers(List<Kind> innerToOuter) {
    kinds = innerToOuter.toArray(Kind[]::new);
    firstLevel = new int[kinds.length + 1];
    int level = 1;
    int lists = 0;
    for (int i = 0; i < kinds.length; i++) {
      firstLevel[i] = level;
      level += kinds[i] == Kind.LIST ? 2 : 1;
      lists += kinds[i] == Kind.LIST ? 1 : 0;
    }
    firstLevel[kinds.length] = level;
    listCount = lists;
  }

  int count() {
    return kinds.length;
  }

  Kind kind(int layer) {
    return kinds[layer];
  }

  /// Number of list layers, which is the highest repetition level.
  int listCount() {
    return listCount;
  }

  /// The lowest level of a layer: its "null". For a list the next one is "empty".
  int firstLevel(int layer) {
    return firstLevel[layer];
  }

  /// Items below this level exist at `layer`; others are places of null or empty lists further out.
  int visibleBelow(int layer) {
    for (int i = layer; i < kinds.length; i++) {
      if (kinds[i] == Kind.LIST) {
        return firstLevel[i];
      }
    }
    return Integer.MAX_VALUE;
  }

  /// Translates the levels of one page: `result[level in the page]` is the level here.
  short[] translation(List<RepDefLayer> pageLayers, PageContext page) {
    page.require(pageLayers.size() == kinds.length, "layers", kinds.length, pageLayers.size());
    short[] to = new short[firstLevel[kinds.length] + 1];
    int levels = 1;
    for (int i = 0; i < kinds.length; i++) {
      RepDefLayer layer = pageLayers.get(i);
      boolean list =
          layer == RepDefLayer.REPDEF_ALL_VALID_LIST
              || layer == RepDefLayer.REPDEF_NULLABLE_LIST
              || layer == RepDefLayer.REPDEF_EMPTYABLE_LIST
              || layer == RepDefLayer.REPDEF_NULL_AND_EMPTY_LIST;
      boolean item =
          layer == RepDefLayer.REPDEF_ALL_VALID_ITEM || layer == RepDefLayer.REPDEF_NULLABLE_ITEM;
      page.require(kinds[i] == Kind.LIST ? list : item, "layer " + i, kinds[i], layer);
      if (layer == RepDefLayer.REPDEF_NULLABLE_ITEM
          || layer == RepDefLayer.REPDEF_NULLABLE_LIST
          || layer == RepDefLayer.REPDEF_NULL_AND_EMPTY_LIST) {
        to[levels++] = (short) firstLevel[i];
      }
      if (layer == RepDefLayer.REPDEF_EMPTYABLE_LIST
          || layer == RepDefLayer.REPDEF_NULL_AND_EMPTY_LIST) {
        to[levels++] = (short) (firstLevel[i] + 1);
      }
    }
    return java.util.Arrays.copyOf(to, levels);
  }
}
