package io.lancelot.index.text;

import java.util.Arrays;

/// The documents of a partition that a filter lets through, for many searches with the same filter.
///
/// @param rows those that the filter lets through, ascending: the very array this was made of
/// @param docs ascending
/// @param bits one for each document
record PassingDocs(long[] rows, int[] docs, long[] bits) {

  /// @param rows ascending
  /// @param rowIds of all documents, ascending; at least one
  static PassingDocs of(long[] rows, long[] rowIds) {
    int first = place(rows, rowIds[0]);
    int end = place(rows, rowIds[rowIds.length - 1] + 1);
    int[] docs = new int[Math.min(end - first, rowIds.length)];
    long[] bits = new long[(rowIds.length + 63) / 64];
    int count = 0;
    int from = 0;
    for (int i = first; i < end; i++) {
      long row = rows[i];
      // Mostly each row is a document, so the distance tells where it is.
      long near = count == 0 ? 0 : docs[count - 1] + row - rowIds[docs[count - 1]];
      if (near >= from && near < rowIds.length && rowIds[(int) near] == row) {
        from = (int) near;
      } else {
        int found = Arrays.binarySearch(rowIds, from, rowIds.length, row);
        from = found < 0 ? -found - 1 : found;
      }
      if (from < rowIds.length && rowIds[from] == row) {
        bits[from >>> 6] |= 1L << from;
        docs[count++] = from++;
      }
    }
    return new PassingDocs(rows, Arrays.copyOf(docs, count), bits);
  }

  private static int place(long[] rows, long row) {
    int found = Arrays.binarySearch(rows, row);
    return found < 0 ? -found - 1 : found;
  }

  boolean has(int doc) {
    return (bits[doc >>> 6] >>> doc & 1) != 0;
  }

  long heldBytes() {
    return 4L * docs.length + 8L * bits.length;
  }
}
