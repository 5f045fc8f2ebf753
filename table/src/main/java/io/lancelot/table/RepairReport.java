package io.lancelot.table;

import java.util.List;

/// What a repair did.
///
/// @param version the newest version that can be read, which is the table's latest now
/// @param setAside newer versions that could not be read, newest first, and where their bytes are
///   kept
public record RepairReport(long version, List<Damaged> setAside) {

  /// @param version its number
  /// @param path where its manifest was
  /// @param keptAt where its bytes are now
  /// @param problem why it could not be read
  public record Damaged(long version, String path, String keptAt, String problem) {}

  public RepairReport {
    setAside = List.copyOf(setAside);
  }
}
