package io.lancelot.index.scalar;

import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.DataFileWriter;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexSource;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.IndexWork;
import io.lancelot.index.OpenIndex;
import io.lancelot.index.RowMapping;
import io.lancelot.index.RowSet;
import io.lancelot.table.IndexEntry;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The n-gram index: for each trigram the rows whose text holds it. Format: lance-format section
/// 4.11.
public final class NGramKind implements IndexKind {

  static final String NAME = "ngram_postings.lance";
  static final String TOKENS = "tokens";
  static final String POSTINGS = "posting_list";

  /// Rows whose postings are collected at once; more rows take several passes over the text, each
  /// for some of the trigrams.
  private static final long PASS_ROWS = 4L << 20;

  private static final int WRITE_BYTES = 8 << 20;

  @Override
  public String type() {
    return "NGRAM";
  }

  @Override
  public String detailsName() {
    return "lance.table.NGramIndexDetails";
  }

  @Override
  public boolean answersFilters() {
    return true;
  }

  @Override
  public int maxVersion() {
    return 0;
  }

  @Override
  public void check(Field field, IndexSpec spec) {
    if (!(field.type() instanceof DataType.Utf8)) {
      throw ColumnTypes.wrong(field, type(), "text");
    }
    spec.checkNames(Set.of());
  }

  @Override
  public Built build(IndexSource source, IndexSpec spec, IndexFiles into, BuildProgress progress) {
    write(List.of(), RowMapping.IDENTITY, source, into, progress);
    return new Built(new byte[0], 0, List.of());
  }

  @Override
  public Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    List<NGramIndex> old = new ArrayList<>();
    segments.forEach(segment -> old.add((NGramIndex) segment));
    write(old, moved, added, into, progress);
    return new Built(new byte[0], 0, segments);
  }

  private static void write(
      List<NGramIndex> old,
      RowMapping moved,
      IndexSource source,
      IndexFiles into,
      BuildProgress progress) {
    Schema schema =
        Schema.of(
            Field.nullable(TOKENS, Types.UINT32),
            new Field(POSTINGS, Types.BINARY, false, Map.of("lance-encoding:compression", "none")));
    int passes = Math.clamp(source.rowCount() / PASS_ROWS + 1, 1, 256);
    IndexWork work = new IndexWork();
    try (DataFileWriter writer = into.create(NAME, schema);
        Postings postings = new Postings(schema, writer, into)) {
      for (int pass = 0; pass < passes; pass++) {
        int from = (int) ((long) Trigrams.COUNT * pass / passes);
        int to = (int) ((long) Trigrams.COUNT * (pass + 1) / passes);
        KeyedRows found = collect(source, from, to, progress);
        for (int token = from; token < to; token++) {
          RowSet set = found.take(token - from);
          for (NGramIndex segment : old) {
            set = set.or(BitmapWriter.moved(segment.rows(token, work), moved.in(segment)));
          }
          if (!set.isEmpty()) {
            postings.add(token, set.toRoaringTreemap());
          }
        }
      }
      postings.write();
      writer.finish();
    }
  }

  /// The rows of the trigrams `[from, to)`.
  private static KeyedRows collect(IndexSource source, int from, int to, BuildProgress progress) {
    KeyedRows found = new KeyedRows();
    TrigramReader trigrams = new TrigramReader();
    long done = 0;
    try (BatchStream rows = source.rows()) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        FixedColumn numbers = (FixedColumn) batch.column(IndexSource.ROW_ID);
        if (batch.column(0) instanceof VarColumn texts) {
          collect(texts, numbers, from, to, trigrams, found);
        } else if (from == Trigrams.NULLS) {
          // A column of nulls alone.
          for (int i = 0; i < numbers.length(); i++) {
            found.add(Trigrams.NULLS, numbers.longAt(i));
          }
        }
        done += batch.rowCount();
        progress.report("trigrams", done, source.rowCount());
      }
    }
    return found;
  }

  private static void collect(
      VarColumn texts,
      FixedColumn numbers,
      int from,
      int to,
      TrigramReader trigrams,
      KeyedRows found) {
    for (int i = 0; i < texts.length(); i++) {
      long row = numbers.longAt(i);
      if (texts.isNull(i)) {
        if (from == Trigrams.NULLS) {
          found.add(Trigrams.NULLS, row);
        }
        continue;
      }
      trigrams.read(texts.data(), texts.offset(i), texts.offset(i + 1));
      for (int j = 0; j < trigrams.count(); j++) {
        int trigram = trigrams.trigram(j);
        if (trigram >= from && trigram < to) {
          found.add(trigram - from, row);
        }
      }
    }
  }

  /// Postings on their way to the file.
  private static final class Postings implements AutoCloseable {
    private final Schema schema;
    private final DataFileWriter writer;
    private final Scratch work;
    private final List<Long> tokens = new ArrayList<>();
    private final List<byte[]> lists = new ArrayList<>();
    private long bytes;

    Postings(Schema schema, DataFileWriter writer, IndexFiles into) {
      this.schema = schema;
      this.writer = writer;
      this.work = into.context().memory().scratch();
    }

    void add(int token, byte[] list) {
      tokens.add((long) token);
      lists.add(list);
      bytes += list.length;
      if (bytes >= WRITE_BYTES) {
        write();
      }
    }

    void write() {
      int count = lists.size();
      if (count == 0) {
        return;
      }
      if (bytes > Integer.MAX_VALUE) {
        throw new ResourceExhaustedException(
            "postings of one trigram: expected=at most 2 GiB, found=" + bytes + " bytes");
      }
      work.reset();
      MemorySegment offsets = work.allocateBytes(4L * (count + 1));
      MemorySegment data = work.allocateBytes(bytes);
      int at = 0;
      for (int i = 0; i < count; i++) {
        offsets.set(FixedColumn.INT, 4L * i, at);
        MemorySegment.copy(MemorySegment.ofArray(lists.get(i)), 0, data, at, lists.get(i).length);
        at += lists.get(i).length;
      }
      offsets.set(FixedColumn.INT, 4L * count, at);
      writer.write(
          new Batch(
              schema,
              count,
              List.of(
                  Numbers.ints(tokens, work),
                  new VarColumn(Types.BINARY, count, offsets, data, null))));
      tokens.clear();
      lists.clear();
      bytes = 0;
    }

    @Override
    public void close() {
      work.close();
    }
  }

  @Override
  public OpenIndex open(IndexFiles files, IndexEntry entry, Field field) {
    return new NGramIndex(files);
  }
}
