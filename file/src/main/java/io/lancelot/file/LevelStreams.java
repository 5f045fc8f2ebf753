package io.lancelot.file;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.RepDefLayer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The levels of a page as Lance stores them. Format: lance-format section 2.2.
///
/// @param count number of level items
/// @param rep repetition levels, 16 bits each; null if there is no list
/// @param def definition levels, 16 bits each; null if nothing is missing
/// @param layers inner-most first
/// @param maxRep number of list layers
/// @param maxVisibleDef levels above this one belong to items without a value slot
/// @param maxDef highest level in use
record LevelStreams(
    int count,
    @Nullable MemorySegment rep,
    @Nullable MemorySegment def,
    List<RepDefLayer> layers,
    int maxRep,
    int maxVisibleDef,
    int maxDef) {

  LevelStreams {
    layers = List.copyOf(layers);
  }

  /// Turns codes and starts into levels, in place.
  static LevelStreams of(
      List<LevelLayer> outerFirst,
      int count,
      @Nullable MemorySegment starts,
      @Nullable MemorySegment codes) {
    int lists = 0;
    int codeCount = 1;
    for (LevelLayer layer : outerFirst) {
      lists += layer.kind() == LevelLayer.Kind.LIST ? 1 : 0;
      codeCount += layer.codes();
    }
    boolean[] used = new boolean[codeCount];
    if (codes != null) {
      for (long i = 0; i < 2L * count; i += 2) {
        used[codes.get(FixedColumn.SHORT, i)] = true;
      }
    }
    short[] levelOf = new short[codeCount];
    List<RepDefLayer> layers = new ArrayList<>();
    int level = 0;
    int visible = -1;
    for (LevelLayer layer : outerFirst.reversed()) {
      boolean nulls = used[layer.code()];
      if (layer.kind() == LevelLayer.Kind.ITEM) {
        layers.add(nulls ? RepDefLayer.REPDEF_NULLABLE_ITEM : RepDefLayer.REPDEF_ALL_VALID_ITEM);
        if (nulls) {
          levelOf[layer.code()] = (short) ++level;
        }
        continue;
      }
      if (visible < 0) {
        visible = level;
      }
      boolean empties = used[layer.code() + 1];
      // Where something further out is missing, the list is, too. The real Lance misreads pages
      // without values that call such lists all valid, and wants no nulls in required ones.
      if (!nulls && !empties && anyUsed(used, layer.code())) {
        nulls = layer.nullable();
        empties = !nulls;
      }
      layers.add(listLayer(nulls, empties));
      if (nulls) {
        levelOf[layer.code()] = (short) ++level;
      }
      if (empties) {
        levelOf[layer.code() + 1] = (short) ++level;
      }
    }
    if (starts != null) {
      for (long i = 0; i < 2L * count; i += 2) {
        starts.set(FixedColumn.SHORT, i, (short) (lists - starts.get(FixedColumn.SHORT, i)));
      }
    }
    if (codes != null) {
      for (long i = 0; i < 2L * count; i += 2) {
        codes.set(FixedColumn.SHORT, i, levelOf[codes.get(FixedColumn.SHORT, i)]);
      }
    }
    return new LevelStreams(
        count,
        starts,
        level == 0 ? null : codes,
        layers,
        lists,
        visible < 0 ? level : visible,
        level);
  }

  /// The levels of plain values that are all there.
  static LevelStreams allValid(int count) {
    return new LevelStreams(count, null, null, List.of(RepDefLayer.REPDEF_ALL_VALID_ITEM), 0, 0, 0);
  }

  private static boolean anyUsed(boolean[] used, int before) {
    for (int code = 1; code < before; code++) {
      if (used[code]) {
        return true;
      }
    }
    return false;
  }

  private static RepDefLayer listLayer(boolean nulls, boolean empties) {
    if (nulls) {
      return empties ? RepDefLayer.REPDEF_NULL_AND_EMPTY_LIST : RepDefLayer.REPDEF_NULLABLE_LIST;
    }
    return empties ? RepDefLayer.REPDEF_EMPTYABLE_LIST : RepDefLayer.REPDEF_ALL_VALID_LIST;
  }

  int repAt(int index) {
    return rep == null ? 0 : rep.get(FixedColumn.SHORT, 2L * index);
  }

  int defAt(int index) {
    return def == null ? 0 : def.get(FixedColumn.SHORT, 2L * index);
  }

  /// Whether there is a level stream at all.
  boolean present() {
    return rep != null || def != null;
  }

  /// Whether some items may have no value slot.
  boolean hasInvisible() {
    return def != null && maxDef > maxVisibleDef;
  }

  /// Number of value slots of the items `[from, to)`.
  int visible(int from, int to) {
    if (!hasInvisible()) {
      return to - from;
    }
    int visible = 0;
    for (int i = from; i < to; i++) {
      visible += defAt(i) <= maxVisibleDef ? 1 : 0;
    }
    return visible;
  }

  /// Whether no slot holds a value.
  boolean allNull() {
    if (def == null) {
      return false;
    }
    for (long i = 0; i < 2L * count; i += 2) {
      if (def.get(FixedColumn.SHORT, i) == 0) {
        return false;
      }
    }
    return true;
  }

  LevelStreams slice(int from, int items) {
    return new LevelStreams(
        items,
        rep == null ? null : rep.asSlice(2L * from, 2L * items),
        def == null ? null : def.asSlice(2L * from, 2L * items),
        layers,
        maxRep,
        maxVisibleDef,
        maxDef);
  }
}
