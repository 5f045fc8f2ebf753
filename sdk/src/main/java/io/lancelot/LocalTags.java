package io.lancelot;

import io.lancelot.table.Snapshot;
import io.lancelot.table.TagInfo;
import java.util.Map;
import java.util.function.Supplier;

/// The tags of a table that this process reads and writes.
final class LocalTags implements Tags {

  private final io.lancelot.table.Table table;
  private final Supplier<Snapshot> current;

  /// @param current the version that the handle reads
  LocalTags(io.lancelot.table.Table table, Supplier<Snapshot> current) {
    this.table = table;
    this.current = current;
  }

  @Override
  public Map<String, TagInfo> list() {
    return table.refs().tags();
  }

  @Override
  public void create(String tag) {
    table.refs().createTag(tag, current.get());
  }

  @Override
  public void create(String tag, long version) {
    table.refs().createTag(tag, table.checkout(version));
  }

  @Override
  public void update(String tag, long version) {
    table.refs().updateTag(tag, table.checkout(version));
  }

  @Override
  public void delete(String tag) {
    table.refs().deleteTag(tag);
  }
}
