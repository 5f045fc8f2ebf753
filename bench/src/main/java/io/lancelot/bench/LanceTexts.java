package io.lancelot.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.jspecify.annotations.Nullable;
import org.lance.Dataset;
import org.lance.index.IndexOptions;
import org.lance.index.IndexParams;
import org.lance.index.IndexType;
import org.lance.index.scalar.InvertedIndexParams;
import org.lance.index.scalar.ScalarIndexParams;
import org.lance.ipc.FullTextQuery;
import org.lance.ipc.LanceScanner;
import org.lance.ipc.ScanOptions;

/// lance-core: the Rust engine of LanceDB through its Java binding. On two cores its index build
/// waits for itself forever unless `LANCE_CPU_THREADS=2` is set: it takes part only then.
final class LanceTexts implements TextContender {

  private final ArrowPeer arrow;
  private Path folder = Path.of("");
  private @Nullable Dataset table;

  LanceTexts(DataSet data) {
    arrow = new ArrowPeer(data);
  }

  /// Whether its index build ends here.
  static boolean canBuild() {
    return Runtime.getRuntime().availableProcessors() > 2
        || System.getenv("LANCE_CPU_THREADS") != null;
  }

  @Override
  public String name() {
    return "lance";
  }

  @Override
  public void load(Path target) {
    closeTable();
    folder = target.resolve("rows.lance");
    try (ArrowArrayStream stream = arrow.export()) {
      table =
          Dataset.write().allocator(arrow.allocator()).stream(stream)
              .uri(folder.toString())
              .execute();
    }
    index("bucket", IndexType.BITMAP, ScalarIndexParams.create("bitmap"));
  }

  private void index(String column, IndexType type, ScalarIndexParams params) {
    table()
        .createIndex(
            IndexOptions.builder(
                    List.of(column),
                    type,
                    IndexParams.builder().setScalarIndexParams(params).build())
                .replace(true)
                .build());
  }

  private Dataset table() {
    Dataset open = table;
    if (open == null) {
      throw new IllegalStateException("no table yet");
    }
    return open;
  }

  @Override
  public void build() {
    // Its defaults; what is not given is missing.
    index(
        "text",
        IndexType.INVERTED,
        InvertedIndexParams.builder()
            .baseTokenizer("simple")
            .language("English")
            .withPosition(true)
            .maxTokenLength(40)
            .lowerCase(true)
            .stem(true)
            .removeStopWords(true)
            .asciiFolding(true)
            .build());
  }

  @Override
  public long indexBytes() {
    return LancelotTexts.textIndexBytes(folder.resolve("_indices"));
  }

  private static FullTextQuery match(String words, int fuzziness, boolean all, int prefix) {
    return FullTextQuery.match(
        words,
        "text",
        1,
        Optional.of(fuzziness),
        50,
        all ? FullTextQuery.Operator.AND : FullTextQuery.Operator.OR,
        prefix);
  }

  private static FullTextQuery query(TextWork.Question question) {
    String words = question.words();
    return switch (question.work()) {
      case TERM, OR -> match(words, 0, false, 0);
      case AND -> match(words, 0, true, 0);
      case PHRASE -> FullTextQuery.phrase(words, "text");
      case FUZZY -> match(words, 1, false, 0);
      case PREFIX -> match(words, 1, false, 3);
      case BOOLEAN -> {
        String[] each = question.each();
        yield FullTextQuery.booleanQuery(
            List.of(
                clause(FullTextQuery.Occur.MUST, each[0]),
                clause(FullTextQuery.Occur.SHOULD, each[1]),
                clause(FullTextQuery.Occur.MUST_NOT, each[2])));
      }
    };
  }

  private static FullTextQuery.BooleanClause clause(FullTextQuery.Occur occur, String word) {
    return new FullTextQuery.BooleanClause(occur, match(word, 0, false, 0));
  }

  /// Closing a scanner may be interrupted, which javac warns of; nobody interrupts here.
  @SuppressWarnings("try")
  @Override
  public long[] search(TextWork.Question question, boolean filtered, int k) {
    ScanOptions.Builder options =
        new ScanOptions.Builder()
            .columns(List.of("id", "_score"))
            .fullTextQuery(query(question))
            .limit(k);
    if (filtered) {
      options.filter("bucket = " + BUCKET).prefilter(true);
    }
    long[] found = new long[k];
    int count = 0;
    try (LanceScanner scanner = table().newScan(options.build());
        ArrowReader reader = scanner.scanBatches()) {
      while (reader.loadNextBatch()) {
        BigIntVector ids = (BigIntVector) reader.getVectorSchemaRoot().getVector("id");
        for (int i = 0; i < ids.getValueCount(); i++) {
          found[count++] = ids.get(i);
        }
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("lance-core failed", e);
    }
    return Arrays.copyOf(found, count);
  }

  private void closeTable() {
    if (table != null) {
      table.close();
      table = null;
    }
  }

  @Override
  public void close() {
    closeTable();
    arrow.close();
  }
}
