package io.lancelot.table;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A line of versions that began at a version of another line.
///
/// @param parent the branch it began on; empty for the main line
/// @param parentVersion the version it began at
/// @param lineage where it and its ancestors began, oldest first
public record BranchInfo(
    String name,
    Optional<String> parent,
    long parentVersion,
    Instant createdAt,
    List<Origin> lineage) {

  /// @param uuid 32 hexadecimal digits that tell apart branches which once had the same name
  public record Origin(long version, String uuid) {}

  public BranchInfo {
    lineage = List.copyOf(lineage);
  }
}
