package io.lancelot.file;

import io.lancelot.base.ResourceExhaustedException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Repetition and definition levels read so far, reused from one read to the next.
///
/// Without lists there are no repetition levels, and definition levels appear with the first page
/// that has some.
final class LevelBuffer {

  private static final int MAX_LEVELS = Integer.MAX_VALUE - 64;

  private final boolean repeated;
  private int[] offsets = new int[0];
  private short[] rep = new short[0];
  private short[] def = new short[0];
  private boolean defined;
  private int count;

  LevelBuffer(boolean repeated) {
    this.repeated = repeated;
  }

  void clear() {
    count = 0;
    defined = false;
  }

  int count() {
    return count;
  }

  void setCount(int count) {
    this.count = count;
  }

  /// A work area for `count` offsets.
  int[] offsets(int count) {
    if (offsets.length < count) {
      offsets = new int[grown(offsets.length, count)];
    }
    return offsets;
  }

  /// Repetition levels of `[0, count)`; meaningless without lists.
  short[] rep() {
    return rep;
  }

  /// Definition levels of `[0, count)`, or null if all are zero.
  short @Nullable [] def() {
    return defined ? def : null;
  }

  /// Appends levels `[from, to)` of a page; a missing array is one of zeros.
  void append(short @Nullable [] pageRep, short @Nullable [] pageDef, int from, int to) {
    int added = to - from;
    reserve(added, pageDef != null);
    if (repeated) {
      if (pageRep == null) {
        Arrays.fill(rep, count, count + added, (short) 0);
      } else {
        System.arraycopy(pageRep, from, rep, count, added);
      }
    }
    if (pageDef != null) {
      System.arraycopy(pageDef, from, def, count, added);
    } else if (defined) {
      Arrays.fill(def, count, count + added, (short) 0);
    }
    count += added;
  }

  /// Appends levels `at[0 .. added)` of a page without lists; a missing array is one of zeros.
  void gather(short @Nullable [] pageDef, int[] at, int added) {
    if (pageDef == null) {
      append((short) 0, added);
      return;
    }
    reserve(added, true);
    for (int i = 0; i < added; i++) {
      def[count + i] = pageDef[at[i]];
    }
    count += added;
  }

  /// Appends `added` items of one definition level and repetition level 0.
  void append(short level, int added) {
    reserve(added, level != 0);
    if (repeated) {
      Arrays.fill(rep, count, count + added, (short) 0);
    }
    if (defined) {
      Arrays.fill(def, count, count + added, level);
    }
    count += added;
  }

  /// Appends one item.
  void append(short repLevel, short defLevel) {
    reserve(1, defLevel != 0);
    if (repeated) {
      rep[count] = repLevel;
    }
    if (defined) {
      def[count] = defLevel;
    }
    count++;
  }

  private void reserve(int added, boolean withDef) {
    if (added > MAX_LEVELS - count) {
      throw new ResourceExhaustedException(
          "too many list items in one read: expected at most "
              + MAX_LEVELS
              + ", found="
              + ((long) count + added)
              + "; read fewer rows at once");
    }
    int needed = count + added;
    if (repeated && rep.length < needed) {
      rep = Arrays.copyOf(rep, grown(rep.length, needed));
    }
    if (withDef && !defined) {
      if (def.length < needed) {
        def = new short[grown(def.length, needed)];
      } else {
        Arrays.fill(def, 0, count, (short) 0);
      }
      defined = true;
    } else if (defined && def.length < needed) {
      def = Arrays.copyOf(def, grown(def.length, needed));
    }
  }

  private static int grown(int length, int needed) {
    return (int) Math.min(MAX_LEVELS, Math.max(needed, Math.max(1024L, length * 3L / 2)));
  }
}
