package io.lancelot.bench;

import io.lancelot.columnar.FixedColumn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocAndFloatFeatureBuffer;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopKnnCollector;
import org.apache.lucene.search.VectorScorer;
import org.apache.lucene.store.MMapDirectory;
import org.jspecify.annotations.Nullable;

/// Lucene: flat float vectors in one mapped segment, all of them scored. The vectors are stored
/// once for each similarity, since a field has only one.
final class LuceneContender implements Contender {

  /// Held, since the log manager would forget it and its level: Lucene greets whoever loads it.
  private static final Logger GREETINGS = Logger.getLogger("org.apache.lucene");

  static {
    GREETINGS.setLevel(Level.WARNING);
  }

  private final Vectors vectors;
  private @Nullable MMapDirectory directory;
  private @Nullable DirectoryReader reader;

  LuceneContender(DataSet data) {
    vectors = data.vectors().orElseThrow();
  }

  @Override
  public String name() {
    return "lucene";
  }

  @Override
  public boolean tables() {
    return false;
  }

  /// Flat vectors: the format builds no graph below a threshold that no segment reaches.
  private static final class Flat extends Lucene104Codec {
    private final KnnVectorsFormat format =
        new Lucene99HnswVectorsFormat(16, 100, 1, null, Integer.MAX_VALUE);

    @Override
    public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
      return format;
    }
  }

  @Override
  public void ingest(Path folder) {
    close();
    try {
      MMapDirectory fresh = new MMapDirectory(folder);
      directory = fresh;
      IndexWriterConfig config =
          new IndexWriterConfig()
              .setCodec(new Flat())
              .setRAMBufferSizeMB(1024)
              .setUseCompoundFile(false);
      try (IndexWriter writer = new IndexWriter(fresh, config)) {
        for (long row = 0; row < vectors.count(); row++) {
          float[] vector =
              vectors
                  .rows()
                  .asSlice(4 * row * vectors.dim(), 4L * vectors.dim())
                  .toArray(FixedColumn.FLOAT);
          Document document = new Document();
          for (Similarity similarity : Similarity.values()) {
            document.add(new KnnFloatVectorField(similarity.label(), vector, function(similarity)));
          }
          writer.addDocument(document);
        }
        writer.forceMerge(1);
      }
      reader = DirectoryReader.open(fresh);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static VectorSimilarityFunction function(Similarity similarity) {
    return switch (similarity) {
      case L2 -> VectorSimilarityFunction.EUCLIDEAN;
      case COSINE -> VectorSimilarityFunction.COSINE;
      case DOT -> VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT;
    };
  }

  @Override
  public long[] nearest(Similarity similarity, float[] query, int k) {
    TopKnnCollector nearest = new TopKnnCollector(k, Integer.MAX_VALUE);
    try {
      DirectoryReader open = reader;
      if (open == null) {
        throw new IllegalStateException("no index yet");
      }
      for (LeafReaderContext leaf : open.leaves()) {
        score(leaf, similarity, query, nearest);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ScoreDoc[] found = nearest.topDocs().scoreDocs;
    long[] positions = new long[found.length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = found[i].doc;
    }
    return positions;
  }

  private static void score(
      LeafReaderContext leaf, Similarity similarity, float[] query, TopKnnCollector nearest)
      throws IOException {
    FloatVectorValues values = leaf.reader().getFloatVectorValues(similarity.label());
    VectorScorer scorer = values.scorer(query);
    VectorScorer.Bulk bulk = scorer.bulk(null);
    DocAndFloatFeatureBuffer scored = new DocAndFloatFeatureBuffer();
    while (true) {
      bulk.nextDocsAndScores(DocIdSetIterator.NO_MORE_DOCS, null, scored);
      if (scored.size == 0) {
        return;
      }
      for (int i = 0; i < scored.size; i++) {
        if (scored.features[i] > nearest.minCompetitiveSimilarity()) {
          nearest.collect(leaf.docBase + scored.docs[i], scored.features[i]);
        }
      }
    }
  }

  @Override
  public void reopen() {
    throw notATable();
  }

  @Override
  public long scan(List<String> columns) {
    throw notATable();
  }

  @Override
  public long scan(List<String> columns, String predicate) {
    throw notATable();
  }

  @Override
  public long count(String predicate) {
    throw notATable();
  }

  @Override
  public long take(long[] positions, List<String> columns) {
    throw notATable();
  }

  private static IllegalStateException notATable() {
    return new IllegalStateException("lucene stores vectors only here");
  }

  @Override
  public void close() {
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
}
