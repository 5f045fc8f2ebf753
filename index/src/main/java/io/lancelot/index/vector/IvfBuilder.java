package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.kernels.Centroids;
import io.lancelot.kernels.Metric;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Builds a segment: trains on a sample, finds each row's partition, encodes, and writes. A row is
/// a vector here: of a column of lists, every one of them is a row with the same id.
///
/// Memory: the sample, the number of each row's partition, and the records of as many partitions as
/// the budget allows with the ids of their rows; the rows are read again for each such group.
final class IvfBuilder {

  private static final int CHUNK_FLOATS = 1 << 20;
  private static final int MAX_CHUNK_ROWS = 8192;
  private static final long SAMPLE_BYTES = 128L << 20;
  private static final int SLICES = 8;

  /// Smaller groups have the rows read too often.
  private static final long GROUP_BYTES = 16L << 20;

  /// Values so large are written, and read again, as they are.
  static final int VIEW_BYTES = 128;

  private final Context context;
  private final VectorSource source;
  private final VectorType type;
  private final BuildProgress progress;

  IvfBuilder(Context context, VectorSource source, VectorType type, BuildProgress progress) {
    this.context = context;
    this.source = source;
    this.type = type;
    this.progress = progress;
  }

  /// The partition of each row of the source, and what was seen on the way.
  ///
  /// @param partitions by position in the source, -1 for rows that take no part
  /// @param counts rows of each partition
  /// @param low the smallest number of all
  record Assigned(int[] partitions, int[] counts, float low, float high) {}

  /// Trains on the source and assigns its rows.
  IvfModel train(Coding coding, boolean graph, IvfParams params) {
    int width = type.width(params.metric());
    long rows = source.count();
    int wanted = params.partitionsFor(rows, graph);
    float[] sample = sample(params.metric(), width, (long) wanted * params.sampleRate());
    int sampled = sample.length / width;
    if (sampled == 0 && rows > 0) {
      checkOnlyNulls();
    }
    float[] centres = new float[width];
    if (sampled > 0) {
      centres =
          wanted == 1
              ? mean(sample, width)
              : new KMeans(context, params.metric(), KMeans.Rows.of(sample, width), 7)
                  .train(wanted, params.maxIterations(), progress);
    }
    centres = type.centres(centres);
    int[] best = new int[sampled];
    double loss = toResiduals(params.metric(), sample, width, centres, best);
    if (sampled > 0) {
      centres = withoutEmpty(centres, width, best);
    }
    Codec codec =
        switch (coding) {
          case FLAT -> new FlatCodec(type, params.metric());
          // The bounds are found with the partitions.
          case SQ -> new SqCodec(width, 0, 0);
          case PQ -> {
            if (params.metric() == Metric.DOT) {
              backToVectors(sample, width, centres, best);
            }
            yield PqCodec.train(context, type, params, sample, sampled, centres, progress);
          }
          case RQ ->
              new RqCodec(
                  width, params.metric(), params.bits(), Rotation.random(width, 11), centres);
        };
    return new IvfModel(
        type,
        params.metric(),
        centres,
        codec,
        graph,
        params.m(),
        params.efConstruction(),
        sampled == 0 ? Optional.empty() : Optional.of(loss),
        Optional.of(
            new IvfModel.Trained(rows, wanted, Double.isFinite(loss) ? loss : Double.MAX_VALUE)),
        params.partitionRows());
  }

  /// Nulls make a small or empty index; nothing but broken numbers is a mistake to be told.
  private void checkOnlyNulls() {
    try (BatchStream stream = source.vectors()) {
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        if (batch.column(0).nullCount() < batch.rowCount()) {
          throw new InvalidInputException(
              "vector index: expected=finite vectors (not zero under cosine), found=none (column="
                  + source.name()
                  + ", rows="
                  + source.count()
                  + ")");
        }
      }
    }
  }

  private static float[] mean(float[] sample, int width) {
    double[] sums = new double[width];
    for (int i = 0; i < sample.length; i++) {
      sums[i % width] += sample[i];
    }
    float[] mean = new float[width];
    for (int d = 0; d < width; d++) {
      mean[d] = (float) (sums[d] * width / sample.length);
    }
    return mean;
  }

  /// Subtracts from each row the centre of its partition; returns the mean loss.
  private double toResiduals(
      Metric metric, float[] sample, int width, float[] centres, int[] best) {
    float[] scores = new float[best.length];
    nearest(IvfModel.centroids(metric, centres, width), sample, width, best, scores);
    double loss = 0;
    for (int i = 0; i < best.length; i++) {
      loss += IvfModel.loss(metric, sample, i, centres, best[i], width);
      for (int d = 0; d < width; d++) {
        sample[i * width + d] -= centres[best[i] * width + d];
      }
    }
    return loss / Math.max(1, best.length);
  }

  /// Gives up centres without rows, as all but some are of directions that hardly differ.
  ///
  /// @param best the centre of each row, renumbered
  private static float[] withoutEmpty(float[] centres, int width, int[] best) {
    int[] number = new int[centres.length / width];
    for (int c : best) {
      number[c] = 1;
    }
    int kept = 0;
    float[] left = new float[centres.length];
    for (int c = 0; c < number.length; c++) {
      if (number[c] > 0) {
        System.arraycopy(centres, c * width, left, kept * width, width);
        number[c] = kept++;
      }
    }
    Arrays.setAll(best, i -> number[best[i]]);
    return Arrays.copyOf(left, kept * width);
  }

  private static void backToVectors(float[] sample, int width, float[] centres, int[] best) {
    for (int i = 0; i < sample.length; i++) {
      sample[i] += centres[best[i / width] * width + i % width];
    }
  }

  private void nearest(Centroids centroids, float[] rows, int width, int[] best, float[] scores) {
    List<Integer> tasks = new ArrayList<>();
    int step = 2048;
    for (int first = 0; first < best.length; first += step) {
      tasks.add(first);
    }
    Parallel.run(
        context,
        tasks,
        first -> {
          int count = Math.min(step, best.length - first);
          centroids.nearest(rows, first * width, width, count, best, scores, first);
          return first;
        },
        _ -> {});
  }

  /// How many rows are drawn for training at the most.
  static long sampleRows(Context context, int width, long wanted, long rows) {
    long budget = Math.min(SAMPLE_BYTES, context.memory().limitBytes() / 8);
    return Math.min(Math.max(1, budget / 4 / width), Math.min(Math.max(wanted, 65_536), rows));
  }

  /// Bytes of records and ids of the partitions that are written together.
  static long groupBytes(Context context) {
    long limit = context.memory().limitBytes();
    return Math.max(Math.min(GROUP_BYTES, limit / 3), limit / 4);
  }

  /// Rows for training, in random order.
  private float[] sample(Metric metric, int width, long wanted) {
    long rows = source.count();
    int most = (int) sampleRows(context, width, wanted, rows);
    float[] sample = new float[most * width];
    SplittableRandom random = new SplittableRandom(3);
    int taken = 0;
    long seen = 0;
    try (Reader reader = new Reader(metric, false)) {
      for (int count = reader.next(); count > 0; count = reader.next()) {
        for (int i = 0; i < count; i++) {
          if (!reader.usable[i]) {
            continue;
          }
          // A reservoir: every row has the same chance to stay.
          long place = seen < most ? seen : random.nextLong(seen + 1);
          seen++;
          if (place < most) {
            System.arraycopy(reader.rows, i * width, sample, (int) place * width, width);
            taken = Math.max(taken, (int) place + 1);
          }
        }
        progress.report("sample", seen, rows);
      }
    }
    sample = taken == most ? sample : Arrays.copyOf(sample, taken * width);
    shuffle(sample, width, random);
    return sample;
  }

  /// Rows of some partitions for training, in random order: at most so many of each.
  Map<Integer, float[]> samples(Metric metric, Assigned assigned, Set<Integer> of, int most) {
    int width = type.width(metric);
    Map<Integer, float[]> samples = new HashMap<>();
    Map<Integer, Integer> seen = new HashMap<>();
    for (int p : of) {
      samples.put(p, new float[Math.min(most, assigned.counts()[p]) * width]);
    }
    SplittableRandom random = new SplittableRandom(3);
    int at = 0;
    try (Reader reader = new Reader(metric, false)) {
      for (int count = reader.next(); count > 0; count = reader.next()) {
        for (int i = 0; i < count; i++) {
          int p = assigned.partitions()[at + i];
          float[] sample = samples.get(p);
          if (sample != null) {
            int before = seen.merge(p, 1, Integer::sum) - 1;
            int place = before < most ? before : random.nextInt(before + 1);
            if (place < most) {
              System.arraycopy(reader.rows, i * width, sample, place * width, width);
            }
          }
        }
        at += count;
      }
    }
    samples.values().forEach(sample -> shuffle(sample, width, random));
    return samples;
  }

  private static void shuffle(float[] rows, int width, SplittableRandom random) {
    float[] swap = new float[width];
    for (int i = rows.length / width - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      System.arraycopy(rows, i * width, swap, 0, width);
      System.arraycopy(rows, j * width, rows, i * width, width);
      System.arraycopy(swap, 0, rows, j * width, width);
    }
  }

  /// Finds every row's partition.
  Assigned assign(IvfModel model) {
    int width = model.width();
    Centroids centroids = model.centroids();
    int total = Math.toIntExact(source.count());
    int[] partitions = new int[total];
    int[] counts = new int[model.partitions()];
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    int at = 0;
    float[] scores = new float[MAX_CHUNK_ROWS];
    int[] best = new int[MAX_CHUNK_ROWS];
    try (Reader reader = new Reader(model.metric(), false)) {
      for (int count = reader.next(); count > 0; count = reader.next()) {
        float[] rows = reader.rows;
        slices(
            count,
            (from, size) -> centroids.nearest(rows, from * width, width, size, best, scores, from));
        for (int i = 0; i < count; i++) {
          partitions[at + i] = reader.usable[i] ? best[i] : -1;
          if (reader.usable[i]) {
            counts[best[i]]++;
            for (int d = i * width; d < (i + 1) * width; d++) {
              low = Math.min(low, rows[d]);
              high = Math.max(high, rows[d]);
            }
          }
        }
        at += count;
        progress.report("assign", at, total);
      }
    }
    if (at != total) {
      throw new IllegalStateException("rows: expected=" + total + ", found=" + at);
    }
    return new Assigned(partitions, counts, low, high);
  }

  /// How well a model suits some rows: what they lose by it.
  ///
  /// @param rows that take part
  /// @param loss mean of [IvfModel#loss]
  /// @param square mean squared length
  /// @param clipped mean squared distance from what scalar quantisation has room for
  record Fit(int rows, double loss, double square, double clipped) {}

  /// @param sample vectors with the ids of their rows; closed
  Fit fit(IvfModel model, BatchStream sample) {
    int width = model.width();
    Centroids centroids = model.centroids();
    boolean bounded = model.codec() instanceof SqCodec;
    float low = model.codec() instanceof SqCodec sq ? (float) sq.start() : 0;
    float high = model.codec() instanceof SqCodec sq ? (float) sq.end() : 0;
    float[] scores = new float[MAX_CHUNK_ROWS];
    int[] best = new int[MAX_CHUNK_ROWS];
    int rows = 0;
    double loss = 0;
    double square = 0;
    double clipped = 0;
    try (Reader reader = new Reader(sample, model.metric(), false)) {
      for (int count = reader.next(); count > 0; count = reader.next()) {
        float[] chunk = reader.rows;
        slices(
            count,
            (from, size) ->
                centroids.nearest(chunk, from * width, width, size, best, scores, from));
        for (int i = 0; i < count; i++) {
          if (!reader.usable[i]) {
            continue;
          }
          rows++;
          loss += IvfModel.loss(model.metric(), chunk, i, model.centres(), best[i], width);
          for (int d = 0; d < width; d++) {
            double x = chunk[i * width + d];
            double outside = bounded ? Math.max(0, Math.max(low - x, x - high)) : 0;
            square += x * x;
            clipped += outside * outside;
          }
        }
      }
    }
    int mean = Math.max(1, rows);
    return new Fit(rows, loss / mean, square / mean, clipped / mean);
  }

  private interface Slice {
    void run(int from, int size);
  }

  private void slices(int count, Slice work) {
    int step = Math.max(64, (count + SLICES - 1) / SLICES);
    List<Integer> tasks = new ArrayList<>();
    for (int first = 0; first < count; first += step) {
      tasks.add(first);
    }
    Parallel.run(
        context,
        tasks,
        first -> {
          work.run(first, Math.min(step, count - first));
          return first;
        },
        _ -> {});
  }

  /// The rows of the source as floats, a chunk at a time.
  private final class Reader implements AutoCloseable {
    private final BatchStream stream;
    private final Metric metric;
    private final boolean withIds;
    private final int width;
    private final int capacity;
    private final float[] rows;
    private final boolean[] usable;
    private final long[] ids;
    private @Nullable Batch batch;
    private int position;

    Reader(Metric metric, boolean withIds) {
      this(source.vectors(), metric, withIds);
    }

    Reader(BatchStream stream, Metric metric, boolean withIds) {
      this.stream = stream;
      this.metric = metric;
      this.withIds = withIds;
      this.width = type.width(metric);
      this.capacity = Math.clamp(CHUNK_FLOATS / width, 64, MAX_CHUNK_ROWS);
      this.rows = new float[capacity * width];
      this.usable = new boolean[capacity];
      this.ids = new long[capacity];
    }

    /// Fills the chunk; returns its rows, 0 at the end.
    int next() {
      int count = 0;
      while (count < capacity) {
        Batch current = batch;
        if (current == null || position == current.rowCount()) {
          batch = stream.next();
          position = 0;
          if (batch == null) {
            break;
          }
          continue;
        }
        int some = Math.min(capacity - count, current.rowCount() - position);
        FixedListColumn vectors = (FixedListColumn) current.column(0);
        FixedColumn rowIds = (FixedColumn) current.column(1);
        int first = position;
        int to = count;
        slices(
            some,
            (from, size) -> {
              for (int i = from; i < from + size; i++) {
                usable[to + i] = type.read(vectors, first + i, metric, rows, (to + i) * width);
                if (!usable[to + i]) {
                  Arrays.fill(rows, (to + i) * width, (to + i + 1) * width, 0);
                }
                if (withIds) {
                  ids[to + i] = rowIds.longAt(first + i);
                }
              }
            });
        count += some;
        position += some;
      }
      return count;
    }

    @Override
    public void close() {
      stream.close();
    }
  }

  /// Writes a segment of the source's rows, and of those that are kept from others.
  void write(IvfModel model, Assigned assigned, Kept kept, IndexFiles into) {
    int partitions = model.partitions();
    int recordBytes = model.codec().recordBytes();
    long[] most = new long[partitions];
    for (int p = 0; p < partitions; p++) {
      most[p] = assigned.counts()[p] + kept.rows(p);
    }
    long share = groupBytes(context);
    long all = Arrays.stream(most).sum();
    try (IvfWriter writer = new IvfWriter(model, all, into, progress)) {
      for (int first = 0; first < partitions; ) {
        int end = first;
        long rows = 0;
        // The ids of the rows are held as well.
        while (end < partitions
            && (end == first || (rows + most[end]) * (recordBytes + 8L) <= share)) {
          rows += most[end++];
        }
        // A scratch of its own: a larger group would take its memory beside that of the one before.
        try (Scratch scratch = context.memory().scratch()) {
          writeGroup(model, assigned, kept, first, end, rows * recordBytes, writer, scratch);
        }
        first = end;
      }
      writer.finish();
    }
  }

  private void writeGroup(
      IvfModel model,
      Assigned assigned,
      Kept kept,
      int first,
      int end,
      long bytes,
      IvfWriter writer,
      Scratch scratch) {
    int recordBytes = model.codec().recordBytes();
    MemorySegment records = scratch.allocateBytes(Math.max(64, bytes));
    long[] next = new long[end - first + 1];
    long[][] ids = new long[end - first][];
    int[] filled = new int[end - first];
    long[] base = new long[end - first];
    long slot = 0;
    for (int p = first; p < end; p++) {
      long rows = assigned.counts()[p] + kept.rows(p);
      base[p - first] = slot;
      ids[p - first] = new long[Math.toIntExact(rows)];
      filled[p - first] = kept.copy(p, ids[p - first], records.asSlice(slot * recordBytes));
      next[p - first] = slot + filled[p - first];
      slot += rows;
    }
    encodeGroup(model, assigned, first, end, next, base, ids, filled, records);
    for (int p = first; p < end; p++) {
      writer.write(
          Arrays.copyOf(ids[p - first], filled[p - first]),
          records.asSlice(base[p - first] * recordBytes, (long) filled[p - first] * recordBytes));
    }
  }

  private void encodeGroup(
      IvfModel model,
      Assigned assigned,
      int first,
      int end,
      long[] next,
      long[] base,
      long[][] ids,
      int[] filled,
      MemorySegment records) {
    int width = model.width();
    int at = 0;
    if (assigned.partitions().length == 0) {
      return;
    }
    int total = Arrays.stream(assigned.counts()).sum();
    int encoded = Arrays.stream(assigned.counts(), 0, first).sum();
    int[] partitions = new int[MAX_CHUNK_ROWS];
    long[] slots = new long[MAX_CHUNK_ROWS];
    try (Reader reader = new Reader(model.metric(), true)) {
      for (int count = reader.next(); count > 0; count = reader.next()) {
        for (int i = 0; i < count; i++) {
          int p = assigned.partitions()[at + i];
          partitions[i] = p >= first && p < end ? p : -1;
          if (partitions[i] >= 0) {
            slots[i] = next[p - first]++;
            ids[p - first][(int) (slots[i] - base[p - first])] = reader.ids[i];
            filled[p - first]++;
            encoded++;
          }
        }
        float[] rows = reader.rows;
        slices(
            count,
            (from, size) ->
                model.codec().encode(rows, from * width, size, partitions, slots, from, records));
        at += count;
        progress.report("encode", encoded, total);
      }
    }
  }

  /// Rows of neighbours as a list column.
  static ListColumn lists(
      io.lancelot.columnar.DataType type,
      int[][] lists,
      Scratch scratch,
      boolean floats,
      float[][] values) {
    int total = 0;
    for (int[] list : lists) {
      total += list.length;
    }
    MemorySegment offsets = scratch.allocateBytes(4L * (lists.length + 1));
    MemorySegment items = scratch.allocateBytes(4L * Math.max(1, total));
    int at = 0;
    for (int i = 0; i < lists.length; i++) {
      offsets.set(FixedColumn.INT, 4L * i, at);
      for (int j = 0; j < lists[i].length; j++, at++) {
        if (floats) {
          items.set(FixedColumn.FLOAT, 4L * at, values[i][j]);
        } else {
          items.set(FixedColumn.INT, 4L * at, lists[i][j]);
        }
      }
    }
    offsets.set(FixedColumn.INT, 4L * lists.length, at);
    io.lancelot.columnar.DataType item =
        ((io.lancelot.columnar.DataType.ListOf) type).item().type();
    return new ListColumn(
        type, lists.length, offsets, new FixedColumn(item, total, items, null), null);
  }
}
