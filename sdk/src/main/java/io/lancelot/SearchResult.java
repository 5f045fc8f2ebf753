package io.lancelot;

import io.lancelot.engine.SearchReport;
import java.util.List;

/// Rows that a vector search found, and how it found them.
///
/// @param rows nearest first
/// @param report whether they are certainly the nearest, or how much of the table was looked at
public record SearchResult<T>(List<T> rows, SearchReport report) {

  public SearchResult {
    rows = List.copyOf(rows);
  }

  /// Whether every row that may be found was compared, so that these are certainly the nearest.
  public boolean exact() {
    return report.exact();
  }
}
