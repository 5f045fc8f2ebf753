package io.lancelot;

import io.lancelot.table.Snapshot;
import io.lancelot.table.TagInfo;
import java.util.Map;
import java.util.function.Supplier;

/// The names of versions of a table and its branches: [Table#tags()]. Named versions are not
/// cleaned up. Thread-safe.
public final class Tags {

  private final io.lancelot.table.Table table;
  private final Supplier<Snapshot> current;

  /// @param current the version that the handle reads
  Tags(io.lancelot.table.Table table, Supplier<Snapshot> current) {
    this.table = table;
    this.current = current;
  }

  /// All of them by name.
  public Map<String, TagInfo> list() {
    return table.refs().tags();
  }

  /// Gives the version that the handle reads a name.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if the name is taken
  public void create(String tag) {
    table.refs().createTag(tag, current.get());
  }

  /// Gives a version a name.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if the name is taken
  public void create(String tag, long version) {
    table.refs().createTag(tag, table.checkout(version));
  }

  /// Lets a name stand for another version.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such tag
  public void update(String tag, long version) {
    table.refs().updateTag(tag, table.checkout(version));
  }

  /// Takes a name away; the version stays.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such tag
  public void delete(String tag) {
    table.refs().deleteTag(tag);
  }
}
