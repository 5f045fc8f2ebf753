package io.lancelot.cli;

import java.util.Locale;

/// How rows are written.
enum Format {
  TABLE,
  JSON,
  JSONL,
  CSV,
  ARROW;

  /// The name as users write it.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
