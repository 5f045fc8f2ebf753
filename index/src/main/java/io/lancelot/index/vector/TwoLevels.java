package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.Parallel;
import io.lancelot.index.BuildProgress;
import io.lancelot.kernels.Metric;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Many centres in two levels: few coarse ones, whose cells share the wanted ones by their rows,
/// then those of each cell from its rows alone, at last whole rounds over all, so that the borders
/// of cells do not matter. Only those compare each row with each centre.
///
/// Memory: the numbers of the rows by cell, and copies of the rows of the cells being trained.
final class TwoLevels {

  /// Rounds over all rows and centres at the end: after one alone the loss of directions was 5 %
  /// above that of one level, after two 0.5 %.
  static final int WHOLE_ROUNDS = 2;

  /// How much more of the progress a whole round is than either level.
  private static final int WHOLE_WEIGHT = 8;

  /// A cell with more than this part of the rows is trained alone, by all threads.
  private static final int LARGE_CELL = 16;

  private final Context context;
  private final Metric metric;
  private final KMeans.Rows rows;
  private final SplittableRandom random;

  TwoLevels(Context context, Metric metric, KMeans.Rows rows, SplittableRandom random) {
    this.context = context;
    this.metric = metric;
    this.rows = rows;
    this.random = random;
  }

  /// Rows of one coarse centre.
  ///
  /// @param members numbers of rows
  /// @param wanted centres to be found
  private record Cell(int number, int[] members, int wanted, long seed) {}

  /// Centres of a cell.
  private record Trained(Cell cell, float[] centres) {}

  /// @param wanted not more than rows
  float[] train(int wanted, int maxRounds, BuildProgress progress) {
    int wholeRounds = Math.min(WHOLE_ROUNDS, maxRounds);
    long count = rows.count();
    long all = count * (2 + WHOLE_WEIGHT * wholeRounds);
    BuildProgress first =
        (stage, done, total) -> progress.report(stage, total == 0 ? 0 : done * count / total, all);
    KMeans kMeans = new KMeans(context, metric, rows, random.nextLong());
    float[] coarse = kMeans.trainFlat((int) Math.sqrt(wanted), maxRounds, first);
    List<Cell> cells = cells(kMeans.nearest(coarse), coarse.length / rows.dim(), wanted);
    float[] centres =
        trainCells(cells, maxRounds, (stage, done, _) -> progress.report(stage, count + done, all));
    centres =
        kMeans.refine(
            centres,
            wanted,
            wholeRounds,
            (stage, done, _) -> progress.report(stage, 2 * count + WHOLE_WEIGHT * done, all));
    progress.report("k-means", all, all);
    return centres;
  }

  private List<Cell> cells(int[] best, int count, int wanted) {
    int[] sizes = new int[count];
    for (int cell : best) {
      sizes[cell]++;
    }
    int[][] members = new int[count][];
    Arrays.setAll(members, c -> new int[sizes[c]]);
    int[] filled = new int[count];
    for (int i = 0; i < best.length; i++) {
      members[best[i]][filled[best[i]]++] = i;
    }
    int[] shares = shares(sizes, wanted);
    List<Cell> cells = new ArrayList<>();
    for (int c = 0; c < count; c++) {
      if (sizes[c] > 0) {
        cells.add(new Cell(cells.size(), members[c], shares[c], random.nextLong()));
      }
    }
    return cells;
  }

  /// Divides centres among cells by their rows, the rest by largest remainder. Each cell with rows
  /// gets one first, and its other rows count for the others, so that none gets more than rows.
  ///
  /// @param wanted not less than cells, and not more than rows
  static int[] shares(int[] sizes, int wanted) {
    int[] shares = new int[sizes.length];
    long[] remainders = new long[sizes.length];
    long cells = Arrays.stream(sizes).filter(size -> size > 0).count();
    long others = Arrays.stream(sizes).asLongStream().sum() - cells;
    long left = wanted - cells;
    for (int c = 0; c < sizes.length; c++) {
      long part = (wanted - cells) * Math.max(0, sizes[c] - 1);
      shares[c] = sizes[c] == 0 ? 0 : 1 + (int) (part / Math.max(1, others));
      remainders[c] = part % Math.max(1, others);
      left -= Math.max(0, shares[c] - 1);
    }
    IntStream.range(0, sizes.length)
        .boxed()
        .sorted(Comparator.comparingLong(c -> -remainders[c]))
        .limit(left)
        .forEach(c -> shares[c]++);
    return shares;
  }

  private float[] trainCells(List<Cell> cells, int maxRounds, BuildProgress progress) {
    float[][] centres = new float[cells.size()][];
    long[] done = {0};
    // Rows of the few large cells are held one cell at a time.
    List<Cell> small = new ArrayList<>();
    for (Cell cell : cells) {
      if (cell.members().length > rows.count() / LARGE_CELL) {
        long before = done[0];
        int size = cell.members().length;
        BuildProgress inner =
            (stage, part, total) ->
                progress.report(
                    stage, before + (total == 0 ? 0 : part * size / total), rows.count());
        centres[cell.number()] = centres(context, cell, maxRounds, inner);
        done[0] += size;
      } else {
        small.add(cell);
      }
    }
    small.sort(Comparator.comparingInt(cell -> -cell.members().length));
    Context alone =
        new Context(context.memory(), context.cpu(), 1, context.clock(), context.random());
    Parallel.run(
        context,
        small,
        cell -> new Trained(cell, centres(alone, cell, maxRounds, BuildProgress.NONE)),
        trained -> {
          centres[trained.cell().number()] = trained.centres();
          done[0] += trained.cell().members().length;
          progress.report("k-means", done[0], rows.count());
        });
    return joined(centres);
  }

  private float[] centres(Context within, Cell cell, int maxRounds, BuildProgress progress) {
    int dim = rows.dim();
    int[] members = cell.members();
    float[] copy = new float[members.length * dim];
    for (int i = 0; i < members.length; i++) {
      System.arraycopy(rows.data(), rows.offset() + members[i] * rows.stride(), copy, i * dim, dim);
    }
    return new KMeans(within, metric, KMeans.Rows.of(copy, dim), cell.seed())
        .trainFlat(cell.wanted(), maxRounds, progress);
  }

  private static float[] joined(float[][] parts) {
    float[] all = new float[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
