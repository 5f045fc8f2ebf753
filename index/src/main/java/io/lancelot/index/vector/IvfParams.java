package io.lancelot.index.vector;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.index.IndexSpec;
import io.lancelot.kernels.ElementType;
import io.lancelot.kernels.Metric;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// The settings of a vector index, checked, with their defaults.
///
/// @param partitions asked for; empty to choose by the number of rows
/// @param partitionRows rows that a partition should have; empty for the default
/// @param maxIterations rounds of k-means at the most
/// @param sampleRate rows per centre that k-means looks at
/// @param subVectors of product quantisation; 0 for other codings
/// @param bits of a code
/// @param m neighbours of a node of the graph above the lowest level; half of those on it
/// @param efConstruction candidates looked at for each node while building
record IvfParams(
    Metric metric,
    OptionalInt partitions,
    OptionalLong partitionRows,
    int maxIterations,
    int sampleRate,
    int subVectors,
    int bits,
    int m,
    int efConstruction) {

  /// What every kind has.
  private static final Set<String> COMMON =
      Set.of(
          "distance_type",
          "metric",
          "metric_type",
          "num_partitions",
          "target_partition_size",
          "max_iterations",
          "max_iters",
          "sample_rate",
          "accelerator");

  static final int DEFAULT_M = 20;
  static final int DEFAULT_EF_CONSTRUCTION = 150;
  static final int MAX_LEVEL = 7;

  /// @throws InvalidInputException if a setting is not one of the kind, senseless, or does not fit
  ///   the column
  static IvfParams of(Coding coding, boolean graph, VectorType type, IndexSpec spec) {
    spec.checkNames(known(coding, graph));
    spec.text("accelerator")
        .filter(name -> !name.isBlank())
        .ifPresent(name -> {
          throw new UnsupportedFeatureException(
              "index parameter accelerator: expected=none, found=" + name);
        });
    Metric metric =
        metric(
            spec.text("distance_type")
                .or(() -> spec.text("metric"))
                .or(() -> spec.text("metric_type"))
                .orElse(type.lists() ? "cosine" : "l2"));
    checkMetric(coding, graph, type, metric, spec.type());
    int subVectors = 0;
    int bits = 8;
    switch (coding) {
      case PQ -> {
        bits = (int) (long) spec.number("num_bits", 4, 8).orElse(8L);
        subVectors =
            (int)
                (long)
                    spec.number("num_sub_vectors", 1, type.dim())
                        .orElse((long) defaultSubVectors(type.dim(), bits));
        checkPq(type, subVectors, bits);
      }
      case RQ -> {
        bits = (int) (long) spec.number("num_bits", 1, 9).orElse(5L);
        if (type.dim() % 8 != 0) {
          throw new InvalidInputException(
              "IVF_RQ: expected=a dimension divisible by 8, found=" + type.dim());
        }
      }
      case SQ -> spec.number("num_bits", 8, 8);
      case FLAT -> {}
    }
    return new IvfParams(
        metric,
        spec.number("num_partitions", 1, 1 << 20)
            .map(n -> OptionalInt.of((int) (long) n))
            .orElse(OptionalInt.empty()),
        spec.number("target_partition_size", 1, Integer.MAX_VALUE)
            .map(OptionalLong::of)
            .orElse(OptionalLong.empty()),
        (int)
            (long)
                spec.number("max_iterations", 1, 1000)
                    .or(() -> spec.number("max_iters", 1, 1000))
                    .orElse(50L),
        (int) (long) spec.number("sample_rate", 1, 1 << 20).orElse(256L),
        subVectors,
        bits,
        (int) (long) spec.number("m", 2, 512).orElse((long) DEFAULT_M),
        (int)
            (long)
                spec.number("ef_construction", 1, 1 << 16).orElse((long) DEFAULT_EF_CONSTRUCTION));
  }

  /// The settings that a model tells; the number of partitions is left open.
  static IvfParams of(IvfModel model) {
    int bits =
        switch (model.codec()) {
          case PqCodec pq -> pq.bits();
          case RqCodec rq -> rq.bits();
          case FlatCodec _, SqCodec _ -> 8;
        };
    return new IvfParams(
        model.metric(),
        OptionalInt.empty(),
        model.partitionRows(),
        50,
        256,
        model.codec() instanceof PqCodec pq ? pq.subVectors() : 0,
        bits,
        model.m(),
        model.efConstruction());
  }

  IvfParams withPartitions(int number) {
    return new IvfParams(
        metric,
        OptionalInt.of(number),
        partitionRows,
        maxIterations,
        sampleRate,
        subVectors,
        bits,
        m,
        efConstruction);
  }

  /// The settings of a kind. Those of another would change nothing, and are refused.
  private static Set<String> known(Coding coding, boolean graph) {
    Set<String> known = new HashSet<>(COMMON);
    switch (coding) {
      case PQ -> known.addAll(List.of("num_sub_vectors", "num_bits"));
      case SQ, RQ -> known.add("num_bits");
      case FLAT -> {}
    }
    if (graph) {
      known.addAll(List.of("m", "ef_construction"));
    }
    return known;
  }

  static Metric metric(String name) {
    return switch (name.strip().toLowerCase(Locale.ROOT)) {
      case "l2", "euclidean" -> Metric.L2;
      case "cosine" -> Metric.COSINE;
      case "dot" -> Metric.DOT;
      case "hamming" -> Metric.HAMMING;
      default ->
          throw new InvalidInputException(
              "distance type: expected=l2, cosine, dot or hamming, found=" + name);
    };
  }

  private static void checkMetric(
      Coding coding, boolean graph, VectorType type, Metric metric, String name) {
    boolean bytes = type.element() == ElementType.UINT8;
    if (type.lists() && metric != Metric.COSINE) {
      throw new InvalidInputException(
          "index on lists of vectors: expected=distance type cosine, found="
              + metric.name().toLowerCase(Locale.ROOT));
    }
    if (metric == Metric.HAMMING && (!bytes || coding != Coding.FLAT || graph)) {
      throw new InvalidInputException(
          "hamming: expected=IVF_FLAT on vectors of uint8, found="
              + name
              + " on "
              + type.element().name().toLowerCase(Locale.ROOT));
    }
    if (bytes && metric != Metric.HAMMING) {
      throw new InvalidInputException(
          "index on vectors of uint8: expected=distance type hamming, found="
              + metric.name().toLowerCase(Locale.ROOT));
    }
  }

  /// Codes of 4 bits lie in pairs.
  static int defaultSubVectors(int dim, int bits) {
    int count = dim % 16 == 0 ? dim / 16 : dim % 8 == 0 ? dim / 8 : 1;
    return bits == 4 && count % 2 != 0 && dim % (2 * count) == 0 ? 2 * count : count;
  }

  private static void checkPq(VectorType type, int subVectors, int bits) {
    if (bits != 4 && bits != 8) {
      throw new InvalidInputException("num_bits of PQ: expected=4 or 8, found=" + bits);
    }
    if (type.dim() % subVectors != 0) {
      throw new InvalidInputException(
          "num_sub_vectors: expected=a divisor of the dimension "
              + type.dim()
              + ", found="
              + subVectors);
    }
    if (bits == 4 && subVectors % 2 != 0) {
      throw new InvalidInputException(
          "num_sub_vectors with codes of 4 bits: expected=an even number, found=" + subVectors);
    }
  }

  /// How many partitions so many rows get. About the square root, so that a search looks at few
  /// rows; graphs search a partition in logarithmic time and so want large ones.
  int partitionsFor(long rows, boolean graph) {
    long wanted;
    if (partitions.isPresent()) {
      wanted = partitions.getAsInt();
    } else if (partitionRows.isPresent()) {
      wanted = rows / partitionRows.getAsLong();
    } else {
      wanted = graph ? rows >> 20 : Math.round(Math.sqrt((double) rows));
    }
    return Math.clamp(wanted, 1, Math.clamp(rows, 1, 1 << 16));
  }
}
