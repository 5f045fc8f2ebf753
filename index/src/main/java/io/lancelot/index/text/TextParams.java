package io.lancelot.index.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.index.IndexSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/// How an index cuts text into tokens. Format: lance-format section 4.12.1, `params`.
///
/// @param baseTokenizer `simple`, `whitespace`, `raw`, `ngram`, `icu`, `icu/split`, `code`, or
///   `lucene:` and the class of a Lucene analyser, or `jieba/` and the name of a dictionary
/// @param withPosition whether positions are kept, which phrases need
/// @param maxTokenLength tokens of so many bytes or more are dropped
/// @param customStopWords instead of the language's
/// @param cjkBigrams whether runs of Chinese, Japanese and Korean letters are found by any two of
///   them: ours, unknown to other readers
public record TextParams(
    String baseTokenizer,
    Language language,
    boolean withPosition,
    OptionalInt maxTokenLength,
    boolean lowerCase,
    boolean stem,
    boolean removeStopWords,
    Optional<List<String>> customStopWords,
    boolean asciiFolding,
    int minNgram,
    int maxNgram,
    boolean prefixOnly,
    int blockSize,
    boolean splitIdentifiers,
    boolean splitOnNumerics,
    boolean preserveOriginal,
    boolean indexOperators,
    boolean cjkBigrams) {

  private static final JsonFactory JSON = new JsonFactory();
  private static final int MAX_TOKEN_LENGTH = 40;
  private static final int BLOCK = 128;
  private static final String CODE = "code";

  static final Set<String> NAMES =
      Set.of(
          "analyzer",
          "base_tokenizer",
          "language",
          "with_position",
          "max_token_length",
          "lower_case",
          "stem",
          "remove_stop_words",
          "custom_stop_words",
          "ascii_folding",
          "min_ngram_length",
          "max_ngram_length",
          "ngram_min_length",
          "ngram_max_length",
          "prefix_only",
          "block_size",
          "split_identifiers",
          "split_on_numerics",
          "preserve_original",
          "index_operators",
          "cjk_bigrams",
          "memory_limit",
          "num_workers",
          "format_version",
          "document_granularity",
          "tokenizer_name");

  /// The settings of an index that says nothing about itself.
  public static final TextParams DEFAULT = defaults("simple", false);

  private static TextParams defaults(String base, boolean bigrams) {
    boolean code = base.equals(CODE);
    boolean own = base.startsWith(Analyzer.LUCENE);
    boolean words = !code && !own && !base.equals("ngram");
    return new TextParams(
        base,
        Language.ENGLISH,
        false,
        OptionalInt.of(MAX_TOKEN_LENGTH),
        !own,
        words,
        words,
        Optional.empty(),
        !own,
        3,
        3,
        false,
        BLOCK,
        false,
        code,
        code,
        false,
        bigrams);
  }

  /// The settings that a user asks for.
  ///
  /// @throws InvalidInputException if one is unknown or makes no sense
  public static TextParams of(IndexSpec spec) {
    spec.checkNames(NAMES);
    Map<String, Object> given = new TreeMap<>(spec.params());
    Object preset = given.remove("tokenizer_name");
    if (preset != null) {
      preset(preset.toString()).forEach(given::putIfAbsent);
    }
    // Whoever names no tokenizer gets one that finds Chinese, Japanese and Korean words too.
    boolean bigrams = !given.containsKey("base_tokenizer") && !given.containsKey("analyzer");
    TextParams params = of(given, bigrams);
    String writes = Integer.toString(params.formatVersion());
    spec.text("format_version")
        .filter(version -> !version.equals(writes))
        .ifPresent(version -> {
          throw wrong("format_version", writes, version);
        });
    spec.text("document_granularity")
        .filter(granularity -> !granularity.equalsIgnoreCase("row"))
        .ifPresent(granularity -> {
          throw new io.lancelot.base.UnsupportedFeatureException(
              "text index: document_granularity=" + granularity + " is not built yet");
        });
    return params;
  }

  /// The version of the files: 3 for source code and for large blocks.
  int formatVersion() {
    return baseTokenizer.equals(CODE) || blockSize != BLOCK ? 3 : 2;
  }

  private static Map<String, Object> preset(String name) {
    return switch (name) {
      case "default", "simple" -> Map.of("base_tokenizer", "simple");
      case "raw", "whitespace" ->
          Map.of("base_tokenizer", name, "stem", "false", "remove_stop_words", "false");
      default -> {
        int end = name.indexOf("_stem");
        if (end == 2) {
          yield Map.of(
              "base_tokenizer",
              "simple",
              "language",
              Language.ofCode(name.substring(0, 2)).upstreamName(),
              "stem",
              "true",
              "remove_stop_words",
              "false");
        }
        throw wrong("tokenizer_name", "default, raw, whitespace, or en_stem and the like", name);
      }
    };
  }

  private static TextParams of(Map<String, Object> given, boolean bigrams) {
    String base = text(given, "base_tokenizer", "");
    String analyzer = text(given, "analyzer", "");
    if (!analyzer.isEmpty() && !analyzer.equals("text") && !analyzer.equals(CODE)) {
      throw wrong("analyzer", "text or code", analyzer);
    }
    if (base.isEmpty()) {
      base = analyzer.equals(CODE) ? CODE : "simple";
    }
    if (!analyzer.isEmpty() && analyzer.equals(CODE) != base.equals(CODE)) {
      throw wrong("base_tokenizer with analyzer=" + analyzer, "one of that kind", base);
    }
    TextParams known = defaults(base, bigrams);
    int min = number(given, "min_ngram_length", number(given, "ngram_min_length", known.minNgram));
    int max = number(given, "max_ngram_length", number(given, "ngram_max_length", known.maxNgram));
    TextParams params =
        new TextParams(
            base,
            given.containsKey("language")
                ? Language.of(text(given, "language", ""))
                : known.language,
            flag(given, "with_position", known.withPosition),
            tokenLength(given, known.maxTokenLength),
            flag(given, "lower_case", known.lowerCase),
            flag(given, "stem", known.stem),
            flag(given, "remove_stop_words", known.removeStopWords),
            stopWords(given.get("custom_stop_words")),
            flag(given, "ascii_folding", known.asciiFolding),
            min,
            max,
            flag(given, "prefix_only", known.prefixOnly),
            number(given, "block_size", known.blockSize),
            flag(given, "split_identifiers", known.splitIdentifiers),
            flag(given, "split_on_numerics", known.splitOnNumerics),
            flag(given, "preserve_original", known.preserveOriginal),
            flag(given, "index_operators", known.indexOperators),
            flag(given, "cjk_bigrams", known.cjkBigrams));
    if (min < 1 || min > max) {
      throw wrong("min_ngram_length", "1 to max_ngram_length (" + max + ")", min);
    }
    if (params.blockSize != 128 && params.blockSize != 256) {
      throw wrong("block_size", "128 or 256", params.blockSize);
    }
    return params;
  }

  private static OptionalInt tokenLength(Map<String, Object> given, OptionalInt known) {
    if (!given.containsKey("max_token_length")) {
      return known;
    }
    Object value = given.get("max_token_length");
    return value == null || value.toString().isEmpty() || value.toString().equals("none")
        ? OptionalInt.empty()
        : OptionalInt.of(number(given, "max_token_length", MAX_TOKEN_LENGTH));
  }

  private static Optional<List<String>> stopWords(@org.jspecify.annotations.Nullable Object value) {
    return switch (value) {
      case null -> Optional.empty();
      case List<?> words -> Optional.of(words.stream().map(String::valueOf).toList());
      default -> {
        String text = value.toString().strip();
        if (text.startsWith("[")
            && parse("{\"w\":" + text + "}").get("w") instanceof List<?> words) {
          yield Optional.of(words.stream().map(String::valueOf).toList());
        }
        yield Optional.of(
            java.util.Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .filter(word -> !word.isEmpty())
                .toList());
      }
    };
  }

  private static String text(Map<String, Object> given, String name, String otherwise) {
    Object value = given.get(name);
    return value == null ? otherwise : value.toString().strip();
  }

  private static boolean flag(Map<String, Object> given, String name, boolean otherwise) {
    String value = text(given, name, "").toLowerCase(java.util.Locale.ROOT);
    return switch (value) {
      case "" -> otherwise;
      case "true" -> true;
      case "false" -> false;
      default -> throw wrong(name, "true or false", value);
    };
  }

  private static int number(Map<String, Object> given, String name, int otherwise) {
    String value = text(given, name, "");
    if (value.isEmpty()) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(value);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw wrong(name, "a whole number", value);
  }

  private static InvalidInputException wrong(String name, String expected, Object found) {
    return new InvalidInputException(
        "text index, " + name + ": expected=" + expected + ", found=" + found);
  }

  private static Map<String, Object> parse(String json) {
    Map<String, Object> members = new TreeMap<>();
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new InvalidInputException("text index settings: expected=a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken token = parser.nextToken();
        if (token == JsonToken.START_ARRAY) {
          List<String> words = new ArrayList<>();
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            words.add(parser.getText());
          }
          members.put(name, words);
        } else if (token == JsonToken.START_OBJECT) {
          parser.skipChildren();
        } else if (token != JsonToken.VALUE_NULL) {
          members.put(name, parser.getText());
        } else if (name.equals("max_token_length")) {
          members.put(name, "none");
        }
      }
    } catch (IOException e) {
      throw new InvalidInputException("text index settings: malformed JSON", e);
    }
    return members;
  }

  /// Reads what `metadata.lance` says.
  ///
  /// @throws CorruptDataException if it is not understood
  static TextParams fromJson(String json, String path) {
    try {
      return of(parse(json), false);
    } catch (InvalidInputException e) {
      throw new CorruptDataException(e.getMessage() + " (path=" + path + ")", e);
    }
  }

  /// As `metadata.lance` has it.
  String toJson() {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("lance_tokenizer", "text");
      json.writeStringField("base_tokenizer", baseTokenizer);
      json.writeStringField("language", language.upstreamName());
      json.writeBooleanField("with_position", withPosition);
      if (maxTokenLength.isPresent()) {
        json.writeNumberField("max_token_length", maxTokenLength.getAsInt());
      } else {
        json.writeNullField("max_token_length");
      }
      json.writeBooleanField("lower_case", lowerCase);
      json.writeBooleanField("stem", stem);
      json.writeBooleanField("remove_stop_words", removeStopWords);
      if (customStopWords.isPresent()) {
        json.writeArrayFieldStart("custom_stop_words");
        for (String word : customStopWords.get()) {
          json.writeString(word);
        }
        json.writeEndArray();
      } else {
        json.writeNullField("custom_stop_words");
      }
      json.writeBooleanField("ascii_folding", asciiFolding);
      json.writeNumberField("min_ngram_length", minNgram);
      json.writeNumberField("max_ngram_length", maxNgram);
      json.writeBooleanField("prefix_only", prefixOnly);
      json.writeNumberField("block_size", blockSize);
      json.writeBooleanField("split_identifiers", splitIdentifiers);
      json.writeBooleanField("split_on_numerics", splitOnNumerics);
      json.writeBooleanField("preserve_original", preserveOriginal);
      json.writeBooleanField("index_operators", indexOperators);
      if (cjkBigrams) {
        json.writeBooleanField("cjk_bigrams", true);
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  /// As the manifest has it: `InvertedIndexDetails`.
  byte[] toDetails() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      out.writeString(1, baseTokenizer);
      out.writeString(2, '"' + language.upstreamName() + '"');
      bool(out, 3, withPosition);
      if (maxTokenLength.isPresent()) {
        out.writeUInt32(4, maxTokenLength.getAsInt());
      }
      bool(out, 5, lowerCase);
      bool(out, 6, stem);
      bool(out, 7, removeStopWords);
      bool(out, 8, asciiFolding);
      out.writeUInt32(9, minNgram);
      out.writeUInt32(10, maxNgram);
      bool(out, 11, prefixOnly);
      out.writeUInt32(12, blockSize);
      if (baseTokenizer.equals(CODE)) {
        out.writeByteArray(13, codeDetails());
      }
      out.writeUInt32(15, formatVersion());
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private byte[] codeDetails() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    bool(out, 1, splitIdentifiers);
    bool(out, 2, splitOnNumerics);
    bool(out, 3, preserveOriginal);
    bool(out, 4, indexOperators);
    out.flush();
    return bytes.toByteArray();
  }

  private static void bool(CodedOutputStream out, int field, boolean value) throws IOException {
    if (value) {
      out.writeBool(field, true);
    }
  }

  /// Whether documents are list elements, which we do not search.
  static boolean listElements(byte[] details) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(details);
      boolean elements = false;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) == 14
            && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_VARINT) {
          elements = in.readEnum() == 1;
        } else if (!in.skipField(tag)) {
          break;
        }
      }
      return elements;
    } catch (IOException e) {
      throw new CorruptDataException("text index details: expected=a message, found=garbage", e);
    }
  }
}
