package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import java.util.Locale;
import java.util.Map;

/// What a field's metadata asks of the encoder. Format: lance-format A.20.
///
/// @param compression general compression of values
/// @param structure page layout to use
/// @param chunkBytes target bytes of a chunk of values of varying size; 0 for the usual one
/// @param dictionaryDivisor a dictionary has at most one entry per so many values
/// @param dictionaryRatio largest size of a dictionary page relative to the plain one
/// @param dictionaryBytes largest dictionary
/// @param dictionaryCompression general compression of dictionaries
record EncodingOptions(
    Compression compression,
    Structure structure,
    int chunkBytes,
    int dictionaryDivisor,
    double dictionaryRatio,
    long dictionaryBytes,
    Compression dictionaryCompression) {

  enum Compression {
    AUTOMATIC,
    NONE,
    LZ4,
    FSST
  }

  enum Structure {
    AUTOMATIC,
    MINI_BLOCK,
    FULL_ZIP
  }

  private static final String PREFIX = "lance-encoding:";

  /// The options of a leaf.
  ///
  /// @throws InvalidInputException if a value makes no sense
  /// @throws UnsupportedFeatureException if it asks for something that is not built
  static EncodingOptions of(Map<String, String> metadata, String path) {
    Reader reader = new Reader(metadata, path);
    reader.refuseUnsupported();
    return new EncodingOptions(
        reader.compression("compression", Compression.AUTOMATIC),
        reader.structure(),
        (int) reader.number("minichunk-size", 0, 1, 1 << 30),
        (int) reader.number("dict-divisor", 2, 1, Integer.MAX_VALUE),
        reader.fraction("dict-size-ratio", 0.8),
        reader.number("dict-max-size", 8 << 20, 0, Long.MAX_VALUE),
        reader.compression("dict-values-compression", Compression.LZ4));
  }

  private record Reader(Map<String, String> metadata, String path) {

    private String text(String key) {
      return metadata.getOrDefault(PREFIX + key, "").toLowerCase(Locale.ROOT);
    }

    void refuseUnsupported() {
      if (text("packed").equals("true")
          || metadata.getOrDefault("packed", "").toLowerCase(Locale.ROOT).equals("true")) {
        throw unsupported("packed", "true");
      }
      if (text("blob").equals("true")) {
        throw unsupported("blob", "true");
      }
      if (metadata.getOrDefault("ARROW:extension:name", "").equals("lance.blob.v2")) {
        throw new UnsupportedFeatureException(
            "blob columns cannot be written (column=" + path + ")");
      }
      String bss = text("bss");
      switch (bss) {
        // Byte stream split is only ever considered under general compression, which "auto" may
        // decline.
        case "", "auto", "off" -> {}
        case "on" -> throw unsupported("bss", bss);
        default -> throw invalid("bss", "auto, on or off", bss);
      }
      fraction("rle-threshold", 0.5);
      number("compression-level", 0, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    Compression compression(String key, Compression automatic) {
      String value = text(key);
      return switch (value) {
        case "" -> automatic;
        case "none" -> Compression.NONE;
        case "lz4" -> Compression.LZ4;
        case "fsst" -> Compression.FSST;
        case "zstd" -> throw unsupported(key, value);
        default -> throw invalid(key, "lz4, zstd, fsst or none", value);
      };
    }

    Structure structure() {
      String value = text("structural-encoding");
      return switch (value) {
        case "" -> Structure.AUTOMATIC;
        case "miniblock" -> Structure.MINI_BLOCK;
        case "fullzip" -> Structure.FULL_ZIP;
        case "sparse" -> throw unsupported("structural-encoding", value);
        default -> throw invalid("structural-encoding", "miniblock or fullzip", value);
      };
    }

    long number(String key, long automatic, long min, long max) {
      String value = text(key);
      if (value.isEmpty()) {
        return automatic;
      }
      try {
        long number = Long.parseLong(value);
        if (number >= min && number <= max) {
          return number;
        }
      } catch (NumberFormatException e) {
        throw new InvalidInputException(invalid(key, "a whole number", value).getMessage() + "", e);
      }
      throw invalid(key, min + " to " + max, value);
    }

    double fraction(String key, double automatic) {
      String value = text(key);
      if (value.isEmpty()) {
        return automatic;
      }
      try {
        double number = Double.parseDouble(value);
        if (number >= 0 && number <= 1) {
          return number;
        }
      } catch (NumberFormatException e) {
        throw new InvalidInputException(invalid(key, "0 to 1", value).getMessage() + "", e);
      }
      throw invalid(key, "0 to 1", value);
    }

    private UnsupportedFeatureException unsupported(String key, String value) {
      return new UnsupportedFeatureException(
          "encoding option not supported: found="
              + PREFIX
              + key
              + "="
              + value
              + " (column="
              + path
              + ")");
    }

    private InvalidInputException invalid(String key, String expected, String found) {
      return new InvalidInputException(
          "unknown encoding option: expected="
              + PREFIX
              + key
              + " "
              + expected
              + ", found="
              + found
              + " (column="
              + path
              + ")");
    }
  }
}
