package io.lancelot.file;

import io.lancelot.columnar.Bits;
import io.lancelot.columnar.ListColumn;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The level items of some rows, seen from one layer of the schema on the way from the top to a
/// leaf. Format: lance-format A.4.
///
/// Definition codes count from the outside: an outer layer's codes are lower than an inner one's,
/// and 0 means that nothing is missing so far. So layers near the top can be shared by all leaves
/// below them; [LevelStreams] turns codes into Lance's levels when it is known which of them a page
/// uses.
///
/// @param levels number of items
/// @param live number of items that stand for a slot of the layer's column; the others are null or
///   empty lists further out
/// @param starts per item, the depth of the outermost list that begins with it, counted from 0
///   outside; an item that begins no list has the number of lists. Null means all 0
/// @param defs per item, why it is missing: a code. Null means all 0
/// @param positions per live item, its position in the layer's column, ascending; null means that
///   the live items are the column
/// @param lists number of list layers passed
/// @param specialLimit codes from 1 to this one belong to items without a slot
record LevelItems(
    int levels,
    int live,
    short @Nullable [] starts,
    short @Nullable [] defs,
    int @Nullable [] positions,
    int lists,
    int specialLimit) {

  /// The rows of a column, nothing known about them.
  static LevelItems rows(int count) {
    return new LevelItems(count, count, null, null, null, 0, 0);
  }

  private boolean special(short def) {
    return def != 0 && def <= specialLimit;
  }

  /// Whether every item has a slot.
  boolean allLive() {
    return live == levels;
  }

  /// Marks the live items that are null in the layer's column.
  LevelItems mark(@Nullable Bits validity, int code) {
    if (validity == null || validity.count() == validity.length()) {
      return this;
    }
    short[] marked = defs == null ? new short[levels] : defs.clone();
    int slot = 0;
    boolean any = false;
    for (int i = 0; i < levels; i++) {
      if (special(marked[i])) {
        continue;
      }
      int position = positions == null ? slot : positions[slot];
      slot++;
      if (marked[i] == 0 && !validity.get(position)) {
        marked[i] = (short) code;
        any = true;
      }
    }
    return any
        ? new LevelItems(levels, live, starts, marked, positions, lists, specialLimit)
        : this;
  }

  /// Marks every live item that is not missing yet.
  LevelItems markAll(int code) {
    short[] marked = defs == null ? new short[levels] : defs.clone();
    for (int i = 0; i < levels; i++) {
      if (marked[i] == 0) {
        marked[i] = (short) code;
      }
    }
    return new LevelItems(levels, live, starts, marked, positions, lists, specialLimit);
  }

  /// Whether an item carries the code.
  boolean uses(int code) {
    if (defs == null) {
      return false;
    }
    for (int i = 0; i < levels; i++) {
      if (defs[i] == code) {
        return true;
      }
    }
    return false;
  }

  /// The items of the lists of the layer's column, in whose items the new positions are. Items that
  /// are null, empty or inside something missing become one item without a slot.
  LevelItems expand(ListColumn column, int nullCode, int emptyCode) {
    LevelItems nullMarked = mark(column.validity(), nullCode);
    short[] defsIn = nullMarked.defs;
    long total = 0;
    long items = 0;
    for (int i = 0, slot = 0; i < levels; i++) {
      short def = defsIn == null ? 0 : defsIn[i];
      if (special(def)) {
        total++;
        continue;
      }
      int position = positions == null ? slot : positions[slot];
      slot++;
      int length = def != 0 ? 0 : column.offset(position + 1) - column.offset(position);
      items += length;
      total += Math.max(1, length);
    }
    int levelsOut = Math.toIntExact(total);
    short[] startsOut = new short[levelsOut];
    short[] defsOut = total == items ? null : new short[levelsOut];
    int[] positionsOut = new int[Math.toIntExact(items)];
    int out = 0;
    int live = 0;
    for (int i = 0, slot = 0; i < levels; i++) {
      short def = defsIn == null ? 0 : defsIn[i];
      short start = starts == null ? 0 : starts[i];
      int from = 0;
      int length = 0;
      if (!special(def)) {
        int position = positions == null ? slot : positions[slot];
        slot++;
        if (def == 0) {
          from = column.offset(position);
          length = column.offset(position + 1) - from;
          def = length == 0 ? (short) emptyCode : 0;
        }
      }
      startsOut[out] = start;
      if (length == 0) {
        if (defsOut != null) {
          defsOut[out] = def;
        }
        out++;
        continue;
      }
      Arrays.fill(startsOut, out + 1, out + length, (short) (lists + 1));
      for (int j = 0; j < length; j++) {
        positionsOut[live++] = from + j;
      }
      out += length;
    }
    return new LevelItems(levelsOut, live, startsOut, defsOut, positionsOut, lists + 1, emptyCode);
  }

  /// Every live item `size` times: the items of fixed-size lists.
  LevelItems repeat(int size) {
    int levelsOut = Math.toIntExact((levels - live) + (long) live * size);
    short[] startsOut = starts == null ? null : new short[levelsOut];
    short[] defsOut = defs == null ? null : new short[levelsOut];
    int[] positionsOut = positions == null ? null : new int[live * size];
    int out = 0;
    for (int i = 0, slot = 0; i < levels; i++) {
      int copies = defs != null && special(defs[i]) ? 1 : size;
      for (int j = 0; j < copies; j++, out++) {
        if (startsOut != null && starts != null) {
          startsOut[out] = starts[i];
        }
        if (defsOut != null && defs != null) {
          defsOut[out] = defs[i];
        }
      }
      if (defs == null || !special(defs[i])) {
        for (int j = 0; j < size && positionsOut != null && positions != null; j++) {
          positionsOut[slot * size + j] = positions[slot] * size + j;
        }
        slot++;
      }
    }
    return new LevelItems(
        levelsOut, live * size, startsOut, defsOut, positionsOut, lists, specialLimit);
  }

  /// The first position, if the positions are a range without gaps; -1 if not.
  int contiguousFrom() {
    if (positions == null || live == 0) {
      return 0;
    }
    return positions[live - 1] - positions[0] == live - 1 ? positions[0] : -1;
  }

  /// The same items for a column that starts at the first of a contiguous range of positions.
  LevelItems withoutPositions() {
    return new LevelItems(levels, live, starts, defs, null, lists, specialLimit);
  }

  /// The codes of the live items only, null if all are 0.
  short @Nullable [] slotDefs() {
    if (defs == null || allLive()) {
      return defs;
    }
    short[] slots = new short[live];
    boolean any = false;
    for (int i = 0, slot = 0; i < levels; i++) {
      if (!special(defs[i])) {
        any |= defs[i] != 0;
        slots[slot++] = defs[i];
      }
    }
    return any ? slots : null;
  }
}
