package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexSource;
import io.lancelot.index.RowMapping;
import io.lancelot.kernels.Centroids;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/// Splits the partitions of joined segments that have become far larger than others, and gives up
/// those that hold next to nothing. Only the rows of these, and of the neighbours of what is split,
/// are looked at again; the records of all others stay as they are.
///
/// Format: the real Lance splits and joins by the same idea, above four times and below a quarter
/// of a fixed size. Ours goes by the mean, as the size of its partitions grows with the table.
final class Reshaping {

  /// A partition is split when it has so many times the rows of the mean.
  private static final int OVERFULL = 4;

  /// Fewer rows are not worth a second centre.
  private static final int LEAST_ROWS = 64;

  /// A partition is given up when it has so small a part of the mean. Training leaves small ones
  /// around rows that are far from others: they cost little, and go only when they are many.
  private static final int EMPTY = 16;

  private static final int FEW_EMPTY = 8;

  /// Partitions beside one that is split whose rows may be nearer to the new centres.
  private static final int NEIGHBOURS = 8;

  private static final int MOST_WAYS = 1024;
  private static final int SAMPLE_ROWS = 8192;
  private static final long SAMPLE_FLOATS = 16L << 20;

  private final Context context;
  private final IvfModel model;
  private final VectorSource added;
  private final IndexSource covered;
  private final List<IvfIndex> joined;
  private final RowMapping moved;
  private final long[] sizes;
  private final long mean;

  /// @param covered the added rows and those of the segments
  /// @param assigned the added rows, by the segments' model
  Reshaping(
      Context context,
      IvfModel model,
      VectorSource added,
      IvfBuilder.Assigned assigned,
      IndexSource covered,
      List<IvfIndex> joined,
      RowMapping moved) {
    this.context = context;
    this.model = model;
    this.added = added;
    this.covered = covered;
    this.joined = joined;
    this.moved = moved;
    long held = joined.stream().mapToLong(IvfIndex::rowCount).sum();
    boolean dead = covered.rowCount() < added.count() + held;
    this.sizes = new long[model.partitions()];
    Arrays.setAll(sizes, p -> assigned.counts()[p] + (dead ? liveRows(p) : storedRows(p)));
    this.mean = Arrays.stream(sizes).sum() / sizes.length;
  }

  private long storedRows(int partition) {
    return joined.stream().mapToLong(segment -> segment.partitionRows(partition)).sum();
  }

  private long liveRows(int partition) {
    return joined.stream()
        .mapToLong(segment -> segment.liveIds(partition, moved.in(segment)).count())
        .sum();
  }

  /// What comes out.
  ///
  /// @param rows to be assigned: the added ones and those that may change their partition
  /// @param from for each partition the old one whose records stay as they are, or -1
  record Reshaped(IvfModel model, VectorSource rows, int[] from) {}

  /// Empty if the partitions can stay as they are.
  Optional<Reshaped> reshape() {
    Set<Integer> empty = new TreeSet<>();
    Set<Integer> overfull = new TreeSet<>();
    for (int p = 0; p < sizes.length; p++) {
      if (sizes[p] > Math.max(OVERFULL * mean, LEAST_ROWS)) {
        overfull.add(p);
      } else if (sizes[p] * EMPTY < mean) {
        empty.add(p);
      }
    }
    if (empty.size() * FEW_EMPTY < sizes.length) {
      empty.clear();
    }
    Map<Integer, float[]> splits = overfull.isEmpty() ? Map.of() : splits(overfull);
    if (splits.isEmpty() && empty.isEmpty()) {
      return Optional.empty();
    }
    Set<Integer> changed = new TreeSet<>(empty);
    changed.addAll(splits.keySet());
    Set<Integer> neighbours = new TreeSet<>();
    splits.keySet().forEach(p -> neighbours.addAll(neighbours(p, changed)));
    int width = model.width();
    List<float[]> centres = new ArrayList<>();
    List<Integer> from = new ArrayList<>();
    for (int p = 0; p < sizes.length; p++) {
      if (!changed.contains(p)) {
        centres.add(Arrays.copyOfRange(model.centres(), p * width, (p + 1) * width));
        from.add(neighbours.contains(p) ? -1 : p);
      }
    }
    for (float[] split : splits.values()) {
      centres.add(split);
      from.addAll(Collections.nCopies(split.length / width, -1));
    }
    changed.addAll(neighbours);
    return Optional.of(
        new Reshaped(
            model.with(joined(centres)),
            added.with(covered, ids(changed, Long.MAX_VALUE)),
            from.stream().mapToInt(Integer::intValue).toArray()));
  }

  private static float[] joined(List<float[]> parts) {
    float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  /// The ids of live rows of some partitions, of each `most` at the most.
  private long[] ids(Set<Integer> partitions, long most) {
    return partitions.stream()
        .flatMapToLong(p -> {
          long[] ids =
              joined.stream()
                  .flatMapToLong(segment -> segment.liveIds(p, moved.in(segment)))
                  .toArray();
          long step = Math.max(1, (ids.length + most - 1) / most);
          return IntStream.range(0, ids.length).filter(i -> i % step == 0).mapToLong(i -> ids[i]);
        })
        .toArray();
  }

  /// New centres for partitions, as far as their rows can be told apart.
  private Map<Integer, float[]> splits(Set<Integer> overfull) {
    int width = model.width();
    int most = Math.clamp(SAMPLE_FLOATS / width / overfull.size(), 64, SAMPLE_ROWS);
    VectorSource some = added.with(covered, ids(overfull, most));
    IvfBuilder builder = new IvfBuilder(context, some, model.type(), BuildProgress.NONE);
    Map<Integer, float[]> samples =
        builder.samples(model.metric(), builder.assign(model), overfull, most);
    Map<Integer, float[]> splits = new HashMap<>();
    samples.forEach((p, sample) -> {
      int rows = sample.length / width;
      long ways = Math.clamp((sizes[p] + mean) / Math.max(1, mean), 2, MOST_WAYS);
      if (rows >= LEAST_ROWS) {
        float[] centres =
            model
                .type()
                .centres(
                    new KMeans(context, sample, 0, width, rows, width, 7)
                        .train((int) Math.min(ways, rows / 16), 20, BuildProgress.NONE));
        if (divides(centres, sample)) {
          splits.put(p, centres);
        }
      }
    });
    return splits;
  }

  /// Whether no centre keeps most of the rows. Equal ones stay together however often they are
  /// split.
  private boolean divides(float[] centres, float[] sample) {
    int width = model.width();
    int[] best = new int[sample.length / width];
    int[] counts = new int[centres.length / width];
    Centroids.ofL2(centres, counts.length, width)
        .nearest(sample, 0, width, best.length, best, new float[best.length], 0);
    for (int c : best) {
      counts[c]++;
    }
    return Arrays.stream(counts).max().orElse(0) <= best.length * 3 / 4;
  }

  /// The partitions nearest to one, but for those that go anyway.
  private List<Integer> neighbours(int partition, Set<Integer> without) {
    double[] distances = new double[sizes.length];
    int width = model.width();
    for (int p = 0; p < sizes.length; p++) {
      for (int d = 0; d < width; d++) {
        double apart = model.centres()[p * width + d] - model.centres()[partition * width + d];
        distances[p] += apart * apart;
      }
    }
    return IntStream.range(0, sizes.length)
        .boxed()
        .filter(p -> !without.contains(p))
        .sorted((a, b) -> Double.compare(distances[a], distances[b]))
        .limit(NEIGHBOURS)
        .toList();
  }
}
