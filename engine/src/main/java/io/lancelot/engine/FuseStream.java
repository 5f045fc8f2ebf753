package io.lancelot.engine;

import io.lancelot.base.Parallel;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Puts the rows of searches into one ranking. A page must not change what the pages before it
/// showed, though it looks deeper into each search: so the ranking grows by pages. Each page ranks
/// what the searches find up to its end, and takes the best rows that no page before has taken.
final class FuseStream extends SearchStream<Plan.Fuse> {

  /// What one search found, best first.
  private record Found(List<Integer> candidates, List<Float> values) {
    Found() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  private final Optional<BatchStream> vector;
  private final Optional<BatchStream> text;
  private final Map<Long, Integer> candidates = new LinkedHashMap<>();

  FuseStream(
      Execution execution,
      Plan.Fuse plan,
      Optional<BatchStream> vector,
      Optional<BatchStream> text) {
    super(execution, plan);
    this.vector = vector;
    this.text = text;
  }

  @Override
  Batch find() {
    IdentityHashMap<BatchStream, Batch> begun = begin();
    List<Found> near = new ArrayList<>();
    vector.ifPresent(rows -> read(rows, begun.get(rows), Plan.DISTANCE.name(), near));
    List<Found> worded = new ArrayList<>();
    text.ifPresent(rows -> read(rows, begun.get(rows), Plan.SCORE.name(), worded));
    return new Ranking(near, worded).result();
  }

  /// The first rows of both searches, which look side by side: a search looks when it is first
  /// asked.
  private IdentityHashMap<BatchStream, Batch> begin() {
    IdentityHashMap<BatchStream, Batch> begun = new IdentityHashMap<>();
    Parallel.run(
        execution.context(),
        Stream.concat(vector.stream(), text.stream()).toList(),
        rows -> new Begun(rows, rows.next()),
        first -> {
          if (first.batch != null) {
            begun.put(first.rows, first.batch);
          }
        });
    return begun;
  }

  private record Begun(BatchStream rows, @Nullable Batch batch) {}

  private void read(BatchStream rows, @Nullable Batch first, String column, List<Found> lists) {
    lists.add(new Found());
    boolean addressed = rows.schema().indexOf(Plan.ROW_ADDRESS.name()) >= 0;
    for (Batch batch = first; batch != null; batch = rows.next()) {
      FixedColumn places =
          (FixedColumn) batch.column(addressed ? Plan.ROW_ADDRESS.name() : Plan.ROW_ID.name());
      FixedColumn numbers = (FixedColumn) batch.column(column);
      int queries = batch.schema().indexOf(Plan.QUERY_INDEX.name());
      for (int i = 0; i < batch.rowCount(); i++) {
        int list = queries < 0 ? 0 : ((FixedColumn) batch.column(queries)).intAt(i);
        while (lists.size() <= list) {
          lists.add(new Found());
        }
        long address = addressed ? places.longAt(i) : execution.addressOf(places.longAt(i));
        Integer candidate = candidates.putIfAbsent(address, candidates.size());
        lists.get(list).candidates.add(candidate == null ? candidates.size() - 1 : candidate);
        lists.get(list).values.add(numbers.floatAt(i));
      }
    }
  }

  /// The ranking at work.
  private final class Ranking {
    private final List<Found> near;
    private final List<Found> worded;
    private final long[] addresses;
    private final Batch contents;
    private final boolean[] taken;
    private final int[] order;
    private final float[] relevance;
    private int size;

    Ranking(List<Found> near, List<Found> worded) {
      this.near = near;
      this.worded = worded;
      int count = candidates.size();
      this.addresses = new long[count];
      candidates.forEach((address, at) -> addresses[at] = address);
      List<String> columns = plan.settings().fusion().columns();
      this.contents =
          columns.isEmpty()
              ? new Batch(Schema.of(), count, List.of())
              : execution.table().take(execution.snapshot(), addresses, count, columns, scratch);
      this.taken = new boolean[count];
      this.order = new int[count];
      this.relevance = new float[count];
    }

    Batch result() {
      long page = Math.max(1, plan.limit());
      long end = Math.min(plan.offset() + page, addresses.length);
      long depth = 0;
      while (size < end) {
        depth += page;
        grow((int) Math.min(depth, Integer.MAX_VALUE), (int) Math.min(end, size + page));
      }
      return batch();
    }

    /// Ranks what each search finds first, and takes the best of the rest.
    private void grow(int depth, int to) {
      int[] found = within(depth);
      float[] scored = Fusion.relevance(plan.settings(), candidatesOf(found, depth));
      Integer[] best = new Integer[found.length];
      Arrays.setAll(best, i -> i);
      // Equal ones in the order in which they came: vector rows first.
      Arrays.sort(best, (a, b) -> Float.compare(scored[b], scored[a]));
      for (int i = 0; i < best.length && size < to; i++) {
        int candidate = found[best[i]];
        if (!taken[candidate]) {
          taken[candidate] = true;
          relevance[size] = scored[best[i]];
          order[size++] = candidate;
        }
      }
    }

    /// The candidates that some search finds so early, in the order in which searches of that depth
    /// would find them: rows that tie keep their places however deep the searches went.
    private int[] within(int depth) {
      boolean[] in = new boolean[addresses.length];
      int[] found = new int[in.length];
      int count = 0;
      for (List<Found> lists : List.of(near, worded)) {
        for (Found list : lists) {
          for (int candidate : first(list.candidates, depth)) {
            if (!in[candidate]) {
              in[candidate] = true;
              found[count++] = candidate;
            }
          }
        }
      }
      return Arrays.copyOf(found, count);
    }

    private static int[] inOrder(int count) {
      int[] numbers = new int[count];
      Arrays.setAll(numbers, i -> i);
      return numbers;
    }

    private static <T> List<T> first(List<T> list, int count) {
      return list.subList(0, Math.min(count, list.size()));
    }

    private Fusion.Candidates candidatesOf(int[] found, int depth) {
      int[] places = new int[addresses.length];
      for (int i = 0; i < found.length; i++) {
        places[found[i]] = i;
      }
      float[] distances = values(near, depth, places, found.length);
      float[] scores = values(worded, depth, places, found.length);
      List<int[]> textRanks = ranks(worded, depth, places, found.length);
      return new Fusion.Candidates(
          plan.words(),
          contents.columns().isEmpty() || Arrays.equals(found, inOrder(addresses.length))
              ? contents
              : Batches.gather(contents, found, found.length, scratch),
          distances,
          scores,
          ranks(near, depth, places, found.length),
          textRanks.stream().findFirst());
    }

    /// The least value of each candidate.
    private static float[] values(List<Found> lists, int depth, int[] places, int count) {
      float[] values = new float[count];
      Arrays.fill(values, Float.NaN);
      for (Found list : lists) {
        for (int i = 0; i < Math.min(depth, list.candidates.size()); i++) {
          int place = places[list.candidates.get(i)];
          if (!(values[place] <= list.values.get(i))) {
            values[place] = list.values.get(i);
          }
        }
      }
      return values;
    }

    private static List<int[]> ranks(List<Found> lists, int depth, int[] places, int count) {
      List<int[]> all = new ArrayList<>();
      for (Found list : lists) {
        int[] ranks = new int[count];
        for (int i = 0; i < Math.min(depth, list.candidates.size()); i++) {
          ranks[places[list.candidates.get(i)]] = i + 1;
        }
        all.add(ranks);
      }
      return all;
    }

    private Batch batch() {
      MemorySegment where = scratch.allocateBytes(8L * size);
      MemorySegment relevances = scratch.allocateBytes(4L * size);
      for (int i = 0; i < size; i++) {
        where.set(FixedColumn.LONG, 8L * i, addresses[order[i]]);
        relevances.set(FixedColumn.FLOAT, 4L * i, relevance[i]);
      }
      List<Column> columns = new ArrayList<>();
      columns.add(new FixedColumn(Plan.ROW_ADDRESS.type(), size, where, null));
      if (plan.settings().allScores()) {
        int[] places = inOrder(addresses.length);
        if (!near.isEmpty()) {
          columns.add(nullable(values(near, Integer.MAX_VALUE, places, places.length)));
        }
        if (!worded.isEmpty()) {
          columns.add(nullable(values(worded, Integer.MAX_VALUE, places, places.length)));
        }
      }
      columns.add(new FixedColumn(Plan.RELEVANCE.type(), size, relevances, null));
      return new Batch(schema(), size, columns);
    }

    private Column nullable(float[] values) {
      MemorySegment data = scratch.allocateBytes(4L * size);
      MemorySegment valid = scratch.allocateBytes((size + 63L) / 64 * 8).fill((byte) 0);
      for (int i = 0; i < size; i++) {
        float value = values[order[i]];
        data.set(FixedColumn.FLOAT, 4L * i, value);
        if (!Float.isNaN(value)) {
          long at = i / 64 * 8L;
          valid.set(FixedColumn.LONG, at, valid.get(FixedColumn.LONG, at) | 1L << (i % 64));
        }
      }
      return new FixedColumn(
          Plan.DISTANCE.type(), size, data, size == 0 ? null : Bits.of(valid, size));
    }
  }

  @Override
  public void close() {
    vector.ifPresent(BatchStream::close);
    text.ifPresent(BatchStream::close);
    super.close();
  }
}
