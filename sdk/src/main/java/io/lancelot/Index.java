package io.lancelot;

import io.lancelot.index.IndexSpec;
import io.lancelot.index.text.Analyzer;
import io.lancelot.index.text.TextParams;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What kind of index to build, and how: `Index.ivfPq().distanceType(Distance.COSINE)`. Immutable:
/// each setting returns a new value. Settings that are left out take the defaults of the kind.
public sealed interface Index permits Index.Scalar, Index.Vectors, Index.Text {

  /// The kind by its usual name: `BTREE`, `IVF_PQ`, `FTS`.
  String type();

  /// The settings by their usual names.
  Map<String, String> params();

  private static Map<String, String> with(Map<String, String> params, String name, Object value) {
    Map<String, String> more = new LinkedHashMap<>(params);
    more.put(name, value.toString());
    return Map.copyOf(more);
  }

  /// Any kind by name, with settings as text: what configuration files and the command line have.
  static Index of(String type, Map<String, String> params) {
    String name = type.toUpperCase(Locale.ROOT);
    return name.startsWith("IVF_")
        ? new Vectors(name, params)
        : name.equals("FTS") || name.equals("INVERTED")
            ? new Text(params)
            : new Scalar(name, params);
  }

  /// Values in order: comparisons, ranges, IN and sorting, for columns of many distinct values.
  static Scalar btree() {
    return new Scalar("BTREE", Map.of());
  }

  /// A set of rows for each value, for columns of few distinct values.
  static Scalar bitmap() {
    return new Scalar("BITMAP", Map.of());
  }

  /// A set of rows for each item of a list column: `array_has`, `array_has_any`, `array_has_all`.
  static Scalar labelList() {
    return new Scalar("LABEL_LIST", Map.of());
  }

  /// Groups of three letters, for `contains`, LIKE and regular expressions on text.
  static Scalar ngram() {
    return new Scalar("NGRAM", Map.of());
  }

  /// All places of all letters, for `contains` and LIKE with any text, however short.
  static Scalar fm() {
    return new Scalar("FM", Map.of());
  }

  /// Least and greatest value of each stretch of rows: tiny, and good where values follow the order
  /// of rows.
  static Scalar zoneMap() {
    return new Scalar("ZONEMAP", Map.of());
  }

  /// A Bloom filter for each stretch of rows: small, for equality.
  static Scalar bloomFilter() {
    return new Scalar("BLOOMFILTER", Map.of());
  }

  /// Partitions of whole vectors.
  static Vectors ivfFlat() {
    return new Vectors("IVF_FLAT", Map.of());
  }

  /// Partitions of vectors compressed by product quantisation.
  static Vectors ivfPq() {
    return new Vectors("IVF_PQ", Map.of());
  }

  /// Partitions of vectors compressed to a byte per dimension.
  static Vectors ivfSq() {
    return new Vectors("IVF_SQ", Map.of());
  }

  /// Partitions of vectors compressed to a few bits per dimension (RaBitQ).
  static Vectors ivfRq() {
    return new Vectors("IVF_RQ", Map.of());
  }

  /// A graph in each partition, over whole vectors.
  static Vectors hnswFlat() {
    return new Vectors("IVF_HNSW_FLAT", Map.of());
  }

  /// A graph in each partition, over vectors compressed by product quantisation.
  static Vectors hnswPq() {
    return new Vectors("IVF_HNSW_PQ", Map.of());
  }

  /// A graph in each partition, over vectors compressed to a byte per dimension.
  static Vectors hnswSq() {
    return new Vectors("IVF_HNSW_SQ", Map.of());
  }

  /// Words of text, for full-text search.
  static Text fts() {
    return new Text(Map.of());
  }

  /// An index on plain values.
  record Scalar(String type, Map<String, String> params) implements Index {
    public Scalar {
      params = Map.copyOf(params);
    }

    /// A setting by its usual name.
    public Scalar param(String name, Object value) {
      return new Scalar(type, with(params, name, value));
    }
  }

  /// An index on vectors.
  record Vectors(String type, Map<String, String> params) implements Index {
    public Vectors {
      params = Map.copyOf(params);
    }

    /// A setting by its usual name.
    public Vectors param(String name, Object value) {
      return new Vectors(type, with(params, name, value));
    }

    /// How distance is measured; searches by another are exact scans. Default: [Distance#L2].
    public Vectors distanceType(Distance distance) {
      return param("distance_type", distance.name().toLowerCase(Locale.ROOT));
    }

    /// Into how many parts the vectors are divided. Default: by the number of rows.
    public Vectors numPartitions(int partitions) {
      return param("num_partitions", partitions);
    }

    /// How many rows a part should have; what [#numPartitions(int)] says counts before it. Default:
    /// the square root of the number of rows, about a million for graphs.
    public Vectors targetPartitionSize(int rows) {
      return param("target_partition_size", rows);
    }

    /// Rounds of k-means at the most. Default: 50.
    public Vectors maxIterations(int rounds) {
      return param("max_iterations", rounds);
    }

    /// Vectors that k-means looks at for each part or code. Default: 256.
    public Vectors sampleRate(int vectors) {
      return param("sample_rate", vectors);
    }

    /// Codes per vector, for product quantisation. Default: a sixteenth of the dimensions.
    public Vectors numSubVectors(int subVectors) {
      return param("num_sub_vectors", subVectors);
    }

    /// Bits of a code: of product quantisation 4 or 8, of IVF_RQ 1 to 9 per dimension. Default: 8,
    /// for IVF_RQ 5.
    public Vectors numBits(int bits) {
      return param("num_bits", bits);
    }

    /// Neighbours of a node of the graph. Default: 20.
    public Vectors m(int neighbours) {
      return param("m", neighbours);
    }

    /// Candidates looked at for each node while the graph is built. Default: 150.
    public Vectors efConstruction(int candidates) {
      return param("ef_construction", candidates);
    }
  }

  /// An index on words.
  record Text(Map<String, String> params) implements Index {
    public Text {
      params = Map.copyOf(params);
    }

    @Override
    public String type() {
      return "FTS";
    }

    /// A setting by its usual name.
    public Text param(String name, Object value) {
      return new Text(with(params, name, value));
    }

    /// How text is cut: `simple`, `whitespace`, `raw`, `ngram`, `icu`, `icu/split`, `code`,
    /// `jieba/NAME` with a dictionary, or `lucene:` and the class of a Lucene analyzer. Default: as
    /// `simple`, and Chinese, Japanese and Korean words are found too.
    public Text baseTokenizer(String name) {
      return param("base_tokenizer", name);
    }

    /// The language of stemming and of stop words. Default: `English`.
    public Text language(String name) {
      return param("language", name);
    }

    /// Whether to keep where words stand, which phrases need. Default: false.
    public Text withPosition(boolean keep) {
      return param("with_position", keep);
    }

    /// Whether words are cut down to their stems. Default: true.
    public Text stem(boolean stem) {
      return param("stem", stem);
    }

    /// Whether frequent words are left out. Default: true.
    public Text removeStopWords(boolean remove) {
      return param("remove_stop_words", remove);
    }

    /// The words that are left out, instead of the language's; none of them may hold a comma.
    public Text customStopWords(List<String> words) {
      return param("custom_stop_words", String.join(",", words));
    }

    /// Whether upper and lower case are the same. Default: true.
    public Text lowerCase(boolean lower) {
      return param("lower_case", lower);
    }

    /// Whether `café` is `cafe`. Default: true.
    public Text asciiFolding(boolean fold) {
      return param("ascii_folding", fold);
    }

    /// Words of so many bytes or more are left out. Default: 40.
    public Text maxTokenLength(int bytes) {
      return param("max_token_length", bytes);
    }

    /// How many letters the windows of the tokenizer `ngram` have. Default: 3 to 3.
    public Text ngrams(int least, int most) {
      return param("min_ngram_length", least).param("max_ngram_length", most);
    }

    /// Whether that tokenizer takes the beginnings of words only. Default: false.
    public Text prefixOnly(boolean only) {
      return param("prefix_only", only);
    }

    /// Documents in a block of a list: 128, or 256, which upstream calls experimental. Default:
    /// 128.
    public Text blockSize(int documents) {
      return param("block_size", documents);
    }

    /// The tokens that an index of these settings makes of a text, with their places.
    ///
    /// @throws io.lancelot.base.InvalidInputException if a setting is unknown or makes no sense
    public List<Analyzer.Token> tokenize(String text) {
      return new Analyzer(TextParams.of(new IndexSpec(type(), params))).document(text);
    }
  }

  /// What to call an index, and whether it takes another's place.
  ///
  /// @param name empty for the column's name with `_idx`
  /// @param replace whether an index of that name gives way. Default: true
  record Options(Optional<String> name, boolean replace) {
    public static final Options DEFAULT = new Options(Optional.empty(), true);

    public Options withName(String name) {
      return new Options(Optional.of(name), replace);
    }

    public Options withReplace(boolean replace) {
      return new Options(name, replace);
    }
  }
}
