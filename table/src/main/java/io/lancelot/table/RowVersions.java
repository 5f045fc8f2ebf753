package io.lancelot.table;

import com.google.protobuf.ByteString;
import io.lancelot.base.CorruptDataException;
import io.lancelot.table.proto.RowIdsProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The versions in which the rows of one fragment were first written, or last changed, as runs.
/// Format: lance-format section 3.7.
final class RowVersions {

  /// What rows without a note were written in.
  private static final long FIRST = 1;

  private final long[] ends;
  private final long[] versions;

  private RowVersions(long[] ends, long[] versions) {
    this.ends = ends;
    this.versions = versions;
  }

  /// The serialised versions `versions[from .. to)`, one per row.
  static ByteString of(long[] versions, int from, int to) {
    RowIdsProto.RowDatasetVersionSequence.Builder runs =
        RowIdsProto.RowDatasetVersionSequence.newBuilder();
    int first = from;
    for (int i = from + 1; i <= to; i++) {
      if (i == to || versions[i] != versions[first]) {
        runs.addRuns(run(first - from, i - first, versions[first]));
        first = i;
      }
    }
    return runs.build().toByteString();
  }

  /// Serialised versions, followed by `count` rows of one version.
  static ByteString append(
      ByteString before, long rowsBefore, long count, long version, String at) {
    return parseProto(before, at).toBuilder()
        .addRuns(run(rowsBefore, count, version))
        .build()
        .toByteString();
  }

  private static RowIdsProto.RowDatasetVersionRun run(long first, long count, long version) {
    return RowIdsProto.RowDatasetVersionRun.newBuilder()
        .setSpan(RowIdSequence.range(first, count))
        .setVersion(version)
        .build();
  }

  private static RowIdsProto.RowDatasetVersionSequence parseProto(ByteString bytes, String where) {
    return ManifestFile.parse(
        RowIdsProto.RowDatasetVersionSequence.parser(), bytes, "row versions", where);
  }

  /// @param count rows that they must cover; no runs at all stand for the first version
  static RowVersions parse(ByteString bytes, long count, String where) {
    if (bytes.isEmpty()) {
      return new RowVersions(new long[] {count}, new long[] {FIRST});
    }
    List<Long> ends = new ArrayList<>();
    List<Long> versions = new ArrayList<>();
    long end = 0;
    for (RowIdsProto.RowDatasetVersionRun run : parseProto(bytes, where).getRunsList()) {
      end += RowIdSequence.length(run.getSpan());
      ends.add(end);
      versions.add(run.getVersion());
    }
    if (end != count) {
      throw new CorruptDataException(
          "row versions: expected=" + count + " rows, found=" + end + " (path=" + where + ")");
    }
    return new RowVersions(
        ends.stream().mapToLong(Long::longValue).toArray(),
        versions.stream().mapToLong(Long::longValue).toArray());
  }

  /// The version of a physical row.
  long at(long row) {
    int found = Arrays.binarySearch(ends, row);
    int run = found >= 0 ? found + 1 : -found - 1;
    // Runs without rows share their end with the one before.
    while (run < ends.length - 1 && ends[run] <= row) {
      run++;
    }
    return versions[run];
  }
}
