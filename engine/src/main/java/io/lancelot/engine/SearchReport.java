package io.lancelot.engine;

import java.util.Locale;

/// How a vector search found its rows: whether they are certainly the nearest, or else how much of
/// the table was looked at. Of several query vectors all together.
///
/// @param path which way it went
/// @param rows live rows in the version, or in the part of it that was searched
/// @param partitions of the index, in all its segments; 0 if none was asked
/// @param partitionsSearched how many of them were looked into
/// @param rowsEstimated distances taken from what the index stores
/// @param rowsCompared distances computed from the vectors themselves: less once an index keeps the
///   vectors that were compared before as bytes
/// @param fraction the share of the rows that was looked at in either way, from 0 to 1; 1 if the
///   search was exact, also where a filter left few rows to compare
public record SearchReport(
    Path path,
    long rows,
    long partitions,
    long partitionsSearched,
    long rowsEstimated,
    long rowsCompared,
    double fraction) {

  /// The ways a search can go.
  public enum Path {
    /// No index was asked: every vector that may be found was compared.
    SCAN,
    /// There is an index, and a filter left so few rows that all of them were compared instead.
    FILTERED_ROWS,
    /// An index was asked, and rows that it does not cover were compared.
    INDEX,
    /// An index was asked, and found too few rows, could not tell which of them are near, or could
    /// not be loaded: every vector that may be found was compared.
    INDEX_THEN_SCAN;

    /// As plans and the wire have it: `index_then_scan`.
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// Whether every row that may be found was compared, so that these are the nearest.
  public boolean exact() {
    return path != Path.INDEX;
  }
}
