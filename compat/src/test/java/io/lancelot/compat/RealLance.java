package io.lancelot.compat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lancelot.base.UnsupportedFeatureException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/// The real Lance in the place of ours: if a test fails with it, the test is wrong.
final class RealLance implements Ours {

  private final Oracle oracle;

  RealLance(Oracle oracle) {
    this.oracle = oracle;
  }

  @Override
  public void importArrow(Path db, String table, Path arrow, Mode mode, String format) {
    try {
      oracle.call(
          "write",
          Map.of(
              "from", Data.arrow(arrow),
              "lance", Ours.folder(db, table),
              "mode", mode.name().toLowerCase(Locale.ROOT),
              "data_storage_version", format));
    } catch (OracleException e) {
      if (String.valueOf(e.getMessage()).contains("Not supported")) {
        throw new UnsupportedFeatureException(String.valueOf(e.getMessage()), e);
      }
      throw e;
    }
  }

  @Override
  public void exportArrow(Path db, String table, OptionalLong version, Path out) {
    Path folder = Ours.folder(db, table);
    Data from = version.isPresent() ? Data.lance(folder, version.getAsLong()) : Data.lance(folder);
    oracle.call("read", Map.of("from", from, "out", out));
  }

  @Override
  public void delete(Path db, String table, String filter) {
    oracle.call("delete", Map.of("lance", Ours.folder(db, table), "filter", filter));
  }

  @Override
  public long count(Path db, String table, OptionalLong version) {
    Path folder = Ours.folder(db, table);
    Map<String, ?> arguments =
        version.isPresent()
            ? Map.of("lance", folder, "version", version.getAsLong())
            : Map.of("lance", folder);
    return oracle.call("count", arguments).get("rows").asLong();
  }

  @Override
  public long countWhere(Path db, String table, String filter) {
    return oracle
        .call("count", Map.of("lance", Ours.folder(db, table), "filter", filter))
        .get("rows")
        .asLong();
  }

  @Override
  public List<Version> versions(Path db, String table) {
    List<Version> all = new ArrayList<>();
    for (JsonNode v :
        oracle.call("versions", Map.of("lance", Ours.folder(db, table))).get("versions")) {
      all.add(new Version(v.get("version").asLong(), v.get("rows").asLong()));
    }
    return all;
  }

  @Override
  public void restore(Path db, String table, long version) {
    oracle.call("restore", Map.of("lance", Ours.folder(db, table), "version", version));
  }

  @Override
  public List<Hit> nearest(Path db, String table, float[] query, int k, String metric) {
    JsonNode found =
        oracle.call(
            "nearest",
            Map.of("lance", Ours.folder(db, table), "query", query, "k", k, "metric", metric));
    List<Hit> hits = new ArrayList<>();
    for (int i = 0; i < found.get("ids").size(); i++) {
      hits.add(new Hit(found.get("ids").get(i).asLong(), found.get("distances").get(i).asDouble()));
    }
    return hits;
  }
}
