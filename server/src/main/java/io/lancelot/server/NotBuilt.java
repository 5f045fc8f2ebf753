package io.lancelot.server;

import io.lancelot.base.UnsupportedFeatureException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Operations of the protocol that the server knows and does not have. They answer 501.
final class NotBuilt {

  /// What follows a table's identifier, and why it is not there.
  static final Map<String, String> TABLE = new LinkedHashMap<>();

  /// What follows `/v1/`, up to the first word that tells it apart.
  static final Map<String, String> ROOT = new LinkedHashMap<>();

  static {
    for (String words : List.of("register", "deregister", "declare", "create-empty")) {
      TABLE.put(words, "tables lie in their namespace's folder and nowhere else");
    }
    for (String words : List.of("branches/diff", "branches/cherry_pick")) {
      TABLE.put(words, "comparing branches");
    }
    for (String words : List.of("version/create", "version/delete")) {
      TABLE.put(words, "clients that commit by themselves");
    }
    TABLE.put("backfill_column", "columns made by functions");
    TABLE.put("errors", "columns made by functions");
    for (String words :
        List.of(
            "set_lsm_write_spec",
            "flush_lsm",
            "compact_lsm",
            "enable_rte",
            "flush_rte",
            "compact_rte")) {
      TABLE.put(words, "write-ahead tables");
    }
    ROOT.put("table/batch-commit", "clients that commit by themselves");
    ROOT.put("table/version/batch-create", "clients that commit by themselves");
    ROOT.put("transaction", "transactions across requests");
    ROOT.put("function", "functions");
    ROOT.put("functions", "functions");
    ROOT.put("secret", "secrets");
    ROOT.put("view", "views");
    ROOT.put("materialized_view", "materialized views");
  }

  private NotBuilt() {}

  static UnsupportedFeatureException failure(String operation, String reason) {
    return new UnsupportedFeatureException(operation + " is not built: " + reason);
  }
}
