package io.lancelot.table;

import io.lancelot.storage.ObjectStore;
import java.util.UUID;

/// Where a table's files lie: the one place that knows its folders. Format: lance-format section
/// 3.1.
///
/// @param path the table's folder in the store, without a slash at its end; empty for the store's
///   root
record TableRoot(ObjectStore store, String path) {

  String versionsFolder() {
    return resolve("_versions");
  }

  String version(String fileName) {
    return resolve("_versions/" + fileName);
  }

  String versionHint() {
    return resolve("_versions/latest_version_hint.json");
  }

  String transaction(String fileName) {
    return resolve("_transactions/" + fileName);
  }

  String data(String fileName) {
    return resolve("data/" + fileName);
  }

  String deletion(String fileName) {
    return resolve("_deletions/" + fileName);
  }

  String index(UUID uuid) {
    return resolve("_indices/" + uuid);
  }

  String resolve(String relative) {
    return path.isEmpty() ? relative : path + "/" + relative;
  }

  @Override
  public String toString() {
    return store.uri() + "/" + path;
  }
}
