package io.lancelot.index.vector;

import java.util.Arrays;

/// A finished graph of a partition, as it is written.
///
/// @param entry where searches begin, on the highest level
/// @param levels for each level, the nodes on it ascending
/// @param neighbours for each level, each of its nodes' neighbours, nearest first
record Graph(int entry, int[][] levels, int[][][] neighbours) {

  static final Graph EMPTY = new Graph(0, new int[0][], new int[0][][]);

  /// Rows it takes in the file.
  int rows() {
    return Arrays.stream(levels).mapToInt(level -> level.length).sum();
  }

  /// What `lance:hnsw` says of the partition.
  String metadata(int m, int efConstruction) {
    if (levels.length == 0) {
      return "";
    }
    StringBuilder offsets = new StringBuilder("0");
    int rows = 0;
    for (int level = 0; level < IvfParams.MAX_LEVEL; level++) {
      rows += level < levels.length ? levels[level].length : 0;
      offsets.append(',').append(rows);
    }
    return "{\"entry_point\":"
        + entry
        + ",\"params\":{\"max_level\":"
        + IvfParams.MAX_LEVEL
        + ",\"m\":"
        + m
        + ",\"ef_construction\":"
        + efConstruction
        + ",\"prefetch_distance\":2},\"level_offsets\":["
        + offsets
        + "]}";
  }
}
