package io.lancelot.bench;

import io.github.jbellis.jvector.graph.GraphIndexBuilder;
import io.github.jbellis.jvector.graph.GraphSearcher;
import io.github.jbellis.jvector.graph.ImmutableGraphIndex;
import io.github.jbellis.jvector.graph.ListRandomAccessVectorValues;
import io.github.jbellis.jvector.graph.RandomAccessVectorValues;
import io.github.jbellis.jvector.graph.SearchResult;
import io.github.jbellis.jvector.graph.similarity.BuildScoreProvider;
import io.github.jbellis.jvector.graph.similarity.DefaultSearchScoreProvider;
import io.github.jbellis.jvector.graph.similarity.SearchScoreProvider;
import io.github.jbellis.jvector.util.Bits;
import io.github.jbellis.jvector.vector.VectorSimilarityFunction;
import io.github.jbellis.jvector.vector.VectorizationProvider;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import io.github.jbellis.jvector.vector.types.VectorTypeSupport;
import io.lancelot.columnar.FixedColumn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// JVector's graph over floats, all of it on the heap. Ids are node numbers, which cost nothing to
/// fetch; rows that pass a filter are known before a search begins.
final class JVectorIndices implements NeighbourIndex {

  private static final int DEGREE = 32;
  private static final int BEAM = 100;
  private static final float OVERFLOW = 1.2f;
  private static final float ALPHA = 1.2f;
  private static final VectorTypeSupport TYPES =
      VectorizationProvider.getInstance().getVectorTypeSupport();

  private final DataSet data;
  private final Vectors vectors;
  private final VectorSimilarityFunction similarity;
  private final Map<Passing, Bits> passing = new ConcurrentHashMap<>();
  private final List<VectorFloat<?>> rows = new ArrayList<>();
  private @Nullable Searchers searchers;

  /// What each thread searches with.
  private static final class Searchers extends ThreadLocal<GraphSearcher> {
    private final RandomAccessVectorValues values;
    private final ImmutableGraphIndex graph;

    Searchers(RandomAccessVectorValues values, ImmutableGraphIndex graph) {
      this.values = values;
      this.graph = graph;
    }

    @Override
    protected GraphSearcher initialValue() {
      return new GraphSearcher(graph);
    }
  }

  JVectorIndices(DataSet data, Similarity similarity) {
    this.data = data;
    this.vectors = data.vectors().orElseThrow();
    this.similarity =
        switch (similarity) {
          case L2 -> VectorSimilarityFunction.EUCLIDEAN;
          case COSINE -> VectorSimilarityFunction.COSINE;
          case DOT -> VectorSimilarityFunction.DOT_PRODUCT;
        };
  }

  @Override
  public String name() {
    return "jvector";
  }

  @Override
  public List<String> kinds() {
    return List.of("HNSW");
  }

  @Override
  public void load(Path folder) {
    for (int row = 0; row < vectors.count(); row++) {
      rows.add(
          TYPES.createFloatVector(
              vectors
                  .rows()
                  .asSlice(4L * row * vectors.dim(), 4L * vectors.dim())
                  .toArray(FixedColumn.FLOAT)));
    }
  }

  @Override
  public void build(String kind) {
    RandomAccessVectorValues values = new ListRandomAccessVectorValues(rows, vectors.dim());
    BuildScoreProvider scores = BuildScoreProvider.randomAccessScoreProvider(values, similarity);
    try (GraphIndexBuilder builder =
        GraphIndexBuilder.builder(scores, vectors.dim(), DEGREE)
            .withBeamWidth(BEAM)
            .withNeighborOverflow(OVERFLOW)
            .withAlpha(ALPHA)
            .build()) {
      searchers = new Searchers(values, builder.build(values));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Nothing: it stays in memory.
  @Override
  public long bytes() {
    return 0;
  }

  @Override
  public long[] nearest(float[] query, int k, Setting setting, Optional<Passing> filter) {
    Searchers open = searchers;
    if (open == null) {
      throw new IllegalStateException("no index yet");
    }
    SearchScoreProvider scores =
        DefaultSearchScoreProvider.exact(TYPES.createFloatVector(query), similarity, open.values);
    Bits allowed = filter.map(this::bits).orElse(Bits.ALL);
    SearchResult found = open.get().search(scores, k, Math.max(k, setting.ef()), 0, 0, allowed);
    return Arrays.stream(found.getNodes()).mapToLong(hit -> hit.node).toArray();
  }

  private Bits bits(Passing filter) {
    return passing.computeIfAbsent(
        filter,
        asked -> {
          BitSet pass = asked.rows(data);
          return pass::get;
        });
  }

  @Override
  public void close() {
    searchers = null;
  }
}
