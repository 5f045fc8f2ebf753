package io.lancelot.client;

import io.lancelot.Tags;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.table.TagInfo;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The tags of a table of a server.
final class RemoteTags implements Tags {

  private final RemoteTable table;

  RemoteTags(RemoteTable table) {
    this.table = table;
  }

  @Override
  public Map<String, TagInfo> list() {
    Map<String, TagInfo> tags = new TreeMap<>();
    table
        .askObject(Wire.Kind.READ, "tags/list", Map.of())
        .forEach((name, json) -> {
          if (json instanceof Map<?, ?> tag) {
            tags.put(
                String.valueOf(name),
                new TagInfo(
                    String.valueOf(name),
                    tag.get("branch") instanceof String branch
                        ? Optional.of(branch)
                        : Optional.empty(),
                    RemoteTable.number(tag, "version"),
                    Optional.empty(),
                    Optional.empty()));
          }
        });
    return tags;
  }

  @Override
  public void create(String tag) {
    create(tag, table.version());
  }

  @Override
  public void create(String tag, long version) {
    table.ask(Wire.Kind.WRITE, "tags/create", Map.of("tag", tag, "version", version));
  }

  @Override
  public void update(String tag, long version) {
    table.ask(Wire.Kind.WRITE, "tags/update", Map.of("tag", tag, "version", version));
  }

  @Override
  public void delete(String tag) {
    table.ask(Wire.Kind.WRITE, "tags/delete", Map.of("tag", tag));
  }

  /// The version that a tag names, which must be on the table's branch.
  ///
  /// @throws NotFoundException if there is no such tag
  /// @throws InvalidInputException if it is on another branch
  long versionOf(String name) {
    TagInfo tag = list().get(name);
    if (tag == null) {
      throw new NotFoundException("tag not found: " + name + " (table=" + table.name() + ")");
    }
    if (!tag.branch().equals(table.branch())) {
      throw new InvalidInputException(
          "tag on another branch: expected="
              + table.branch().orElse("main")
              + ", found="
              + tag.branch().orElse("main"));
    }
    return tag.version();
  }
}
