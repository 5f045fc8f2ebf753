package io.lancelot.bench;

import io.lancelot.Database;
import io.lancelot.Distance;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.QueryBuilder;
import io.lancelot.Table;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.index.FullTextQuery;
import io.lancelot.index.FullTextQuery.Match;
import io.lancelot.index.FullTextQuery.Operator;
import io.lancelot.index.FullTextQuery.Phrase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Lancelot, as its users call it.
final class LancelotTexts implements HybridContender {

  private static final String TABLE = "rows";
  private static final String VECTOR = "vector";

  private final DataSet data;
  private final Optional<TextVectors> vectors;
  private Path folder = Path.of("");
  private @Nullable Database database;
  private @Nullable Table table;

  /// @param vectors of each row, for searches by these
  LancelotTexts(DataSet data, Optional<TextVectors> vectors) {
    this.data = data;
    this.vectors = vectors;
  }

  @Override
  public String name() {
    return "lancelot";
  }

  @Override
  public void load(Path target) {
    close();
    folder = target;
    Database connected = Lancelot.connect(target.toString());
    database = connected;
    Schema schema = data.schema();
    List<Batch> batches = data.batches();
    if (vectors.isPresent()) {
      List<Field> fields = new ArrayList<>(schema.fields());
      fields.add(Field.nullable(VECTOR, Types.vector(vectors.get().dim())));
      schema = Schema.of(fields);
      batches = withVectors(schema, vectors.get());
    }
    table = connected.createTable(TABLE, BatchStream.of(schema, batches));
    table().createIndex("bucket", Index.bitmap());
  }

  @Override
  public void buildVectors() {
    table().createIndex(VECTOR, Index.hnswSq().distanceType(Distance.COSINE));
  }

  private List<Batch> withVectors(Schema schema, TextVectors texts) {
    List<Batch> batches = new ArrayList<>();
    int row = 0;
    for (Batch batch : data.batches()) {
      ColumnBuilder builder = ColumnBuilder.of(Types.vector(texts.dim()), Arena.ofAuto());
      for (int i = 0; i < batch.rowCount(); i++) {
        builder.append(texts.rows()[row++]);
      }
      List<Column> columns = new ArrayList<>(batch.columns());
      columns.add(builder.build());
      batches.add(new Batch(schema, batch.rowCount(), columns));
    }
    return batches;
  }

  private Table table() {
    Table open = table;
    if (open == null) {
      throw new IllegalStateException("no table yet");
    }
    return open;
  }

  @Override
  public void build() {
    table().createIndex("text", Index.fts().withPosition(true));
  }

  @Override
  public long indexBytes() {
    return textIndexBytes(folder.resolve(TABLE + ".lance").resolve("_indices"));
  }

  /// The files of a text index among those of all indices.
  static long textIndexBytes(Path indices) {
    try (Stream<Path> files = Files.walk(indices)) {
      return files
          .filter(file -> file.getFileName().toString().matches("part_.*|metadata.lance"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FullTextQuery query(TextWork.Question question) {
    String words = question.words();
    return switch (question.work()) {
      case TERM, OR -> Match.of(words);
      case AND -> Match.of(words).operator(Operator.AND);
      case PHRASE -> Phrase.of(words);
      case FUZZY -> Match.of(words).fuzziness(1);
      case PREFIX -> Match.of(words).fuzziness(1).prefixLength(3);
      case BOOLEAN -> {
        String[] each = question.each();
        yield new FullTextQuery.Bool(
            List.of(Match.of(each[0])), List.of(Match.of(each[1])), List.of(Match.of(each[2])));
      }
    };
  }

  @Override
  public long[] search(TextWork.Question question, boolean filtered, int k) {
    QueryBuilder<?> search = table().search(query(question)).select("id").limit(k);
    return ids(filtered ? search.where("bucket = " + BUCKET) : search, k);
  }

  @Override
  public long[] near(float[] vector, int k) {
    return ids(table().search(vector).ef(EF).select("id").limit(k), k);
  }

  @Override
  public long[] hybrid(String words, float[] vector, int k) {
    return ids(table().hybrid().text(words).vector(vector).ef(EF).select("id").limit(k), k);
  }

  private static long[] ids(QueryBuilder<?> search, int k) {
    long[] found = new long[k];
    int count = 0;
    try (BatchStream rows = search.stream()) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        FixedColumn ids = (FixedColumn) batch.column(0);
        for (int i = 0; i < batch.rowCount(); i++) {
          found[count++] = ids.longAt(i);
        }
      }
    }
    return Arrays.copyOf(found, count);
  }

  @Override
  public void close() {
    if (table != null) {
      table.close();
      table = null;
    }
    if (database != null) {
      database.close();
      database = null;
    }
  }
}
