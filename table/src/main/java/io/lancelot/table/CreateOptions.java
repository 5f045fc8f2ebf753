package io.lancelot.table;

import io.lancelot.file.FileVersion;
import java.util.Map;

/// How a new table is made.
///
/// @param fileVersion the file format of its data
/// @param stableRowIds whether rows keep their id for life; cannot be changed later
/// @param config settings stored with the table
/// @param tableMetadata free notes stored with the table
public record CreateOptions(
    FileVersion fileVersion,
    boolean stableRowIds,
    Map<String, String> config,
    Map<String, String> tableMetadata) {

  public static final CreateOptions DEFAULT =
      new CreateOptions(FileVersion.DEFAULT, false, Map.of(), Map.of());

  public CreateOptions {
    config = Map.copyOf(config);
    tableMetadata = Map.copyOf(tableMetadata);
  }

  public CreateOptions withFileVersion(FileVersion version) {
    return new CreateOptions(version, stableRowIds, config, tableMetadata);
  }

  public CreateOptions withStableRowIds() {
    return new CreateOptions(fileVersion, true, config, tableMetadata);
  }
}
