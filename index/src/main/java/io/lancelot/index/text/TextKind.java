package io.lancelot.index.text;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexSource;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.OpenIndex;
import io.lancelot.index.RowMapping;
import io.lancelot.table.IndexEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

/// The inverted index: for each token the documents that it stands in. Format: lance-format section
/// 4.12.
public final class TextKind implements IndexKind {

  private static final int MAX_VERSION = 3;

  /// Memory of the documents collected for one partition, at the most and at the least.
  private static final long MAX_PARTITION_BYTES = 1L << 30;

  private static final long MIN_PARTITION_BYTES = 16L << 20;

  /// Rows that a task cuts at a time: so many that their frequent words are put together once.
  private static final int WINDOW_ROWS = 1 << 13;

  @Override
  public String type() {
    return "FTS";
  }

  @Override
  public Set<String> aliases() {
    return Set.of("INVERTED");
  }

  @Override
  public String detailsName() {
    return "lance.table.InvertedIndexDetails";
  }

  @Override
  public int maxVersion() {
    return MAX_VERSION;
  }

  @Override
  public void check(Field field, IndexSpec spec) {
    DataType type =
        field.type() instanceof DataType.ListOf(Field item, _) ? item.type() : field.type();
    if (!(type instanceof DataType.Utf8)) {
      throw new InvalidInputException(
          "FTS index: expected=text or a list of texts, found="
              + field.type().arrowName()
              + " (column="
              + field.name()
              + ")");
    }
    new Analyzer(TextParams.of(spec));
  }

  @Override
  public Built build(IndexSource source, IndexSpec spec, IndexFiles into, BuildProgress progress) {
    TextParams params = TextParams.of(spec);
    Build build = new Build(params, into, progress, source.rowCount());
    build.add(source);
    return build.finish(List.of());
  }

  @Override
  public Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    List<OpenIndex> merged = new ArrayList<>();
    TextParams params = TextParams.DEFAULT;
    if (!segments.isEmpty()) {
      params = ((InvertedIndex) segments.getFirst()).params();
    }
    long rows = added.rowCount();
    for (OpenIndex segment : segments) {
      InvertedIndex index = (InvertedIndex) segment;
      // Segments of other settings stay as they are.
      if (index.params().equals(params) && index.hasPositions() == params.withPosition()) {
        merged.add(segment);
        rows += index.rowCount();
      }
    }
    Build build = new Build(params, into, progress, rows);
    for (OpenIndex segment : merged) {
      RowMapping own = moved.in(segment);
      for (Partition partition : ((InvertedIndex) segment).partitions()) {
        build.add(partition, own);
      }
    }
    build.add(added);
    return build.finish(merged);
  }

  @Override
  public OpenIndex open(IndexFiles files, IndexEntry entry, Field field) {
    if (TextParams.listElements(entry.details())) {
      throw new UnsupportedFeatureException(
          "text index whose documents are list elements (path=" + files.path() + ")");
    }
    return new InvertedIndex(new SegmentReader(files));
  }

  /// Collects documents and writes a partition whenever enough of them are in memory.
  private static final class Build {
    private final TextParams params;
    private final IndexFiles files;
    private final ConcurrentLinkedQueue<Analyzer> idle = new ConcurrentLinkedQueue<>();
    private final SegmentWriter writer;
    private final BuildProgress progress;
    private final long rows;
    private final long limit;
    private PartitionBuilder builder;
    private long done;

    Build(TextParams params, IndexFiles into, BuildProgress progress, long rows) {
      this.params = params;
      this.files = into;
      this.writer = new SegmentWriter(into, params);
      this.progress = progress;
      this.rows = rows;
      this.limit =
          Math.clamp(
              Runtime.getRuntime().maxMemory() / 6, MIN_PARTITION_BYTES, MAX_PARTITION_BYTES);
      this.builder = new PartitionBuilder(params.withPosition());
    }

    void add(IndexSource source) {
      int side = files.context().parallelism();
      try (BatchStream batches = source.rows();
          Scratch scratch = files.context().memory().scratch()) {
        List<Batch> window = new ArrayList<>();
        int rowsOfWindow = 0;
        for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
          window.add(Batches.copy(batch, scratch));
          rowsOfWindow += batch.rowCount();
          if (rowsOfWindow >= WINDOW_ROWS * side) {
            tokenize(window, side);
            window.clear();
            rowsOfWindow = 0;
            scratch.reset();
          }
        }
        tokenize(window, side);
      }
    }

    /// Cuts the rows of some batches side by side, each share for itself, and puts the shares
    /// together in the order of the rows.
    private void tokenize(List<Batch> window, int side) {
      List<List<Batch>> shares = shares(window, side);
      Map<Integer, PartitionBuilder> cut = new HashMap<>();
      Parallel.run(
          files.context(),
          IntStream.range(0, shares.size()).boxed().toList(),
          share -> Map.entry(share, cut(shares.get(share))),
          each -> cut.put(each.getKey(), each.getValue()));
      for (int i = 0; i < shares.size(); i++) {
        builder.append(Objects.requireNonNull(cut.get(i)));
        added(shares.get(i).stream().mapToInt(Batch::rowCount).sum());
      }
    }

    private PartitionBuilder cut(List<Batch> share) {
      Analyzer own = Objects.requireNonNullElseGet(idle.poll(), () -> new Analyzer(params));
      PartitionBuilder documents = new PartitionBuilder(params.withPosition());
      for (Batch batch : share) {
        Texts.add(batch.column(0), ids(batch), own, documents);
      }
      idle.add(own);
      return documents;
    }

    /// Neighbouring rows, about as many in each share.
    private static List<List<Batch>> shares(List<Batch> window, int side) {
      int rows = window.stream().mapToInt(Batch::rowCount).sum();
      int each = Math.max(1, Math.ceilDiv(rows, side));
      List<List<Batch>> shares = new ArrayList<>();
      List<Batch> share = new ArrayList<>();
      int room = each;
      for (Batch batch : window) {
        for (int from = 0; from < batch.rowCount(); ) {
          int count = Math.min(room, batch.rowCount() - from);
          share.add(batch.slice(from, count));
          from += count;
          room -= count;
          if (room == 0) {
            shares.add(share);
            share = new ArrayList<>();
            room = each;
          }
        }
      }
      if (!share.isEmpty()) {
        shares.add(share);
      }
      return shares;
    }

    private static FixedColumn ids(Batch batch) {
      return (FixedColumn) batch.column(IndexSource.ROW_ID);
    }

    private void added(int count) {
      done += count;
      progress.report("tokenize", done, rows);
      flushIfFull();
    }

    private void flushIfFull() {
      if (builder.bytes() > limit) {
        flush();
      }
    }

    private void flush() {
      if (builder.docCount() > 0) {
        writer.write(builder);
      }
      builder = new PartitionBuilder(params.withPosition());
    }

    /// Adds the documents of a partition that are still there.
    void add(Partition partition, RowMapping moved) {
      if (builder.bytes() + partition.heldBytes() > limit) {
        flush();
      }
      int[] newDocs = new int[partition.docCount()];
      for (int doc = 0; doc < newDocs.length; doc++) {
        long row = moved.map(partition.rowId(doc));
        newDocs[doc] =
            row == RowMapping.GONE ? -1 : builder.addDocument(row, partition.length(doc));
      }
      try {
        Dictionary tokens = partition.tokens();
        for (int i = 0; i < tokens.size(); i++) {
          Posting posting = partition.posting(tokens.id(i));
          add(tokens.text(i), posting, newDocs);
          progress.report("merge", i + 1L, tokens.size());
        }
      } catch (IndexOutOfBoundsException e) {
        throw partition.damaged(e);
      }
      done += newDocs.length;
    }

    private void add(String token, Posting posting, int[] newDocs) {
      int id = -1;
      int size = posting.format().blockSize();
      int[] docs = new int[size];
      int[] freqs = new int[size];
      int[] deltas = {};
      for (int block = 0; block < posting.blockCount(); block++) {
        int count = posting.docs(block, docs);
        posting.freqs(block, freqs);
        int total = 0;
        for (int i = 0; i < count; i++) {
          total = Math.addExact(total, freqs[i]);
        }
        if (params.withPosition()) {
          deltas = deltas.length < total ? new int[total] : deltas;
          posting.positionDeltas(block, total, deltas);
        }
        int at = 0;
        for (int i = 0; i < count; i++) {
          int doc = newDocs[docs[i]];
          int position = 0;
          if (doc >= 0 && id < 0) {
            id = builder.termId(token);
          }
          for (int f = 0; f < freqs[i]; f++, at++) {
            position += params.withPosition() ? deltas[at] : 0;
            if (doc >= 0) {
              builder.occurrence(id, doc, position);
            }
          }
        }
      }
    }

    Built finish(List<OpenIndex> replaced) {
      flush();
      progress.report("write", rows, rows);
      writer.finish();
      return new Built(params.toDetails(), params.formatVersion(), replaced);
    }
  }
}
