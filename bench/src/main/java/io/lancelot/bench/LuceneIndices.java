package io.lancelot.bench;

import io.lancelot.columnar.FixedColumn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene104.Lucene104HnswScalarQuantizedVectorsFormat;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.DoublePoint;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.quantization.QuantizedByteVectorValues.ScalarEncoding;
import org.jspecify.annotations.Nullable;

/// Lucene's graphs over floats and over 7-bit codes, in one mapped segment. Ids are document
/// numbers, which cost nothing to fetch; `ef` is the number of documents asked for.
final class LuceneIndices implements NeighbourIndex {

  private static final String FIELD = "vector";
  private static final int MAX_CONN = 16;
  private static final int BEAM = 100;

  private final DataSet data;
  private final Vectors vectors;
  private final VectorSimilarityFunction similarity;
  private Path folder = Path.of("");
  private Path built = Path.of("");
  private @Nullable MMapDirectory directory;
  private @Nullable DirectoryReader reader;
  private @Nullable IndexSearcher searcher;

  LuceneIndices(DataSet data, Similarity similarity) {
    this.data = data;
    this.vectors = data.vectors().orElseThrow();
    this.similarity =
        switch (similarity) {
          case L2 -> VectorSimilarityFunction.EUCLIDEAN;
          case COSINE -> VectorSimilarityFunction.COSINE;
          case DOT -> VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT;
        };
  }

  @Override
  public String name() {
    return "lucene";
  }

  @Override
  public List<String> kinds() {
    return List.of("HNSW", "HNSW_SQ");
  }

  @Override
  public void load(Path folder) {
    this.folder = folder;
  }

  private static final class Graphs extends Lucene104Codec {
    private final KnnVectorsFormat format;

    Graphs(boolean codes) {
      format =
          codes
              ? new Lucene104HnswScalarQuantizedVectorsFormat(
                  ScalarEncoding.SEVEN_BIT, MAX_CONN, BEAM)
              : new Lucene99HnswVectorsFormat(MAX_CONN, BEAM);
    }

    @Override
    public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
      return format;
    }
  }

  @Override
  public void build(String kind) {
    closeIndex();
    try {
      built = Files.createDirectories(folder.resolve(kind));
      MMapDirectory fresh = new MMapDirectory(built);
      directory = fresh;
      IndexWriterConfig config =
          new IndexWriterConfig()
              .setCodec(new Graphs(kind.endsWith("_SQ")))
              .setRAMBufferSizeMB(1900)
              .setUseCompoundFile(false);
      double[] prices = Passing.values(data, "price");
      try (IndexWriter writer = new IndexWriter(fresh, config)) {
        for (int row = 0; row < vectors.count(); row++) {
          float[] vector =
              vectors
                  .rows()
                  .asSlice(4L * row * vectors.dim(), 4L * vectors.dim())
                  .toArray(FixedColumn.FLOAT);
          Document document = new Document();
          document.add(new KnnFloatVectorField(FIELD, vector, similarity));
          document.add(new DoublePoint("price", prices[row]));
          document.add(new DoublePoint("id", row));
          writer.addDocument(document);
        }
        writer.forceMerge(1);
      }
      DirectoryReader open = DirectoryReader.open(fresh);
      reader = open;
      searcher = new IndexSearcher(open);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public long bytes() {
    return FolderSize.of(built);
  }

  @Override
  public long[] nearest(float[] query, int k, Setting setting, Optional<Passing> filter) {
    IndexSearcher open = searcher;
    if (open == null) {
      throw new IllegalStateException("no index yet");
    }
    int width = Math.max(k, setting.ef());
    Query allowed =
        filter
            .map(passing ->
                DoublePoint.newRangeQuery(
                    passing.column(), Double.NEGATIVE_INFINITY, Math.nextDown(passing.below())))
            .orElse(null);
    try {
      ScoreDoc[] found =
          open.search(new KnnFloatVectorQuery(FIELD, query, width, allowed), k).scoreDocs;
      return Arrays.stream(found).mapToLong(hit -> hit.doc).toArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void closeIndex() {
    try {
      if (reader != null) {
        reader.close();
        reader = null;
      }
      if (directory != null) {
        directory.close();
        directory = null;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    closeIndex();
  }
}
