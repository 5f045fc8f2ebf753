package io.lancelot.table;

import java.util.ArrayList;
import java.util.List;

/// What a check found.
///
/// @param versions versions that were looked at
/// @param files distinct files that they refer to
/// @param findings everything that is wrong, empty if the table is sound
public record CheckReport(int versions, int files, List<Finding> findings) {

  /// @param version the version that is concerned; 0 if it is none in particular
  /// @param path of the file
  /// @param problem what is wrong with it
  public record Finding(long version, String path, String problem) {}

  public CheckReport {
    findings = List.copyOf(findings);
  }

  CheckReport plus(CheckReport other) {
    List<Finding> all = new ArrayList<>(findings);
    all.addAll(other.findings);
    return new CheckReport(versions + other.versions, files + other.files, all);
  }

  public boolean sound() {
    return findings.isEmpty();
  }
}
