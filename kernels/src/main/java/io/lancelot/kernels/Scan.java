package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Exact search: reads every allowed row and keeps the nearest.
///
/// Works in two phases per block of rows: a kernel fills an array of distances, then plain code
/// offers those that may enter. Letting the kernel itself handle hits makes its vectors cross
/// calls, and the scan up to five times slower, differently in every run. Holds the scratch arrays,
/// so it serves one thread; queries split over threads use one scan and one [TopK] each.
public final class Scan {

  private static final int WORD = Long.SIZE;

  private final Kernels kernels;
  private final QueryVector query;
  private final TopK best;
  private final float[] distances = new float[Kernels.BLOCK];
  private final int[] rows = new int[Kernels.BLOCK];

  /// A scan for `query` whose finds go to `best`.
  public Scan(Kernels kernels, QueryVector query, TopK best) {
    this.kernels = kernels;
    this.query = query;
    this.best = best;
  }

  public TopK best() {
    return best;
  }

  /// Scans rows `from` (inclusive) to `to` (exclusive) of `data`; row `i` has the id `firstId + i`.
  ///
  /// Rows whose bit in `allowed` is zero (null vectors, deleted rows, rows a filter dropped) are
  /// not even read, so the cost falls with their number; without `allowed` all rows take part.
  public void topK(MemorySegment data, long from, long to, @Nullable Bits allowed, long firstId) {
    Objects.checkFromToIndex(from, to, Long.MAX_VALUE);
    Kernels.checkData(query, data, to);
    if (allowed == null) {
      for (long at = from; at < to; at += Kernels.BLOCK) {
        long end = Math.min(to, at + Kernels.BLOCK);
        kernels.distances(query, data, at, end, distances);
        int count = (int) (end - at);
        offerSequence(count, firstId + at);
      }
      return;
    }
    allowed.check(to);
    // Row numbers within a stretch must fit an int.
    for (long at = from; at < to; ) {
      long end = Math.min(to, at + (1 << 30));
      stretch(data, at, end, allowed, firstId);
      at = end;
    }
  }

  /// Scans the rows `rows[0]` to `rows[count - 1]` of `data`; row `i` has the id `firstId + i`.
  public void topK(MemorySegment data, int[] rows, int count, long firstId) {
    Objects.checkFromIndexSize(0, count, rows.length);
    for (int at = 0; at < count; ) {
      int size = Math.min(count - at, Kernels.BLOCK);
      System.arraycopy(rows, at, this.rows, 0, size);
      kernels.distances(query, data, this.rows, size, distances);
      offerRows(size, firstId);
      at += size;
    }
  }

  private void stretch(MemorySegment data, long from, long to, Bits allowed, long firstId) {
    long base = from * query.rowBytes();
    int count = 0;
    for (long at = from; at < to; at += WORD) {
      long word = allowed.word(at);
      if (to - at < WORD) {
        word &= -1L >>> (WORD - (to - at));
      }
      if (word == 0) {
        continue;
      }
      if (count > Kernels.BLOCK - WORD) {
        flush(data, base, count, firstId + from);
        count = 0;
      }
      int row = (int) (at - from);
      if (word == -1L) {
        for (int i = 0; i < WORD; i++) {
          rows[count + i] = row + i;
        }
        count += WORD;
        continue;
      }
      while (word != 0) {
        rows[count++] = row + Long.numberOfTrailingZeros(word);
        word &= word - 1;
      }
    }
    flush(data, base, count, firstId + from);
  }

  private void flush(MemorySegment data, long base, int count, long firstId) {
    kernels.compute(query, data, base, rows, count, distances);
    offerRows(count, firstId);
  }

  private void offerSequence(int count, long firstId) {
    float worst = best.worst();
    for (int i = 0; i < count; i++) {
      if (distances[i] <= worst && best.offer(distances[i], firstId + i)) {
        worst = best.worst();
      }
    }
  }

  private void offerRows(int count, long firstId) {
    float worst = best.worst();
    for (int i = 0; i < count; i++) {
      if (distances[i] <= worst && best.offer(distances[i], firstId + rows[i])) {
        worst = best.worst();
      }
    }
  }
}
