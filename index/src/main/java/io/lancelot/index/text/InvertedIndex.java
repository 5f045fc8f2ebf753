package io.lancelot.index.text;

import io.lancelot.index.TextIndex;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A segment of a text index, from files or in memory. Partitions are opened when a search needs
/// them, their lists when a search asks for a token. Thread-safe.
public final class InvertedIndex implements TextIndex {

  private final TextParams params;
  private final boolean positions;
  private final @Nullable SegmentReader reader;
  private volatile @Nullable List<Partition> partitions;

  /// One that no search is using, so that not every search makes its own.
  private final AtomicReference<@Nullable Analyzer> idle = new AtomicReference<>();

  InvertedIndex(SegmentReader reader) {
    this.reader = reader;
    this.params = reader.params();
    this.positions = reader.hasPositions();
  }

  InvertedIndex(TextParams params, Partition partition) {
    this.reader = null;
    this.params = params;
    this.positions = partition.hasPositions();
    this.partitions = List.of(partition);
  }

  /// How it cuts text.
  public TextParams params() {
    return params;
  }

  /// The tokens that a query looks for.
  List<Analyzer.Token> queryTokens(String text) {
    Analyzer taken = idle.getAndSet(null);
    Analyzer analyzer = taken == null ? Analyzer.small(params) : taken;
    List<Analyzer.Token> tokens = analyzer.query(text);
    idle.set(analyzer);
    return tokens;
  }

  List<Partition> partitions() {
    List<Partition> known = partitions;
    if (known != null) {
      return known;
    }
    synchronized (this) {
      known = partitions;
      if (known == null && reader != null) {
        known = reader.partitions();
        partitions = known;
      }
      return known == null ? List.of() : known;
    }
  }

  @Override
  public long rowCount() {
    return partitions().stream().mapToLong(Partition::docCount).sum();
  }

  @Override
  public boolean hasPositions() {
    return positions;
  }

  @Override
  public long heldBytes() {
    List<Partition> known = partitions;
    return known == null ? 0 : known.stream().mapToLong(Partition::heldBytes).sum();
  }

  @Override
  public Map<String, Object> statistics() {
    Map<String, Object> figures = new LinkedHashMap<>();
    long tokens = 0;
    long total = 0;
    for (Partition partition : partitions()) {
      tokens += partition.tokens().size();
      total += partition.totalTokens();
    }
    figures.put("num_partitions", partitions().size());
    figures.put("num_tokens", tokens);
    figures.put("num_docs", rowCount());
    figures.put("total_tokens", total);
    figures.put("with_position", positions);
    figures.put("base_tokenizer", params.baseTokenizer());
    figures.put("language", params.language().upstreamName());
    figures.put("params", params.toJson());
    return figures;
  }

  @Override
  public void prewarm() {
    long docs = 0;
    long total = 0;
    for (Partition partition : partitions()) {
      docs += partition.docCount();
      total += partition.totalTokens();
    }
    if (docs > 0) {
      float average = (float) total / docs;
      for (Partition partition : partitions()) {
        partition.tokens().forEachId(id -> partition.list(id, average));
      }
    }
  }

  @Override
  public void close() {
    if (reader != null) {
      reader.close();
    }
  }

  /// Documents collected in memory, to be searched like those of an index: rows that no segment
  /// covers. For one thread.
  public static final class Collector {
    private final TextParams params;
    private final Analyzer analyzer;
    private final PartitionBuilder builder;

    /// @param like settings that the rows are cut by
    public Collector(TextParams like) {
      this.params = like;
      this.analyzer = new Analyzer(like);
      this.builder = new PartitionBuilder(true);
    }

    /// Adds the rows of a batch: a column of text or lists of text, and row numbers.
    public void add(io.lancelot.columnar.Column texts, io.lancelot.columnar.FixedColumn rows) {
      Texts.add(texts, rows, analyzer, builder);
    }

    /// About how much memory it takes.
    public long bytes() {
      return builder.bytes();
    }

    public InvertedIndex build() {
      return new InvertedIndex(
          params, Partition.of(builder, PostingFormat.of(params), Partition.ROOM));
    }
  }
}
