package io.lancelot.file;

/// Checks and translations of level arrays.
final class PageLevels {

  private PageLevels() {}

  /// Replaces definition levels of a page by those of the column.
  static void translate(short[] def, int count, short[] translation, PageContext page) {
    int most = 0;
    boolean same = true;
    for (int i = 0; i < translation.length; i++) {
      same &= translation[i] == i;
    }
    for (int i = 0; i < count; i++) {
      most = Math.max(most, def[i] & 0xFFFF);
    }
    if (most >= translation.length) {
      throw page.corrupt("definition level", "below " + translation.length, most);
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
    int most = 0;
    for (int i = 0; i < count; i++) {
      rows += rep[i] == outermost ? 1 : 0;
      most = Math.max(most, rep[i] & 0xFFFF);
    }
    if (most > outermost) {
      throw page.corrupt("repetition level", "at most " + outermost, most);
    }
    return rows;
  }
}
