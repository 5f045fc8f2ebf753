package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.index.BuildProgress;
import io.lancelot.kernels.ByteDistances;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// An order in which rows of bytes that are near to each other lie together: a graph is built, and
/// walked, much faster where the rows of one insertion are still in the cache from the last. Cell
/// by cell around rows drawn by chance, each cell followed by the nearest that is left.
///
/// Some rows of all cells come before the others: they are a graph's first, whose edges lead far.
final class NearOrder {

  /// Fewer rows are in the cache anyway.
  static final int MIN_ROWS = 4096;

  private static final int ROWS_OF_CELL = 256;
  private static final int MOST_CELLS = 512;

  /// One row of so many comes before the others.
  static final int EARLY = 8;

  private static final int TASK_ROWS = 1024;

  private NearOrder() {}

  /// Numbers of rows in their new order.
  ///
  /// @param codes `rows × dim` bytes
  static int[] of(Context context, MemorySegment codes, int rows, int dim, BuildProgress progress) {
    ByteDistances.warm();
    int cells = Math.clamp(rows / ROWS_OF_CELL, 1, MOST_CELLS);
    SplittableRandom random = new SplittableRandom(61);
    byte[][] centres = new byte[cells][dim];
    try (Scratch work = context.memory().scratch()) {
      MemorySegment together = work.allocateBytes((long) cells * dim);
      for (int c = 0; c < cells; c++) {
        long at = (long) random.nextInt(rows) * dim;
        MemorySegment.copy(codes, ValueLayout.JAVA_BYTE, at, centres[c], 0, dim);
        MemorySegment.copy(codes, at, together, (long) c * dim, dim);
      }
      int[] ranks = chained(centres, together);
      long[] keys = new long[rows];
      assign(context, codes, dim, together, ranks, keys, progress);
      for (int row = 0; row < rows; row++) {
        if (random.nextInt(EARLY) != 0) {
          keys[row] |= 1L << 62;
        }
      }
      Arrays.sort(keys);
      int[] order = new int[rows];
      for (int i = 0; i < rows; i++) {
        order[i] = (int) keys[i];
      }
      return order;
    }
  }

  /// The place of each cell in a chain from near to near.
  private static int[] chained(byte[][] centres, MemorySegment together) {
    int[] ranks = new int[centres.length];
    int[] left = new int[centres.length];
    Arrays.setAll(left, c -> c);
    float[] distances = new float[centres.length];
    int at = 0;
    for (int rank = 0, count = left.length; rank < ranks.length; rank++) {
      int cell = left[at];
      ranks[cell] = rank;
      left[at] = left[--count];
      ByteDistances.squares(centres[cell], together, left, count, distances);
      at = 0;
      for (int i = 1; i < count; i++) {
        at = distances[i] < distances[at] ? i : at;
      }
    }
    return ranks;
  }

  /// Sets for each row the rank of the nearest cell (upper half) and its number.
  private static void assign(
      Context context,
      MemorySegment codes,
      int dim,
      MemorySegment centres,
      int[] ranks,
      long[] keys,
      BuildProgress progress) {
    int[] all = new int[ranks.length];
    Arrays.setAll(all, c -> c);
    List<Integer> tasks = new ArrayList<>();
    for (int first = 0; first < keys.length; first += TASK_ROWS) {
      tasks.add(first);
    }
    int[] done = {0};
    Parallel.run(
        context,
        tasks,
        first -> {
          byte[] own = new byte[dim];
          float[] distances = new float[all.length];
          for (int row = first; row < Math.min(first + TASK_ROWS, keys.length); row++) {
            MemorySegment.copy(codes, ValueLayout.JAVA_BYTE, (long) row * dim, own, 0, dim);
            ByteDistances.squaresOfLoaded(own, centres, all, all.length, distances);
            int best = 0;
            for (int c = 1; c < all.length; c++) {
              best = distances[c] < distances[best] ? c : best;
            }
            keys[row] = (long) ranks[best] << 32 | row;
          }
          return first;
        },
        _ -> {
          done[0] = Math.min(keys.length, done[0] + TASK_ROWS);
          progress.report("order", done[0], keys.length);
        });
  }
}
