package io.lancelot;

import io.lancelot.columnar.DataType;
import io.lancelot.engine.Alteration;
import java.util.Optional;

/// What is to change about a column. Immutable.
public final class ColumnAlteration {

  private final Alteration spec;

  private ColumnAlteration(Alteration spec) {
    this.spec = spec;
  }

  /// A change of a column, or of a field inside one: `stats.magic`.
  public static ColumnAlteration of(String path) {
    return new ColumnAlteration(
        new Alteration(path, Optional.empty(), Optional.empty(), Optional.empty()));
  }

  /// Gives it another name.
  public ColumnAlteration rename(String name) {
    return new ColumnAlteration(
        new Alteration(spec.path(), Optional.of(name), spec.nullable(), spec.type()));
  }

  /// Says whether it may be null. Refused where it must not and there are nulls.
  public ColumnAlteration nullable(boolean nullable) {
    return new ColumnAlteration(
        new Alteration(spec.path(), spec.rename(), Optional.of(nullable), spec.type()));
  }

  /// Gives it another type; lists of one length may become vectors. Refused for a value that does
  /// not fit, and for a column with an index.
  public ColumnAlteration castTo(DataType type) {
    return new ColumnAlteration(
        new Alteration(spec.path(), spec.rename(), spec.nullable(), Optional.of(type)));
  }

  Alteration spec() {
    return spec;
  }
}
