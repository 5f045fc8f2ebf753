package io.lancelot.table;

import io.lancelot.base.InvalidInputException;

/// What compaction aims at.
///
/// @param targetRows rows per fragment; smaller neighbours are written together
/// @param targetBytes bytes per fragment, whichever is reached first
/// @param deletionThreshold a fragment of which a larger share is deleted is written anew without
///   those rows; 1 leaves them
public record CompactionOptions(long targetRows, long targetBytes, double deletionThreshold) {

  /// As upstream has them, but for the bytes, which it leaves almost unlimited.
  public static final CompactionOptions DEFAULT =
      new CompactionOptions(FragmentWriter.MAX_ROWS, 2L << 30, 0.1);

  public CompactionOptions {
    if (targetRows < 1 || targetBytes < 1) {
      throw new InvalidInputException(
          "compaction target: expected=at least one row and byte, found="
              + targetRows
              + " rows and "
              + targetBytes
              + " bytes");
    }
    if (!(deletionThreshold >= 0 && deletionThreshold <= 1)) {
      throw new InvalidInputException(
          "deletion threshold: expected=0 to 1, found=" + deletionThreshold);
    }
  }

  public CompactionOptions withTargetRows(long rows) {
    return new CompactionOptions(rows, targetBytes, deletionThreshold);
  }

  public CompactionOptions withTargetBytes(long bytes) {
    return new CompactionOptions(targetRows, bytes, deletionThreshold);
  }

  public CompactionOptions withDeletionThreshold(double share) {
    return new CompactionOptions(targetRows, targetBytes, share);
  }
}
