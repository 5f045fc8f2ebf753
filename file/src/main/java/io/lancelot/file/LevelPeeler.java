package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Turns the levels of one leaf back into validity and offsets, one layer at a time from the inside
/// out. Works in place on a [LevelBuffer]: peeling a list layer leaves one item per list.
///
/// Format: lance-format A.5.
final class LevelPeeler {

  private final LevelLayers layers;
  private final LevelBuffer levels;
  private final Scratch scratch;
  private final String place;
  private int layer;
  private int listsPeeled;

  LevelPeeler(LevelLayers layers, LevelBuffer levels, Scratch scratch, String place) {
    this.layers = layers;
    this.levels = levels;
    this.scratch = scratch;
    this.place = place;
  }

  /// Offsets and validity of a list layer.
  ///
  /// @param count number of lists
  /// @param items number of items in all lists
  record Lists(int count, int items, MemorySegment offsets, @Nullable Bits validity) {}

  /// Items that exist at the layer peeled next.
  int visible() {
    short[] def = levels.def();
    int below = layers.visibleBelow(layer);
    if (def == null || below == Integer.MAX_VALUE) {
      return levels.count();
    }
    return PageLevels.countBelow(def, 0, levels.count(), below);
  }

  /// Peels a layer of items or structs: their validity, null if all are valid.
  @Nullable Bits peelItems() {
    require(LevelLayers.Kind.ITEM);
    Bits validity = validity();
    layer++;
    return validity;
  }

  /// Peels a layer of fixed-size lists, each of which stands as `size` equal items.
  @Nullable Bits peelFixedLists(int size) {
    require(LevelLayers.Kind.FIXED_LIST);
    int count = levels.count();
    if (size == 0 || count % size != 0) {
      throw corrupt("items of fixed-size lists", "a multiple of " + size, count);
    }
    short[] def = levels.def();
    if (def != null) {
      for (int i = 0; i * size < count; i++) {
        def[i] = def[i * size];
      }
    }
    levels.setCount(count / size);
    Bits validity = validity();
    layer++;
    return validity;
  }

  private @Nullable Bits validity() {
    short[] def = levels.def();
    if (def == null) {
      return null;
    }
    int level = layers.firstLevel(layer);
    int below = layers.visibleBelow(layer);
    int count = levels.count();
    MemorySegment bits = scratch.allocateBytes((count + 63L) / 64 * 8);
    int at = 0;
    int ones = 0;
    long word = 0;
    for (int i = 0; i < count; i++) {
      int d = def[i];
      if (d >= below) {
        continue;
      }
      long valid = (d - level) >>> 31;
      word |= valid << at;
      ones += (int) valid;
      at++;
      if ((at & 63) == 0) {
        bits.set(FixedColumn.LONG, (at >>> 3) - 8, word);
        word = 0;
      }
    }
    if ((at & 63) != 0) {
      bits.set(FixedColumn.LONG, at >>> 6 << 3, word);
    }
    return ones == at ? null : new Bits(bits, 0, at);
  }

  /// Peels a list layer. Offsets have 32 or (large) 64 bits.
  Lists peelLists(boolean large) {
    require(LevelLayers.Kind.LIST);
    int k = ++listsPeeled;
    int nullLevel = layers.firstLevel(layer);
    int emptyLevel = nullLevel + 1;
    layer++;
    int listBelow = layers.visibleBelow(layer);
    short[] rep = levels.rep();
    short[] def = levels.def();
    int count = levels.count();
    if (count > 0 && rep[0] < k) {
      throw corrupt("first repetition level", "at least " + k, rep[0]);
    }
    int width = large ? 8 : 4;
    int[] starts = levels.offsets(count + 1);
    MemorySegment bits = scratch.allocateBytes((count + 63L) / 64 * 8);
    int kept = 0;
    int lists = 0;
    int items = 0;
    int nulls = 0;
    long word = 0;
    int bad = 0;
    // Without branches: what starts where is data, not a pattern to predict. Stores go to the next
    // free place and count only if the counter behind them moves.
    for (int i = 0; i < count; i++) {
      int r = rep[i];
      int d = def == null ? 0 : def[i];
      int first = (k - 1 - r) >>> 31;
      int inner = (d - nullLevel) >>> 31;
      int exists = first & (d - listBelow) >>> 31;
      int valid = exists & (inner | ((d ^ emptyLevel) - 1) >>> 31);
      bad |= (first | inner) ^ 1;
      rep[kept] = (short) r;
      if (def != null) {
        def[kept] = (short) d;
      }
      kept += first;
      starts[lists] = items;
      items += inner;
      word |= (long) valid << lists;
      nulls += exists - valid;
      lists += exists;
      if ((lists & 63) == 0 && exists != 0) {
        bits.set(FixedColumn.LONG, (lists >>> 3) - 8, word);
        word = 0;
      }
    }
    if (bad != 0) {
      throw corrupt("definition levels inside lists", "below " + nullLevel, "others");
    }
    if ((lists & 63) != 0) {
      bits.set(FixedColumn.LONG, lists >>> 6 << 3, word);
    }
    starts[lists] = items;
    levels.setCount(kept);
    MemorySegment offsets = scratch.allocateBytes((lists + 1L) * width);
    copyOffsets(starts, lists + 1, offsets, large);
    return new Lists(lists, items, offsets, nulls == 0 ? null : new Bits(bits, 0, lists));
  }

  private static void copyOffsets(int[] from, int count, MemorySegment to, boolean large) {
    if (!large) {
      MemorySegment.copy(from, 0, to, FixedColumn.INT, 0, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      to.set(FixedColumn.LONG, i * 8L, from[i]);
    }
  }

  /// Checks that a sibling's remaining levels describe the same outer lists as these.
  void requireSameLists(LevelPeeler sibling) {
    int count = levels.count();
    boolean same = sibling.levels.count() == count;
    if (same && listsPeeled < layers.listCount()) {
      // A sibling with more lists inside counts the outer ones from a higher level.
      int shift = sibling.listsPeeled - listsPeeled;
      short[] mine = levels.rep();
      short[] other = sibling.levels.rep();
      int differences = 0;
      for (int i = 0; i < count; i++) {
        differences |= mine[i] + shift - other[i];
      }
      same = differences == 0;
    }
    if (!same) {
      throw corrupt("lists of sibling columns", levels.count() + " equal items", "others");
    }
  }

  private void require(LevelLayers.Kind kind) {
    if (layer >= layers.count() || layers.kind(layer) != kind) {
      throw new IllegalStateException("layer " + layer + " is not " + kind);
    }
  }

  private CorruptDataException corrupt(String what, Object expected, Object found) {
    return new CorruptDataException(
        what + ": expected=" + expected + ", found=" + found + " " + place);
  }

  /// Fails for a list with more items than a column can have.
  static int itemCount(long items) {
    if (items > Integer.MAX_VALUE) {
      throw new ResourceExhaustedException(
          "too many list items in one read: found=" + items + "; read fewer rows at once");
    }
    return (int) items;
  }
}
