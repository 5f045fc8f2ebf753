package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.kernels.Lz4;
import io.lancelot.kernels.Zstd;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a field's metadata asks of the encoder. Format: lance-format A.20.
///
/// @param compression general compression of values
/// @param level how hard Zstandard tries; 0 for its usual level
/// @param byteStreams whether the bytes of numbers are split into streams before they are
///   compressed
/// @param runThreshold runs are stored only if there are fewer than this part of the values
/// @param structure page layout to use
/// @param chunkBytes target bytes of a chunk of values of varying size; 0 for the usual one
/// @param dictionaryDivisor a dictionary has at most one entry per so many values
/// @param dictionaryRatio largest size of a dictionary page relative to the plain one
/// @param dictionaryBytes largest dictionary
/// @param dictionaryCompression general compression of dictionaries
/// @param dictionaryLevel how hard Zstandard tries on dictionaries
record EncodingOptions(
    Compression compression,
    int level,
    ByteStreams byteStreams,
    double runThreshold,
    Structure structure,
    int chunkBytes,
    int dictionaryDivisor,
    double dictionaryRatio,
    long dictionaryBytes,
    Compression dictionaryCompression,
    int dictionaryLevel) {

  enum Compression {
    AUTOMATIC,
    NONE,
    LZ4,
    ZSTD,
    FSST
  }

  enum ByteStreams {
    AUTOMATIC,
    ON,
    OFF
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
    return new EncodingOptions(
        reader.compression("compression", Compression.AUTOMATIC),
        (int) reader.number("compression-level", 0, Integer.MIN_VALUE, Integer.MAX_VALUE),
        reader.byteStreams(),
        reader.fraction("rle-threshold", 1),
        reader.structure(),
        (int) reader.number("minichunk-size", 0, 1, 1 << 30),
        (int) reader.number("dict-divisor", 2, 1, Integer.MAX_VALUE),
        reader.fraction("dict-size-ratio", 0.8),
        reader.number("dict-max-size", 8 << 20, 0, Long.MAX_VALUE),
        reader.compression("dict-values-compression", Compression.LZ4),
        (int)
            reader.number(
                "dict-values-compression-level", 0, Integer.MIN_VALUE, Integer.MAX_VALUE));
  }

  /// The codec that the field asks for, null if it asks for none.
  @Nullable GeneralCodec codec() {
    return codec(compression, level);
  }

  /// The codec of dictionaries, null for none.
  @Nullable GeneralCodec dictionaryCodec() {
    return codec(dictionaryCompression, dictionaryLevel);
  }

  private static @Nullable GeneralCodec codec(Compression compression, int level) {
    return switch (compression) {
      case LZ4 -> new GeneralCodec.Lz4Codec(new Lz4());
      case ZSTD -> new GeneralCodec.ZstdCodec(new Zstd(), level);
      case AUTOMATIC, NONE, FSST -> null;
    };
  }

  private record Reader(Map<String, String> metadata, String path) {

    private String text(String key) {
      return metadata.getOrDefault(PREFIX + key, "").toLowerCase(Locale.ROOT);
    }

    ByteStreams byteStreams() {
      String value = text("bss");
      return switch (value) {
        case "", "auto" -> ByteStreams.AUTOMATIC;
        case "on" -> ByteStreams.ON;
        case "off" -> ByteStreams.OFF;
        default -> throw invalid("bss", "auto, on or off", value);
      };
    }

    Compression compression(String key, Compression automatic) {
      String value = text(key);
      return switch (value) {
        case "" -> automatic;
        case "none" -> Compression.NONE;
        case "lz4" -> Compression.LZ4;
        case "fsst" -> Compression.FSST;
        case "zstd" -> Compression.ZSTD;
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
