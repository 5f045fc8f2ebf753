package io.lancelot.client;

import io.lancelot.Branches;
import io.lancelot.Table;
import io.lancelot.base.NotFoundException;
import io.lancelot.table.BranchInfo;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The branches of a table of a server.
final class RemoteBranches implements Branches {

  private final RemoteTable table;

  RemoteBranches(RemoteTable table) {
    this.table = table;
  }

  @Override
  public Map<String, BranchInfo> list() {
    Map<String, BranchInfo> branches = new TreeMap<>();
    Map<?, ?> answer = table.askObject(Wire.Kind.READ, "branches/list", Map.of());
    if (answer.get("branches") instanceof Map<?, ?> all) {
      all.forEach((name, json) -> {
        if (json instanceof Map<?, ?> branch) {
          branches.put(
              String.valueOf(name),
              new BranchInfo(
                  String.valueOf(name),
                  branch.get("parentBranch") instanceof String parent && !parent.equals("main")
                      ? Optional.of(parent)
                      : Optional.empty(),
                  RemoteTable.number(branch, "parentVersion"),
                  Instant.ofEpochSecond(RemoteTable.number(branch, "createAt")),
                  List.of()));
        }
      });
    }
    return branches;
  }

  @Override
  public Table open(String branch) {
    if (branch.equals("main")) {
      return table.onBranch("");
    }
    if (!list().containsKey(branch)) {
      throw new NotFoundException("branch not found: " + branch + " (table=" + table.name() + ")");
    }
    return table.onBranch(branch);
  }

  @Override
  public Table create(String branch) {
    return create(branch, table.version());
  }

  @Override
  public Table create(String branch, long version) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("name", branch);
    body.put("from_branch", table.branch().orElse(null));
    body.put("from_version", version);
    table.askUnscoped("branches/create", body);
    return table.onBranch(branch);
  }

  @Override
  public void delete(String branch) {
    table.askUnscoped("branches/delete", Map.of("name", branch));
  }
}
