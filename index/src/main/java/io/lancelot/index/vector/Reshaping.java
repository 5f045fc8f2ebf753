package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexSource;
import io.lancelot.index.RowMapping;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
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

  /// What comes of a split is split again when it has so many times the rows of the mean.
  private static final int STILL_FULL = 2;

  private static final int DEEPEST = 4;

  /// Fewer rows are not worth a second centre.
  private static final int LEAST_ROWS = 64;

  /// A partition is given up when it has so small a part of the mean. Training leaves small ones
  /// around rows that are far from others: they cost little, and go only when they are many.
  private static final int EMPTY = 16;

  private static final int FEW_EMPTY = 8;

  /// Partitions beside one that is split whose rows may be nearer to the new centres.
  private static final int NEIGHBOURS = 8;

  /// By such a factor, or more, rows are closer to each other than those of the training, as mean
  /// squared distances from centres.
  private static final int CROWDED = 4;

  private static final int MOST_WAYS = 1024;
  private static final int SAMPLE_ROWS = 8192;
  private static final long SAMPLE_FLOATS = 16L << 20;

  private final Context context;
  private final IvfModel model;
  private final VectorSource added;
  private final IvfBuilder.Assigned assigned;
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
    this.assigned = assigned;
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
  /// @param coarse whether the new rows lie too close together for the model's codes
  record Reshaped(IvfModel model, VectorSource rows, int[] from, boolean coarse) {}

  /// New centres for a partition.
  ///
  /// @param loss mean of [IvfModel#loss] of its rows
  private record Split(float[] centres, double loss) {}

  /// Empty if the partitions can stay as they are.
  Optional<Reshaped> reshape() {
    Set<Integer> overfull = overfull(sizes);
    Set<Integer> empty =
        IntStream.range(0, sizes.length)
            .filter(p -> sizes[p] * EMPTY < mean)
            .boxed()
            .collect(Collectors.toCollection(TreeSet::new));
    if (empty.size() * FEW_EMPTY < sizes.length) {
      empty.clear();
    }
    Map<Integer, Split> splits = overfull.isEmpty() ? Map.of() : splits(overfull);
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
    for (Split split : splits.values()) {
      centres.add(split.centres());
      from.addAll(Collections.nCopies(split.centres().length / width, -1));
    }
    boolean coarse = splits.entrySet().stream().anyMatch(s -> coarse(s.getKey(), s.getValue()));
    changed.addAll(neighbours);
    return Optional.of(
        new Reshaped(
            model.with(joined(centres)),
            added.with(covered, ids(changed, Long.MAX_VALUE)),
            from.stream().mapToInt(Integer::intValue).toArray(),
            coarse));
  }

  /// The partitions to split. Splits make the mean smaller, and others may be overfull by that.
  static Set<Integer> overfull(long[] sizes) {
    long total = Arrays.stream(sizes).sum();
    long mean = total / sizes.length;
    Set<Integer> overfull = new TreeSet<>();
    for (int before = -1; before < overfull.size(); ) {
      before = overfull.size();
      long more = overfull.stream().mapToLong(p -> ways(sizes[p], mean) - 1).sum();
      long most = Math.max(OVERFULL * (total / (sizes.length + more)), LEAST_ROWS);
      IntStream.range(0, sizes.length).filter(p -> sizes[p] > most).forEach(overfull::add);
    }
    return overfull;
  }

  /// Into how many partitions so many rows are split.
  private static int ways(long size, long mean) {
    return Math.clamp((size + mean) / Math.max(1, mean), 2, MOST_WAYS);
  }

  /// Whether a crowd of new rows lies so close that product quantisation, whose codes have steps of
  /// the size that rows were apart when it was trained, could not tell one from another.
  private boolean coarse(int partition, Split split) {
    double usual = model.trained().map(IvfModel.Trained::loss).orElse(0.0);
    return model.codec() instanceof PqCodec
        && split.loss() * CROWDED < usual
        && assigned.counts()[partition] * 2L > sizes[partition];
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
          long step = Math.max(1, Math.ceilDiv(ids.length, most));
          return IntStream.range(0, ids.length).filter(i -> i % step == 0).mapToLong(i -> ids[i]);
        })
        .toArray();
  }

  /// New centres for partitions, as far as their rows can be told apart.
  private Map<Integer, Split> splits(Set<Integer> overfull) {
    int width = model.width();
    int most = Math.clamp(SAMPLE_FLOATS / width / overfull.size(), 64, SAMPLE_ROWS);
    VectorSource some = added.with(covered, ids(overfull, most));
    IvfBuilder builder = new IvfBuilder(context, some, model.type(), BuildProgress.NONE);
    Map<Integer, float[]> samples =
        builder.samples(model.metric(), builder.assign(model), overfull, most);
    Map<Integer, Split> splits = new TreeMap<>();
    samples.forEach(
        (p, sample) -> split(sample, sizes[p]).ifPresent(split -> splits.put(p, split)));
    return splits;
  }

  /// Empty if one centre keeps most of the rows. Equal ones stay together however often they are
  /// split.
  ///
  /// @param size how many rows the sample stands for
  private Optional<Split> split(float[] sample, long size) {
    int width = model.width();
    if (sample.length / width < LEAST_ROWS) {
      return Optional.empty();
    }
    float[] centres = joined(centres(sample, size, DEEPEST));
    int[] best = nearest(centres, sample);
    int[] counts = new int[centres.length / width];
    double loss = 0;
    for (int i = 0; i < best.length; i++) {
      counts[best[i]]++;
      loss += IvfModel.loss(model.metric(), sample, i, centres, best[i], width) / best.length;
    }
    return Arrays.stream(counts).max().orElse(0) > best.length * 3 / 4
        ? Optional.empty()
        : Optional.of(new Split(centres, loss));
  }

  /// Centres for rows, each for about as many as the mean. Far rows beside a crowd draw most of the
  /// centres to themselves, as these lessen the loss most there: what a centre of the crowd keeps
  /// is split again.
  private List<float[]> centres(float[] sample, long size, int deeper) {
    int width = model.width();
    int rows = sample.length / width;
    if (rows < LEAST_ROWS) {
      return List.of();
    }
    KMeans means = new KMeans(context, model.metric(), KMeans.Rows.of(sample, width), 7);
    float[] centres =
        model
            .type()
            .centres(means.train(Math.min(ways(size, mean), rows / 16), 20, BuildProgress.NONE));
    int[] best = nearest(centres, sample);
    List<float[]> all = new ArrayList<>();
    for (int c = 0; c < centres.length / width; c++) {
      int centre = c;
      int[] own = IntStream.range(0, rows).filter(i -> best[i] == centre).toArray();
      long share = size * own.length / rows;
      boolean again = deeper > 0 && share > STILL_FULL * mean && own.length < rows;
      List<float[]> parts = again ? centres(picked(sample, own), share, deeper - 1) : List.of();
      all.addAll(
          parts.isEmpty()
              ? List.of(Arrays.copyOfRange(centres, c * width, (c + 1) * width))
              : parts);
    }
    return all;
  }

  private float[] picked(float[] sample, int[] rows) {
    int width = model.width();
    float[] picked = new float[rows.length * width];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(sample, rows[i] * width, picked, i * width, width);
    }
    return picked;
  }

  private int[] nearest(float[] centres, float[] sample) {
    int width = model.width();
    int[] best = new int[sample.length / width];
    IvfModel.centroids(model.metric(), centres, width)
        .nearest(sample, 0, width, best.length, best, new float[best.length], 0);
    return best;
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
