package io.lancelot.index.vector;

import io.lancelot.index.VectorIndex.Rows;
import io.lancelot.index.VectorIndex.Search;
import io.lancelot.kernels.Metric;
import io.lancelot.kernels.TopK;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The rows that one search has to look at more closely, as their codes do not say that they are
/// far. Those whose bytes are in memory are compared by these, and exactly in the end if that may
/// still matter. Not shared.
final class NearRows {

  /// Rows that are compared together: each group lowers the limit for the next.
  private static final int GROUP = 16;

  private final @Nullable RowBytes rowBytes;
  private final Search search;
  private final Metric metric;
  private final Rows rows;
  private final TopK best;
  private final RowBytes.@Nullable Laid bytes;
  private final byte[] coded;

  private final long[] ids = new long[GROUP];
  private final int[] places = new int[GROUP];
  private int pending;

  /// Squared distances of a group's rows.
  private final float[] squares = new float[GROUP];

  /// Those of the group whose bytes are known, or not, and where in the group they are.
  private final int[] own = new int[GROUP];

  private final int[] ownPlaces = new int[GROUP];
  private final int[] others = new int[GROUP];
  private final long[] otherIds = new long[GROUP];
  private final float[] distances = new float[GROUP];
  private final float[] vector;
  private long refined;

  /// What bytes say of the nearest rows, in squared steps.
  private final TopK estimates;

  /// Rows that may be among the nearest by their bytes.
  private long[] candidates = new long[64];

  private float[] candidateEstimates = new float[64];
  private int candidateCount;

  /// @param query as the index wants it
  NearRows(IvfIndex index, Search search, float[] query) {
    this.rowBytes = index.rowBytes();
    this.search = search;
    this.metric = index.model().metric();
    this.rows = search.rows();
    this.best = search.best();
    RowBytes.Laid laid = rowBytes == null ? null : rowBytes.laid();
    byte[] codes = laid == null ? null : laid.codes(query);
    this.bytes = codes == null ? null : laid;
    this.coded = codes == null ? new byte[0] : codes;
    this.estimates = new TopK(search.k());
    this.vector = new float[query.length];
  }

  /// How many rows are known to be near, k at the most.
  int found() {
    return Math.max(best.size(), estimates.size());
  }

  /// Rows compared exactly so far.
  long refined() {
    return refined;
  }

  /// The squared distance that rows must be nearer than.
  float limit() {
    float limit = squared(best.worst());
    return bytes == null ? limit : Math.min(limit, bytes.square(estimates.worst()));
  }

  private float squared(float distance) {
    return metric == Metric.COSINE ? 2 * distance : distance;
  }

  /// Compares a row that may be found, now or together with the next ones.
  ///
  /// @param place of the row in the segment
  /// @return whether that may have changed the limit
  boolean compareSoon(long id, long place) {
    ids[pending] = id;
    places[pending++] = (int) place;
    if (pending < GROUP) {
      return false;
    }
    compare();
    return true;
  }

  /// Compares what has been put off.
  void compare() {
    if (pending > 0) {
      compare(true);
    }
  }

  /// Compares rows at once.
  ///
  /// @param offered whether they are to be found; each row once
  /// @return their squared distances, about
  float[] compare(long[] rowIds, int[] rowPlaces, boolean offered) {
    float[] all = new float[rowIds.length];
    for (int from = 0; from < all.length; from += GROUP) {
      int count = Math.min(GROUP, all.length - from);
      System.arraycopy(rowIds, from, ids, 0, count);
      System.arraycopy(rowPlaces, from, places, 0, count);
      pending = count;
      compare(offered);
      System.arraycopy(squares, 0, all, from, count);
    }
    return all;
  }

  private void compare(boolean offered) {
    int ownCount = 0;
    int otherCount = 0;
    for (int i = 0; i < pending; i++) {
      if (bytes != null && bytes.has(places[i])) {
        own[ownCount] = i;
        ownPlaces[ownCount++] = places[i];
      } else {
        others[otherCount] = i;
        otherIds[otherCount++] = ids[i];
      }
    }
    pending = 0;
    if (bytes != null && ownCount > 0) {
      compareBytes(bytes, ownCount, offered);
    }
    if (otherCount > 0) {
      compareExactly(otherCount, offered);
    }
  }

  private void compareBytes(RowBytes.Laid laid, int count, boolean offered) {
    laid.estimate(coded, ownPlaces, count, distances);
    float most = RowBytes.Laid.most(estimates.worst());
    for (int i = 0; i < count; i++) {
      squares[own[i]] = laid.square(distances[i]);
      if (offered && distances[i] <= most) {
        add(ids[own[i]], distances[i]);
        most = RowBytes.Laid.most(estimates.worst());
      }
    }
  }

  private void add(long id, float estimate) {
    estimates.offer(estimate, id);
    if (candidateCount == candidates.length) {
      candidates = Arrays.copyOf(candidates, 2 * candidateCount);
      candidateEstimates = Arrays.copyOf(candidateEstimates, 2 * candidateCount);
    }
    candidates[candidateCount] = id;
    candidateEstimates[candidateCount++] = estimate;
  }

  private void compareExactly(int count, boolean offered) {
    rows.distances(otherIds, count, distances);
    refined += count;
    for (int i = 0; i < count; i++) {
      float square = squared(distances[i]);
      squares[others[i]] = square;
      if (offered) {
        best.offer(distances[i], otherIds[i]);
        if (bytes != null) {
          estimates.offer(bytes.asEstimated(square), otherIds[i]);
        }
      }
      if (rowBytes != null && rowBytes.wantsRows() && rows.vector(otherIds[i], vector)) {
        if (metric == Metric.COSINE) {
          VectorType.normalise(vector, 0, vector.length);
        }
        rowBytes.put(places[others[i]], vector);
      }
    }
  }

  /// Compares those exactly that may be among the nearest by their bytes.
  void finish() {
    float most = RowBytes.Laid.most(estimates.worst());
    int count = 0;
    for (int i = 0; i < candidateCount; i++) {
      if (candidateEstimates[i] <= most) {
        candidates[count++] = candidates[i];
      }
    }
    candidateCount = 0;
    if (count > 0) {
      refined += count;
      search.compare(Arrays.copyOf(candidates, count));
    }
  }
}
