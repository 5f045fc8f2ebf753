package io.lancelot.index.vector;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Some neighbouring partitions in memory, laid out for searching.
///
/// @param memory what they hold of the budget
/// @param first the first of them
/// @param firstRow the row of the file at which they begin
/// @param rowIds of their rows
/// @param data vectors or codes row after row, where those are searched one by one; views of the
///   mapped file where the file has them so
/// @param blocks codes in blocks of 64 rows, each partition beginning with a new block
/// @param graph the edges, where there are any
record Chunk(
    Scratch memory,
    int first,
    long firstRow,
    MemorySegment rowIds,
    MemorySegment data,
    @Nullable Blocks blocks,
    @Nullable GraphLinks graph) {

  /// @param codes as [io.lancelot.kernels.CodeScan] wants them
  /// @param starts the first block of each partition
  /// @param add a float for each row, blocks padded
  /// @param scale likewise; empty where all rows have the same
  /// @param error likewise
  record Blocks(
      MemorySegment codes,
      int[] starts,
      MemorySegment add,
      MemorySegment scale,
      MemorySegment error) {}

  Chunk with(GraphLinks links) {
    return new Chunk(memory, first, firstRow, rowIds, data, blocks, links);
  }

  /// The first block of a partition.
  int blockStart(int partition) {
    return blocks == null ? 0 : blocks.starts()[partition - first];
  }

  /// The numbers of some rows, which are given as places after `first`.
  void rowIds(long first, int[] places, int count, long[] out) {
    long base = first - firstRow;
    for (int i = 0; i < count; i++) {
      out[i] = rowIds.get(FixedColumn.LONG, 8 * (base + places[i]));
    }
  }

  long rowId(long row) {
    return rowIds.get(FixedColumn.LONG, 8 * (row - firstRow));
  }
}
