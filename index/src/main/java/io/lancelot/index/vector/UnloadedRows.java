package io.lancelot.index.vector;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.index.VectorIndex.Rows;
import io.lancelot.kernels.TopK;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Rows of partitions that are not loaded, for one search: only their numbers are read, and all of
/// them are compared exactly.
///
/// A first search so reads little of the index and runs little code that is not compiled yet, where
/// laying out codes and graphs takes many times as long.
final class UnloadedRows implements AutoCloseable {

  private static final int BATCH = 1024;

  private final ChunkReader reader;
  private final Scratch scratch;
  private final long[] batch = new long[BATCH];
  private final float[] distances = new float[BATCH];

  UnloadedRows(ChunkReader reader, Scratch scratch) {
    this.reader = reader;
    this.scratch = scratch;
  }

  /// Offers a partition's rows with their distances.
  ///
  /// @return how many were compared
  int compare(int partition, Rows rows, TopK best) {
    FixedColumn all = reader.rowIds(partition, scratch);
    long[] ids = new long[all.length()];
    MemorySegment.copy(all.data(), FixedColumn.LONG, 0, ids, 0, ids.length);
    scratch.reset();
    // Neighbours in the table are read together.
    Arrays.sort(ids);
    int count = 0;
    int compared = 0;
    for (int i = 0; i < ids.length; i++) {
      if (rows.allowed(ids[i])) {
        batch[count++] = ids[i];
      }
      if (count == BATCH || i + 1 == ids.length) {
        rows.distances(batch, count, distances);
        offer(count, best);
        compared += count;
        count = 0;
      }
    }
    return compared;
  }

  private void offer(int count, TopK best) {
    float worst = best.worst();
    for (int i = 0; i < count; i++) {
      if (distances[i] <= worst && best.offer(distances[i], batch[i])) {
        worst = best.worst();
      }
    }
  }

  @Override
  public void close() {
    scratch.close();
  }
}
