package io.lancelot;

/// How a new table is made.
///
/// @param dataStorageVersion version of the file format: `2.2` (default) or `2.1`
/// @param existing what to do if there is a table of that name
/// @param stableRowIds whether rows keep their id for life, also when they are updated. Cannot be
///   changed later. Default: no
/// @param badVectors what to do with vectors that cannot be searched. Default: an error
public record TableOptions(
    String dataStorageVersion, Existing existing, boolean stableRowIds, BadVectors badVectors) {

  public enum Existing {
    /// Refuse with [io.lancelot.base.AlreadyExistsException].
    FAIL,
    /// Replace its rows and schema by a new version; its history stays.
    OVERWRITE,
    /// Open it as it is; the rows given are not added.
    OPEN
  }

  public static TableOptions defaults() {
    return new TableOptions("2.2", Existing.FAIL, false, BadVectors.error());
  }

  public TableOptions withDataStorageVersion(String version) {
    return new TableOptions(version, existing, stableRowIds, badVectors);
  }

  public TableOptions ifExists(Existing what) {
    return new TableOptions(dataStorageVersion, what, stableRowIds, badVectors);
  }

  public TableOptions withStableRowIds() {
    return new TableOptions(dataStorageVersion, existing, true, badVectors);
  }

  public TableOptions onBadVectors(BadVectors what) {
    return new TableOptions(dataStorageVersion, existing, stableRowIds, what);
  }
}
