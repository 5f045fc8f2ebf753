package io.lancelot.table;

import com.google.protobuf.ByteString;
import io.lancelot.base.CorruptDataException;
import io.lancelot.table.proto.RowIdsProto;
import java.util.Arrays;

/// For each physical row of a fragment a version of the table: the one that created it, or the one
/// that last changed it. Stored as runs. Format: lance-format section 3.7.
final class RowVersions {

  /// What rows have of which the table does not say.
  private static final long UNKNOWN = 1;

  /// Where each run ends, exclusively.
  private long[] ends = new long[4];

  private long[] versions = new long[4];
  private int runs;

  /// @param count how many rows there are
  /// @param where for messages
  static RowVersions parse(ByteString bytes, long count, String where) {
    RowVersions all = new RowVersions();
    if (bytes.isEmpty()) {
      all.add(UNKNOWN, count);
      return all;
    }
    RowIdsProto.RowDatasetVersionSequence proto =
        ManifestFile.parse(
            RowIdsProto.RowDatasetVersionSequence.parser(), bytes, "row versions", where);
    for (RowIdsProto.RowDatasetVersionRun run : proto.getRunsList()) {
      all.add(run.getVersion(), RowIdSequence.length(run.getSpan(), where));
    }
    if (all.size() != count) {
      throw new CorruptDataException(
          "row versions: expected=" + count + ", found=" + all.size() + " (path=" + where + ")");
    }
    return all;
  }

  /// The serialised versions `versions[from .. to)`, one per row.
  static ByteString of(long[] versions, int from, int to) {
    RowVersions all = new RowVersions();
    for (int i = from; i < to; i++) {
      all.add(versions[i], 1);
    }
    return all.encode(0, to - from);
  }

  /// Serialised versions of `rowsBefore` rows, followed by `count` rows of one version.
  static ByteString append(
      ByteString before, long rowsBefore, long count, long version, String where) {
    RowVersions all = parse(before, rowsBefore, where);
    all.add(version, count);
    return all.encode(0, all.size());
  }

  RowVersions() {}

  long size() {
    return runs == 0 ? 0 : ends[runs - 1];
  }

  /// The version of a physical row.
  long at(long row) {
    int found = Arrays.binarySearch(ends, 0, runs, row + 1);
    return versions[found < 0 ? -found - 1 : found];
  }

  void add(long version, long count) {
    if (count == 0) {
      return;
    }
    long end = size() + count;
    if (runs > 0 && versions[runs - 1] == version) {
      ends[runs - 1] = end;
      return;
    }
    if (runs == ends.length) {
      ends = Arrays.copyOf(ends, 2 * runs);
      versions = Arrays.copyOf(versions, 2 * runs);
    }
    ends[runs] = end;
    versions[runs] = version;
    runs++;
  }

  /// Rows `[from, to)`, serialised.
  ByteString encode(long from, long to) {
    RowIdsProto.RowDatasetVersionSequence.Builder proto =
        RowIdsProto.RowDatasetVersionSequence.newBuilder();
    for (int i = 0; i < runs; i++) {
      long start = Math.max(from, i == 0 ? 0 : ends[i - 1]);
      long end = Math.min(to, ends[i]);
      if (start < end) {
        proto.addRuns(
            RowIdsProto.RowDatasetVersionRun.newBuilder()
                .setSpan(RowIdSequence.range(start - from, end - start))
                .setVersion(versions[i]));
      }
    }
    return proto.build().toByteString();
  }
}
