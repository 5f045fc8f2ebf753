package io.lancelot.index.scalar;

import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Field;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexSource;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.OpenIndex;
import io.lancelot.index.RowMapping;
import io.lancelot.table.IndexEntry;
import java.util.List;

/// A kind of index that we know by name only: its segments stay where they are, its rows are
/// scanned.
public record LeftAloneKind(String type, String detailsName) implements IndexKind {

  @Override
  public int maxVersion() {
    return -1;
  }

  private UnsupportedFeatureException unsupported() {
    return new UnsupportedFeatureException(type + " indices are left alone: found=" + detailsName);
  }

  @Override
  public void check(Field field, IndexSpec spec) {
    throw unsupported();
  }

  @Override
  public Built build(IndexSource source, IndexSpec spec, IndexFiles into, BuildProgress progress) {
    throw unsupported();
  }

  @Override
  public Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    throw unsupported();
  }

  @Override
  public OpenIndex open(IndexFiles files, IndexEntry entry, Field field) {
    throw unsupported();
  }
}
