package io.lancelot.compat;

import io.lancelot.base.UnsupportedFeatureException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/// Ours, through the SDK. Not wired yet: every call says so, so that no test passes without it.
final class Sdk implements Ours {

  private static UnsupportedFeatureException missing() {
    return new UnsupportedFeatureException("compat is not wired to the SDK yet");
  }

  @Override
  public void importArrow(Path db, String table, Path arrow, Mode mode, String format) {
    throw missing();
  }

  @Override
  public void exportArrow(Path db, String table, OptionalLong version, Path out) {
    throw missing();
  }

  @Override
  public void delete(Path db, String table, String filter) {
    throw missing();
  }

  @Override
  public long count(Path db, String table, OptionalLong version) {
    throw missing();
  }

  @Override
  public long countWhere(Path db, String table, String filter) {
    throw missing();
  }

  @Override
  public List<Version> versions(Path db, String table) {
    throw missing();
  }

  @Override
  public void restore(Path db, String table, long version) {
    throw missing();
  }

  @Override
  public List<Hit> nearest(Path db, String table, float[] query, int k, String metric) {
    throw missing();
  }
}
