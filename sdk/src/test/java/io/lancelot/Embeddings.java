package io.lancelot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.IntPredicate;

/// Made-up vectors around centres, as embeddings are, and which of them are truly near.
final class Embeddings {

  /// Every kind of vector index.
  static final List<String> KINDS =
      List.of(
          "IVF_FLAT", "IVF_PQ", "IVF_SQ", "IVF_RQ", "IVF_HNSW_FLAT", "IVF_HNSW_SQ", "IVF_HNSW_PQ");

  /// Under this name an index takes the place of one of another kind.
  static final Index.Options ONE = Index.Options.DEFAULT.withName("one");

  /// Settings of an index whose graph, if it has one, is made quickly.
  static Map<String, String> quick(String type, int efConstruction) {
    return type.contains("HNSW")
        ? Map.of("ef_construction", String.valueOf(efConstruction))
        : Map.of();
  }

  final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  final Random random = new Random(seed);
  private final int dim;
  private final float[][] centres;

  Embeddings(int dim, int centres) {
    this.dim = dim;
    this.centres = new float[centres][];
    for (int c = 0; c < centres; c++) {
      this.centres[c] = gaussian(1);
    }
    System.out.println("embeddings repeat with -Dlancelot.seed=" + seed);
  }

  float[] gaussian(double scale) {
    float[] vector = new float[dim];
    for (int d = 0; d < dim; d++) {
      vector[d] = (float) (random.nextGaussian() * scale);
    }
    return vector;
  }

  /// Another vector not far from one.
  float[] near(float[] vector, double scale) {
    float[] near = gaussian(scale);
    for (int d = 0; d < dim; d++) {
      near[d] += vector[d];
    }
    return near;
  }

  float[] next() {
    return near(centres[random.nextInt(centres.length)], 0.4);
  }

  List<float[]> next(int count) {
    List<float[]> vectors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      vectors.add(next());
    }
    return vectors;
  }

  static double distance(Distance metric, float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    double squares = 0;
    double bits = 0;
    for (int d = 0; d < a.length; d++) {
      dot += (double) a[d] * b[d];
      aa += (double) a[d] * a[d];
      bb += (double) b[d] * b[d];
      squares += ((double) a[d] - b[d]) * ((double) a[d] - b[d]);
      bits += metric == Distance.HAMMING ? Integer.bitCount((int) a[d] ^ (int) b[d]) : 0;
    }
    return switch (metric) {
      case L2 -> squares;
      case DOT -> 1 - dot;
      case COSINE -> 1 - dot / Math.sqrt(aa * bb);
      case HAMMING -> bits;
    };
  }

  private record Ranked(long row, double distance) {}

  /// The numbers of the k vectors that are nearest, all compared one by one.
  static Set<Long> nearest(
      List<float[]> vectors, Distance metric, float[] query, int k, IntPredicate among) {
    List<Ranked> all = new ArrayList<>();
    for (int i = 0; i < vectors.size(); i++) {
      if (among.test(i)) {
        all.add(new Ranked(i, distance(metric, query, vectors.get(i))));
      }
    }
    all.sort(Comparator.comparingDouble(Ranked::distance));
    Set<Long> nearest = new HashSet<>();
    all.subList(0, Math.min(k, all.size())).forEach(ranked -> nearest.add(ranked.row()));
    return nearest;
  }

  /// The numbers of the vectors, those nearest to one of them first.
  static int[] byDistance(List<float[]> vectors, float[] from) {
    Integer[] order = new Integer[vectors.size()];
    Arrays.setAll(order, i -> i);
    double[] distances =
        vectors.stream().mapToDouble(v -> distance(Distance.L2, from, v)).toArray();
    Arrays.sort(order, Comparator.comparingDouble(i -> distances[i]));
    return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
  }
}
