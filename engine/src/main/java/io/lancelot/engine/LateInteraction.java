package io.lancelot.engine;

import io.lancelot.kernels.Ranking;
import io.lancelot.kernels.TopK;
import java.util.Arrays;
import java.util.stream.LongStream;

/// In which order rows that hold lists of vectors are worth an exact comparison with a query of
/// several vectors. An index is asked for the rows nearest to each of these vectors by itself; a
/// row's distance is estimated as the sum of those it was found with, and where it was not found,
/// it is taken to be as far as the last row that was.
///
/// The real Lance ranks by such sums, and returns them as distances unless told to refine.
final class LateInteraction {

  /// Rows looked for near each vector, for each row wanted; at the least; and for each row wanted
  /// where these are many.
  private static final int FOUND = 20;

  private static final int LEAST_FOUND = 200;
  private static final int MANY_FOUND = 1000;
  private static final int FOUND_OF_MANY = 2;

  /// Candidates compared exactly for each row wanted, and at the least. Where vectors are as much
  /// noise as signal, 100 hold 0.86 to 0.95 of the ten nearest rows, depending on the coding, and
  /// 400 hold 0.97.
  private static final int COMPARED = 40;

  private static final int LEAST_COMPARED = 400;

  private LateInteraction() {}

  /// What the rows near each vector of the query are to be collected in.
  ///
  /// @param k rows wanted
  /// @param rows that there are
  static TopK[] heaps(int vectors, int k, long rows) {
    long most = Math.max(MANY_FOUND, (long) FOUND_OF_MANY * k);
    int found = (int) Math.min(rows, Math.clamp((long) FOUND * k, LEAST_FOUND, most));
    TopK[] heaps = new TopK[vectors];
    Arrays.setAll(heaps, _ -> new TopK(found));
    return heaps;
  }

  /// How many of the candidates to compare first.
  static long first(int k) {
    return Math.max(LEAST_COMPARED, (long) COMPARED * k);
  }

  /// All rows found, those with the least sums first.
  static long[] candidates(TopK[] heaps) {
    Ranking[] rankings = new Ranking[heaps.length];
    LongStream.Builder ids = LongStream.builder();
    float missing = 0;
    for (int i = 0; i < heaps.length; i++) {
      rankings[i] = heaps[i].ranking();
      missing += last(rankings[i]);
      for (int r = 0; r < rankings[i].size(); r++) {
        ids.add(rankings[i].id(r));
      }
    }
    long[] rows = ids.build().sorted().distinct().toArray();
    float[] sums = new float[rows.length];
    Arrays.fill(sums, missing);
    for (Ranking ranking : rankings) {
      for (int r = 0; r < ranking.size(); r++) {
        sums[Arrays.binarySearch(rows, ranking.id(r))] += ranking.distance(r) - last(ranking);
      }
    }
    TopK nearest = new TopK(Math.max(1, rows.length));
    for (int i = 0; i < rows.length; i++) {
      nearest.offer(sums[i], rows[i]);
    }
    return nearest.ranking().ids();
  }

  private static float last(Ranking ranking) {
    return ranking.size() == 0 ? 0 : ranking.distance(ranking.size() - 1);
  }
}
