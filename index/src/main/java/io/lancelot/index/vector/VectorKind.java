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
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// Vectors divided into partitions, in one of several codings, with or without graphs.
public final class VectorKind implements IndexKind {

  /// A delta is added beside the segments that there are until they would hold so many times its
  /// rows: then all become one.
  private static final int MERGE_SHARE = 8;

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
    VectorSource vectors = new VectorSource(into.context(), source, type);
    checkRoom(vectors, type, params, into.context());
    IvfBuilder builder = new IvfBuilder(into.context(), vectors, type, progress);
    IvfModel model = builder.train(coding, graph, params);
    IvfBuilder.Assigned assigned = builder.assign(model);
    if (coding == Coding.SQ) {
      boolean any = assigned.low() <= assigned.high();
      Codec codec = new SqCodec(type.dim(), any ? assigned.low() : 0, any ? assigned.high() : 0);
      model = withCodec(model, codec);
    }
    builder.write(model, assigned, List.of(), RowMapping.IDENTITY, into);
    return new Built(Wire.details(coding, graph, params), version(coding), List.of());
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
  private void checkRoom(VectorSource vectors, VectorType type, IvfParams params, Context context) {
    try {
      new IvfEstimate(context, type, params, coding, graph, vectors.count()).check();
    } catch (ResourceExhaustedException _) {
      new IvfEstimate(context, type, params, coding, graph, vectors.present()).check();
    }
  }

  private static IvfModel withCodec(IvfModel model, Codec codec) {
    return new IvfModel(
        model.type(),
        model.metric(),
        model.centres(),
        codec,
        model.graph(),
        model.m(),
        model.efConstruction(),
        model.loss());
  }

  private static int version(Coding coding) {
    return coding == Coding.RQ ? 2 : 1;
  }

  @Override
  public Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    List<IvfIndex> held = new ArrayList<>();
    for (OpenIndex segment : segments) {
      if (segment instanceof IvfIndex index) {
        held.add(index);
      }
    }
    if (held.isEmpty()) {
      throw new IllegalArgumentException("no segment to update");
    }
    IvfIndex last = held.getLast();
    List<IvfIndex> merged = new ArrayList<>();
    long rows = held.stream().mapToLong(IvfIndex::rowCount).sum();
    VectorSource vectors = new VectorSource(into.context(), added, last.model().type());
    boolean retrain = vectors.count() > rows;
    for (IvfIndex index : held) {
      if (index.copyable() && index.sameModel(last)) {
        merged.add(index);
      }
    }
    // Graphs are made anew for every row: dear, so a small delta stays beside them.
    boolean merge =
        !merged.isEmpty()
            && (vectors.count() == 0
                || !last.model().graph()
                || vectors.count() * MERGE_SHARE > rows
                || held.size() >= 4);
    IvfModel model = last.model();
    IvfBuilder builder = new IvfBuilder(into.context(), vectors, model.type(), progress);
    IvfParams params = params(model);
    if (retrain && !merge) {
      model = builder.train(model.codec().coding(), model.graph(), params);
    }
    IvfBuilder.Assigned assigned = builder.assign(model);
    builder.write(model, assigned, merge ? merged : List.of(), moved, into);
    return new Built(
        Wire.details(model.codec().coding(), model.graph(), params),
        version(model.codec().coding()),
        merge ? List.copyOf(merged) : List.of());
  }

  private static IvfParams params(IvfModel model) {
    int bits =
        switch (model.codec()) {
          case PqCodec pq -> pq.bits();
          case RqCodec rq -> rq.bits();
          case FlatCodec _, SqCodec _ -> 8;
        };
    return new IvfParams(
        model.metric(),
        OptionalInt.empty(),
        OptionalLong.empty(),
        50,
        256,
        model.codec() instanceof PqCodec pq ? pq.subVectors() : 0,
        bits,
        model.m(),
        model.efConstruction());
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
      opened = Optional.of(new IvfIndex(files, IvfReader.read(type, index, codes)));
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
