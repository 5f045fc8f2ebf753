package io.lancelot;

/// How a new table is made.
///
/// @param dataStorageVersion version of the file format: `2.2` (default) or `2.1`
/// @param existing what to do if there is a table of that name
public record TableOptions(String dataStorageVersion, Existing existing) {

  public enum Existing {
    /// Refuse with [io.lancelot.base.AlreadyExistsException].
    FAIL,
    /// Replace its rows and schema by a new version; its history stays.
    OVERWRITE,
    /// Open it as it is; the rows given are not added.
    OPEN
  }

  public static TableOptions defaults() {
    return new TableOptions("2.2", Existing.FAIL);
  }

  public TableOptions withDataStorageVersion(String version) {
    return new TableOptions(version, existing);
  }

  public TableOptions ifExists(Existing what) {
    return new TableOptions(dataStorageVersion, what);
  }
}
