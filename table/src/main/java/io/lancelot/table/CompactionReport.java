package io.lancelot.table;

/// What a compaction did.
///
/// @param fragmentsRemoved fragments whose rows were written anew
/// @param fragmentsAdded fragments that hold them now
/// @param filesRemoved data and deletion files that the newest version no longer refers to
/// @param filesAdded data and deletion files written
/// @param bytesWritten size of the new data files
/// @param version the version it made, or the one it found nothing to do in
public record CompactionReport(
    int fragmentsRemoved,
    int fragmentsAdded,
    int filesRemoved,
    int filesAdded,
    long bytesWritten,
    long version) {

  static CompactionReport nothing(long version) {
    return new CompactionReport(0, 0, 0, 0, 0, version);
  }

  CompactionReport plus(CompactionReport later) {
    return new CompactionReport(
        fragmentsRemoved + later.fragmentsRemoved,
        fragmentsAdded + later.fragmentsAdded,
        filesRemoved + later.filesRemoved,
        filesAdded + later.filesAdded,
        bytesWritten + later.bytesWritten,
        later.version);
  }
}
