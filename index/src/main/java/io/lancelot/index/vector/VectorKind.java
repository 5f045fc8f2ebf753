package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Field;
import io.lancelot.file.DataFileReader;
import io.lancelot.index.BuildEstimate;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexSource;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.OpenIndex;
import io.lancelot.index.RowMapping;
import io.lancelot.table.IndexEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// Vectors divided into partitions, in one of several codings, with or without graphs.
public final class VectorKind implements IndexKind {

  private final Coding coding;
  private final boolean graph;

  private VectorKind(Coding coding, boolean graph) {
    this.coding = coding;
    this.graph = graph;
  }

  /// Every kind of vector index.
  public static List<IndexKind> all() {
    return List.of(
        new VectorKind(Coding.PQ, false),
        new VectorKind(Coding.FLAT, false),
        new VectorKind(Coding.SQ, false),
        new VectorKind(Coding.RQ, false),
        new VectorKind(Coding.FLAT, true),
        new VectorKind(Coding.SQ, true),
        new VectorKind(Coding.PQ, true));
  }

  @Override
  public String type() {
    return "IVF_" + (graph ? "HNSW_" : "") + coding.name();
  }

  @Override
  public Set<String> aliases() {
    return graph ? Set.of("HNSW_" + coding.name()) : Set.of();
  }

  @Override
  public String detailsName() {
    return "lance.index.pb.VectorIndexDetails";
  }

  @Override
  public String typeOf(byte[] details) {
    return Wire.typeOfDetails(details).orElse(type());
  }

  @Override
  public int maxVersion() {
    return 2;
  }

  @Override
  public void check(Field field, IndexSpec spec) {
    IvfParams.of(coding, graph, VectorType.of(field), spec);
  }

  @Override
  public Built build(IndexSource source, IndexSpec spec, IndexFiles into, BuildProgress progress) {
    VectorType type = VectorType.of(source.field());
    IvfParams params = IvfParams.of(coding, graph, type, spec);
    return trained(type, coding, graph, params, source, List.of(), into, progress);
  }

  private static Built trained(
      VectorType type,
      Coding coding,
      boolean graph,
      IvfParams params,
      IndexSource source,
      List<IvfIndex> replaced,
      IndexFiles into,
      BuildProgress progress) {
    VectorSource vectors = new VectorSource(into.context(), source, type);
    checkRoom(vectors, type, params, coding, graph, into.context());
    IvfBuilder builder = new IvfBuilder(into.context(), vectors, type, progress);
    IvfModel model = builder.train(coding, graph, params);
    IvfBuilder.Assigned assigned = builder.assign(model);
    if (coding == Coding.SQ) {
      boolean any = assigned.low() <= assigned.high();
      Codec codec = new SqCodec(type.dim(), any ? assigned.low() : 0, any ? assigned.high() : 0);
      model = model.with(codec);
    }
    builder.write(model, assigned, Kept.NONE, into);
    return built(model, params, replaced);
  }

  private static Built built(IvfModel model, IvfParams params, List<IvfIndex> replaced) {
    Coding coding = model.codec().coding();
    return new Built(
        Wire.details(coding, model.graph(), params),
        coding == Coding.RQ ? 2 : 1,
        List.copyOf(replaced));
  }

  @Override
  public BuildEstimate estimate(IndexSource source, IndexSpec spec, Context context) {
    VectorType type = VectorType.of(source.field());
    IvfParams params = IvfParams.of(coding, graph, type, spec);
    long rows = new VectorSource(context, source, type).count();
    return new IvfEstimate(context, type, params, coding, graph, rows).estimate();
  }

  /// Refuses what will not fit. Rows without a vector take no room: they are counted where it
  /// matters.
  private static void checkRoom(
      VectorSource vectors,
      VectorType type,
      IvfParams params,
      Coding coding,
      boolean graph,
      Context context) {
    try {
      new IvfEstimate(context, type, params, coding, graph, vectors.count()).check();
    } catch (ResourceExhaustedException _) {
      new IvfEstimate(context, type, params, coding, graph, vectors.present()).check();
    }
  }

  @Override
  public Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    List<IvfIndex> held = held(segments);
    if (held.isEmpty()) {
      throw new IllegalArgumentException("no segment to update");
    }
    IvfUpkeep upkeep = new IvfUpkeep(held, added, into);
    return switch (upkeep.decide()) {
      case IvfUpkeep.Step.Join join -> joined(upkeep, join, moved, added, into, progress);
      case IvfUpkeep.Step.Train train -> trained(train, added, into, progress);
    };
  }

  /// Builds one segment of all rows, with the settings of those that there are.
  ///
  /// @param added source of an update
  public Built retrain(
      List<OpenIndex> segments, IndexSource added, IndexFiles into, BuildProgress progress) {
    return trained(new IvfUpkeep(held(segments), added, into).anew(), added, into, progress);
  }

  private static Built trained(
      IvfUpkeep.Step.Train train, IndexSource added, IndexFiles into, BuildProgress progress) {
    IvfModel like = train.like();
    IvfParams params = IvfParams.of(like).withPartitions(train.partitions());
    Coding as = like.codec().coding();
    IndexSource all = added.with(train.absorbed());
    return trained(like.type(), as, like.graph(), params, all, train.absorbed(), into, progress);
  }

  private static Built joined(
      IvfUpkeep upkeep,
      IvfUpkeep.Step.Join join,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    Context context = into.context();
    IvfModel model = join.model();
    List<IvfIndex> joined = join.joined();
    VectorSource vectors = new VectorSource(context, added, model.type());
    IvfBuilder builder = new IvfBuilder(context, vectors, model.type(), progress);
    IvfBuilder.Assigned assigned = builder.assign(model);
    // Lists stay where they are: rows are read by their ids, and vectors have none of their own.
    Optional<Reshaping.Reshaped> reshaped =
        joined.isEmpty() || model.type().lists()
            ? Optional.empty()
            : new Reshaping(context, model, vectors, assigned, added.with(joined), joined, moved)
                .reshape();
    if (reshaped.isEmpty()) {
      int[] same = IntStream.range(0, model.partitions()).toArray();
      builder.write(model, assigned, new Kept(joined, moved, same), into);
    } else if (reshaped.get().coarse()) {
      return trained(upkeep.apart(), added, into, progress);
    } else {
      Reshaping.Reshaped to = reshaped.get();
      IvfBuilder again = new IvfBuilder(context, to.rows(), model.type(), progress);
      Kept kept = new Kept(joined, moved, to.from());
      again.write(to.model(), again.assign(to.model()), kept, into);
    }
    return built(model, IvfParams.of(model), joined);
  }

  /// Whether segments want an [#update] although no rows came, as most of what they hold is dead.
  ///
  /// @param none source of an update without rows
  /// @param files where the update would go; nothing is written
  public boolean outlived(List<OpenIndex> segments, IndexSource none, IndexFiles files) {
    List<IvfIndex> held = held(segments);
    return !held.isEmpty() && new IvfUpkeep(held, none, files).mostlyDead();
  }

  private static List<IvfIndex> held(List<OpenIndex> segments) {
    List<IvfIndex> held = new ArrayList<>();
    for (OpenIndex segment : segments) {
      if (segment instanceof IvfIndex index) {
        held.add(index);
      }
    }
    return held;
  }

  @Override
  public OpenIndex open(IndexFiles files, IndexEntry entry, Field field) {
    VectorType type = VectorType.of(field);
    if (!files.has(IvfWriter.AUXILIARY_FILE)) {
      throw new UnsupportedFeatureException(
          "vector index of a very old release cannot be read (path=" + files.path() + ")");
    }
    DataFileReader index = files.open(IvfWriter.INDEX_FILE);
    DataFileReader codes = null;
    Optional<IvfIndex> opened = Optional.empty();
    try {
      codes = files.open(IvfWriter.AUXILIARY_FILE);
      opened =
          Optional.of(
              new IvfIndex(
                  files, IvfReader.read(type, index, codes, Wire.partitionRows(entry.details()))));
      return opened.get();
    } finally {
      if (opened.isEmpty() || !opened.get().model().graph()) {
        index.close();
      }
      if (opened.isEmpty() && codes != null) {
        codes.close();
      }
    }
  }
}
