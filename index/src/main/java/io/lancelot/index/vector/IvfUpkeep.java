package io.lancelot.index.vector;

import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Decides what an update of a vector index does with the segments that there are.
///
/// A model is good for rows like those it was trained on, and for about as many. New rows that it
/// suits are coded by it and join its segment; those that it does not suit are trained on
/// themselves, in a segment of their own. Segments are trained anew as one, from their vectors,
/// when their rows have doubled or halved, or when what comes beside them is not much smaller: so a
/// row is coded anew about as often as its table doubles.
final class IvfUpkeep {

  /// Segments up to so many times as large as what comes beside them become one with it.
  private static final int BESIDE = 8;

  /// A search looks into each segment, so there are few.
  private static final int MOST_SEGMENTS = 4;

  /// A model is trained anew when its rows have become so many times as many, or as few.
  private static final int OUTGROWN = 2;

  /// Rows are strangers to a model whose centres are so many times as far from them as from its
  /// own, by mean squared distance. Unseen rows of the same kind come to 1.2 at the most.
  private static final double STRANGE = 1.5;

  private static final int SAMPLE_ROWS = 4096;

  private final List<IvfIndex> held;
  private final IndexSource added;
  private final VectorSource vectors;
  private final IndexFiles files;
  private final boolean lists;

  /// @param held at least one segment
  IvfUpkeep(List<IvfIndex> held, IndexSource added, IndexFiles files) {
    VectorType type = held.getFirst().model().type();
    this.held = held;
    this.added = added;
    this.files = files;
    this.vectors = new VectorSource(files.context(), added, type);
    this.lists = type.lists();
  }

  /// What to do.
  sealed interface Step {

    /// Codes the new rows by a segment's model, and takes over the records of some segments.
    ///
    /// @param joined of the same model; none to leave the new rows beside them
    record Join(IvfModel model, List<IvfIndex> joined) implements Step {}

    /// Trains on the new rows and on those of some segments.
    ///
    /// @param like the model whose settings are kept
    /// @param partitions to have
    record Train(IvfModel like, int partitions, List<IvfIndex> absorbed) implements Step {}
  }

  Step decide() {
    if (vectors.count() == 0 && mostlyDead()) {
      return train(held);
    }
    IvfIndex like = null;
    double least = Double.MAX_VALUE;
    for (IvfIndex index : held) {
      double loss = loss(index);
      if (loss <= least) {
        like = index;
        least = loss;
      }
    }
    if (like == null) {
      return train(absorbed());
    }
    List<IvfIndex> alike = new ArrayList<>();
    for (IvfIndex index : held) {
      if (index.copyable() && index.sameModel(like)) {
        alike.add(index);
      }
    }
    // Graphs are made anew for every row: dear, so a small delta stays beside them.
    long rows = rows(held);
    boolean join =
        !alike.isEmpty()
            && (vectors.count() == 0
                || !like.model().graph()
                || vectors.count() * BESIDE > rows
                || held.size() >= MOST_SEGMENTS);
    IvfModel model = like.model().with(trained(like));
    if (!join) {
      return new Step.Join(model, List.of());
    }
    long now = live(alike);
    long then = model.trained().orElseThrow().rows();
    return now >= OUTGROWN * then || now * OUTGROWN <= then
        ? train(alike)
        : new Step.Join(model, alike);
  }

  /// Trains all anew.
  Step.Train anew() {
    return train(held);
  }

  /// Leaves the new rows apart, with a model of their own.
  Step.Train apart() {
    return train(held.size() < MOST_SEGMENTS ? List.of() : absorbed());
  }

  /// Whether most of what the segments hold is dead. Lists are not counted: rows may have any
  /// number of vectors.
  boolean mostlyDead() {
    return !lists && live(held) * 2 < rows(held);
  }

  private static long rows(List<IvfIndex> segments) {
    return segments.stream().mapToLong(IvfIndex::rowCount).sum();
  }

  /// How many vectors the new rows and those of some segments have.
  private long live(List<IvfIndex> segments) {
    return lists ? vectors.count() + rows(segments) : added.with(segments).rowCount();
  }

  /// Those that a new segment of the added rows makes superfluous.
  private List<IvfIndex> absorbed() {
    List<IvfIndex> absorbed = new ArrayList<>();
    long total = vectors.count();
    for (IvfIndex index :
        held.stream().sorted(Comparator.comparingLong(IvfIndex::rowCount)).toList()) {
      boolean tooMany = held.size() - absorbed.size() >= MOST_SEGMENTS;
      if (tooMany || index.rowCount() <= BESIDE * total) {
        absorbed.add(index);
        total += index.rowCount();
      }
    }
    return absorbed;
  }

  /// Partitions grow in number as those of a new index would.
  private Step.Train train(List<IvfIndex> absorbed) {
    IvfIndex largest = held.getFirst();
    for (IvfIndex index : absorbed.isEmpty() ? held : absorbed) {
      largest = index.rowCount() > largest.rowCount() ? index : largest;
    }
    IvfModel model = largest.model();
    IvfModel.Trained trained = trained(largest);
    IvfParams usual = IvfParams.of(model);
    double share =
        (double) trained.partitions() / usual.partitionsFor(trained.rows(), model.graph());
    long wanted = Math.round(share * usual.partitionsFor(live(absorbed), model.graph()));
    return new Step.Train(model, Math.clamp(wanted, 1, 1 << 16), absorbed);
  }

  /// What a model was trained for; of one that does not say, what it serves now.
  private IvfModel.Trained trained(IvfIndex index) {
    return index
        .model()
        .trained()
        .orElseGet(
            () -> new IvfModel.Trained(index.rowCount(), index.partitionCount(), lossOfOwn(index)));
  }

  private double lossOfOwn(IvfIndex index) {
    VectorSource own =
        new VectorSource(files.context(), added.with(List.of(index)), index.model().type());
    return own.isEmpty() ? 0 : fit(own, index).loss();
  }

  private IvfBuilder.Fit fit(VectorSource rows, IvfIndex index) {
    VectorType type = index.model().type();
    return new IvfBuilder(files.context(), rows, type, BuildProgress.NONE)
        .fit(index.model(), rows.sample(SAMPLE_ROWS));
  }

  /// How far the new rows are from the centres of a segment; infinitely, if its model does not suit
  /// them.
  private double loss(IvfIndex index) {
    if (vectors.isEmpty()) {
      return 0;
    }
    IvfBuilder.Fit fit = fit(vectors, index);
    // Of equal rows nothing but what rounding makes is left.
    boolean far = fit.loss() > STRANGE * trained(index).loss() + 1e-6 * fit.square();
    boolean clipped = false;
    if (index.model().codec() instanceof SqCodec codec) {
      double step = (codec.end() - codec.start()) / 255;
      clipped = fit.clipped() > codec.dim() * step * step / 12;
    }
    return far || clipped ? Double.POSITIVE_INFINITY : fit.loss();
  }
}
