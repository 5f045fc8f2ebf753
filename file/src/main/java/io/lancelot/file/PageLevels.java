package io.lancelot.file;

/// Checks and translations of level arrays.
final class PageLevels {

  private PageLevels() {}

  /// Replaces definition levels of a page by those of the column.
  static void translate(short[] def, int count, short[] translation, PageContext page) {
    boolean same = true;
    for (int i = 0; i < translation.length; i++) {
      same &= translation[i] == i;
    }
    int most = translation.length - 1;
    int wrong = 0;
    for (int i = 0; i < count; i++) {
      wrong |= def[i] | (most - def[i]);
    }
    if (wrong < 0) {
      throw page.corrupt("definition level", "at most " + most, "others");
    }
    if (!same) {
      for (int i = 0; i < count; i++) {
        def[i] = translation[def[i]];
      }
    }
  }

  /// The number of rows that start in these repetition levels, none of which may exceed
  /// `outermost`.
  static int countRows(short[] rep, int count, int outermost, PageContext page) {
    int rows = 0;
    int wrong = 0;
    for (int i = 0; i < count; i++) {
      rows += rep[i] == outermost ? 1 : 0;
      wrong |= rep[i] | (outermost - rep[i]);
    }
    if (wrong < 0) {
      throw page.corrupt("repetition level", "at most " + outermost, "others");
    }
    return rows;
  }

  /// How many of levels `[from, to)` are lower than `limit`.
  static int countBelow(short[] levels, int from, int to, int limit) {
    int count = 0;
    for (int i = from; i < to; i++) {
      count += (levels[i] - limit) >>> 31;
    }
    return count;
  }
}
