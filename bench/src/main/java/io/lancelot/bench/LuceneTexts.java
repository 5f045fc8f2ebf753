package io.lancelot.bench;

import io.lancelot.index.text.TextParams;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.StopFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.miscellaneous.LengthFilter;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.util.CharTokenizer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.FuzzyQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.QueryBuilder;
import org.jspecify.annotations.Nullable;
import org.tartarus.snowball.ext.EnglishStemmer;

/// Lucene with the tokens of our default: letters and digits, lower case, stems, the same stop
/// words, folded. Ids are fetched from doc values.
final class LuceneTexts implements HybridContender {

  private static final String TEXT = "text";
  private static final int MAX_TOKEN = 39;

  /// Held, since the log manager would forget it and its level: Lucene greets whoever loads it.
  private static final Logger GREETINGS = Logger.getLogger("org.apache.lucene");

  static {
    GREETINGS.setLevel(Level.WARNING);
  }

  private static final int RRF = 60;

  private final List<String> texts;
  private final Optional<TextVectors> vectors;
  private final Analyzer analyzer = new SameTokens();
  private final QueryBuilder queries = new QueryBuilder(analyzer);
  private Path folder = Path.of("");
  private @Nullable MMapDirectory directory;
  private @Nullable DirectoryReader reader;
  private @Nullable IndexSearcher searcher;
  private @Nullable DirectoryReader vectorReader;
  private @Nullable IndexSearcher vectorSearcher;

  /// @param vectors of each row, for searches by these
  LuceneTexts(List<String> texts, Optional<TextVectors> vectors) {
    this.texts = texts;
    this.vectors = vectors;
  }

  private static final class SameTokens extends Analyzer {
    private final CharArraySet stopWords = stopWords();

    private static CharArraySet stopWords() {
      try (InputStream in =
          Objects.requireNonNull(TextParams.class.getResourceAsStream("stopwords.txt"))) {
        String line =
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .filter(each -> each.startsWith("english\t"))
                .findFirst()
                .orElseThrow();
        List<String> words = List.of(line.split("\t", -1));
        return new CharArraySet(words.subList(1, words.size()), false);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    protected TokenStreamComponents createComponents(String field) {
      Tokenizer words = CharTokenizer.fromTokenCharPredicate(Character::isLetterOrDigit);
      TokenStream tokens = new LengthFilter(words, 1, MAX_TOKEN);
      tokens = new LowerCaseFilter(tokens);
      tokens = new SnowballFilter(tokens, new EnglishStemmer());
      tokens = new StopFilter(tokens, stopWords);
      return new TokenStreamComponents(words, new ASCIIFoldingFilter(tokens));
    }
  }

  @Override
  public String name() {
    return "lucene";
  }

  @Override
  public void load(Path target) {
    close();
    folder = target;
  }

  @Override
  public void build() {
    try {
      MMapDirectory fresh = new MMapDirectory(folder);
      directory = fresh;
      IndexWriterConfig config =
          new IndexWriterConfig(analyzer).setRAMBufferSizeMB(1024).setUseCompoundFile(false);
      try (IndexWriter writer = new IndexWriter(fresh, config)) {
        int row = 0;
        for (String text : texts) {
          Document document = new Document();
          document.add(new TextField(TEXT, text, Field.Store.NO));
          document.add(new StringField("bucket", Integer.toString(row % 100), Field.Store.NO));
          document.add(new NumericDocValuesField("id", row++));
          writer.addDocument(document);
        }
        writer.commit();
      }
      reader = DirectoryReader.open(fresh);
      searcher = new IndexSearcher(reader);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public long indexBytes() {
    try (Stream<Path> files = Files.list(folder)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Query query(TextWork.Question question) {
    String words = question.words();
    Query query =
        switch (question.work()) {
          case TERM, OR -> queries.createBooleanQuery(TEXT, words, Occur.SHOULD);
          case AND -> queries.createBooleanQuery(TEXT, words, Occur.MUST);
          case PHRASE -> queries.createPhraseQuery(TEXT, words);
          case FUZZY -> new FuzzyQuery(stem(words), 1, 0);
          case PREFIX -> new FuzzyQuery(stem(words), 1, 3);
          case BOOLEAN -> {
            String[] each = question.each();
            BooleanQuery.Builder all = new BooleanQuery.Builder();
            add(all, each[0], Occur.MUST);
            add(all, each[1], Occur.SHOULD);
            add(all, each[2], Occur.MUST_NOT);
            yield all.build();
          }
        };
    return query == null ? new MatchNoDocsQuery("no words") : query;
  }

  private void add(BooleanQuery.Builder all, String word, Occur occur) {
    Query query = queries.createBooleanQuery(TEXT, word);
    if (query != null) {
      all.add(query, occur);
    }
  }

  private Term stem(String word) {
    return queries.createBooleanQuery(TEXT, word) instanceof TermQuery term
        ? term.getTerm()
        : new Term(TEXT, word);
  }

  @Override
  public long[] search(TextWork.Question question, boolean filtered, int k) {
    IndexSearcher open = searcher;
    if (open == null) {
      throw new IllegalStateException("no index yet");
    }
    Query query = query(question);
    if (filtered) {
      query =
          new BooleanQuery.Builder()
              .add(query, Occur.MUST)
              .add(new TermQuery(new Term("bucket", Integer.toString(BUCKET))), Occur.FILTER)
              .build();
    }
    return ids(open, query, k);
  }

  private static long[] ids(IndexSearcher open, Query query, int k) {
    try {
      ScoreDoc[] found = open.search(query, k).scoreDocs;
      long[] ids = new long[found.length];
      for (int i = 0; i < ids.length; i++) {
        List<LeafReaderContext> leaves = open.getIndexReader().leaves();
        LeafReaderContext leaf = leaves.get(ReaderUtil.subIndex(found[i].doc, leaves));
        NumericDocValues values = leaf.reader().getNumericDocValues("id");
        values.advanceExact(found[i].doc - leaf.docBase);
        ids[i] = values.longValue();
      }
      return ids;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// In an index of their own, so that the size of the other is that of the texts.
  @Override
  public void buildVectors() {
    float[] @Nullable [] rows = vectors.orElseThrow().rows();
    try (MMapDirectory fresh = new MMapDirectory(folder.resolve("vectors"))) {
      IndexWriterConfig config = new IndexWriterConfig().setRAMBufferSizeMB(1024);
      try (IndexWriter writer = new IndexWriter(fresh, config)) {
        for (int row = 0; row < rows.length; row++) {
          float[] vector = rows[row];
          if (vector != null) {
            Document document = new Document();
            document.add(
                new KnnFloatVectorField("vector", vector, VectorSimilarityFunction.COSINE));
            document.add(new NumericDocValuesField("id", row));
            writer.addDocument(document);
          }
        }
        writer.forceMerge(1);
      }
      DirectoryReader opened = DirectoryReader.open(fresh);
      vectorReader = opened;
      vectorSearcher = new IndexSearcher(opened);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public long[] near(float[] vector, int k) {
    return ids(
        Objects.requireNonNull(vectorSearcher), new KnnFloatVectorQuery("vector", vector, EF), k);
  }

  @Override
  public long[] hybrid(String words, float[] vector, int k) {
    Map<Long, Double> relevance = new LinkedHashMap<>();
    TextWork.Question question = new TextWork.Question(TextWork.OR, words);
    for (long[] found : List.of(near(vector, k), search(question, false, k))) {
      for (int i = 0; i < found.length; i++) {
        relevance.merge(found[i], 1.0 / (RRF + i + 1), Double::sum);
      }
    }
    return relevance.entrySet().stream()
        .sorted(Map.Entry.<Long, Double>comparingByValue().reversed())
        .limit(k)
        .mapToLong(Map.Entry::getKey)
        .toArray();
  }

  @Override
  public void close() {
    try {
      if (vectorReader != null) {
        vectorReader.close();
        vectorReader = null;
      }
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
