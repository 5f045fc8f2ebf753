package io.lancelot.table;

import java.util.Arrays;

/// What rows keep when they move to a new fragment of a table with stable row ids: their id and the
/// version they were first written in. One entry for each row, in the order in which the rows are
/// staged; rows staged after the last entry are new ones.
public final class MovedRows {

  private long[] ids = new long[1024];
  private long[] createdAt = new long[1024];
  private int count;

  /// Notes the next row.
  public void add(long rowId, long createdAtVersion) {
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, 2 * count);
      createdAt = Arrays.copyOf(createdAt, 2 * count);
    }
    ids[count] = rowId;
    createdAt[count] = createdAtVersion;
    count++;
  }

  public int count() {
    return count;
  }

  /// The fragment with the ids of its first rows, as far as there are any from row `from` on.
  Fragment giveTo(Fragment fragment, long from) {
    int first = (int) Math.min(from, count);
    int end = (int) Math.min(from + fragment.physicalRows(), count);
    if (first == end) {
      return fragment;
    }
    return Fragment.of(
        fragment.proto().toBuilder()
            .setInlineRowIds(RowIdSequence.of(ids, first, end))
            .setInlineCreatedAtVersions(RowVersions.of(createdAt, first, end))
            .build(),
        fragment.toString());
  }
}
