package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The types of the dialect by their SQL and Arrow names.
final class SqlTypes {

  private SqlTypes() {}

  /// The type that `words` (lower case) name with the numbers in parentheses after them, if any.
  static DataType of(String words, List<Integer> parameters, int at) {
    DataType type = plain(words);
    if (type != null && parameters.isEmpty()) {
      return type;
    }
    return switch (words) {
      case "varchar", "char", "character varying", "character", "nvarchar" -> Types.UTF8;
      case "decimal", "numeric", "decimal128" -> decimal(128, parameters, at);
      case "decimal256" -> decimal(256, parameters, at);
      case "timestamp", "datetime", "timestamp without time zone" ->
          new DataType.Timestamp(unit(parameters, at), Optional.empty());
      case "timestamp with time zone", "timestamptz" ->
          new DataType.Timestamp(unit(parameters, at), Optional.of("UTC"));
      case "time", "time without time zone" -> new DataType.Time(unit(parameters, at));
      case "fixed_size_binary" -> {
        if (parameters.size() != 1) {
          throw Lexer.error("fixed_size_binary(bytes)", words, at);
        }
        yield new DataType.FixedSizeBinary(parameters.getFirst());
      }
      case "int8" ->
          throw new InvalidInputException(
              "ambiguous type: expected=tinyint (8 bits) or bigint (64 bits), found=int8 (position="
                  + at
                  + ")");
      default -> {
        if (type != null) {
          throw Lexer.error("no parameters after " + words, "(", at);
        }
        if (words.startsWith("interval")) {
          throw new UnsupportedFeatureException("intervals in filters (position=" + at + ")");
        }
        throw Lexer.error(
            "a type, such as boolean, tinyint, int, bigint, int unsigned, float, double,"
                + " decimal(p, s), string, binary, date or timestamp(p)",
            words,
            at);
      }
    };
  }

  private static @org.jspecify.annotations.Nullable DataType plain(String words) {
    return switch (words) {
      case "boolean", "bool" -> Types.BOOL;
      case "tinyint" -> Types.INT8;
      case "smallint", "int16", "int2" -> Types.INT16;
      case "int", "integer", "int32", "int4" -> Types.INT32;
      case "bigint", "int64", "long" -> Types.INT64;
      case "tinyint unsigned", "uint8" -> Types.UINT8;
      case "smallint unsigned", "uint16" -> Types.UINT16;
      case "int unsigned", "integer unsigned", "uint32" -> Types.UINT32;
      case "bigint unsigned", "uint64" -> Types.UINT64;
      case "float16", "halffloat" -> Types.FLOAT16;
      case "float", "real", "float32", "float4" -> Types.FLOAT32;
      case "double", "double precision", "float64", "float8" -> Types.FLOAT64;
      case "string", "text", "utf8", "varchar" -> Types.UTF8;
      case "large_string", "large_utf8", "largeutf8" -> Types.LARGE_UTF8;
      case "binary", "varbinary", "bytea", "blob" -> Types.BINARY;
      case "large_binary", "largebinary" -> Types.LARGE_BINARY;
      case "date", "date32" -> Types.DATE32;
      case "date64" -> Types.DATE64;
      default -> null;
    };
  }

  private static DataType decimal(int bits, List<Integer> parameters, int at) {
    int precision = parameters.isEmpty() ? 38 : parameters.get(0);
    int scale = parameters.size() > 1 ? parameters.get(1) : parameters.isEmpty() ? 10 : 0;
    if (parameters.size() > 2 || precision < 1 || precision > (bits == 128 ? 38 : 76)) {
      throw Lexer.error("decimal(precision of 1 to 38, scale)", parameters.toString(), at);
    }
    if (scale < -76 || scale > precision) {
      throw Lexer.error("a scale of at most the precision", parameters.toString(), at);
    }
    return new DataType.Decimal(bits, precision, scale);
  }

  private static DataType.TimeUnit unit(List<Integer> parameters, int at) {
    if (parameters.isEmpty()) {
      return DataType.TimeUnit.MICROSECOND;
    }
    for (DataType.TimeUnit unit : DataType.TimeUnit.values()) {
      if (parameters.size() == 1 && unit.digits() == parameters.getFirst()) {
        return unit;
      }
    }
    throw Lexer.error("a precision of 0, 3, 6 or 9", parameters.toString(), at);
  }

  /// The SQL name that [#of] reads back.
  static String name(DataType type) {
    return switch (type) {
      case DataType.Bool _ -> "boolean";
      case DataType.Int(int bits, boolean signed) -> {
        String name =
            bits == 8 ? "tinyint" : bits == 16 ? "smallint" : bits == 32 ? "int" : "bigint";
        yield signed ? name : name + " unsigned";
      }
      case DataType.Floating(int bits) -> bits == 16 ? "float16" : bits == 32 ? "float" : "double";
      case DataType.Decimal(int bits, int precision, int scale) ->
          (bits == 128 ? "decimal(" : "decimal256(") + precision + ", " + scale + ")";
      case DataType.Utf8(boolean large) -> large ? "large_string" : "string";
      case DataType.Binary(boolean large) -> large ? "large_binary" : "binary";
      case DataType.FixedSizeBinary(int width) -> "fixed_size_binary(" + width + ")";
      case DataType.Date(DataType.DateUnit unit) ->
          unit == DataType.DateUnit.DAY ? "date" : "date64";
      case DataType.Time(DataType.TimeUnit unit) -> "time(" + unit.digits() + ")";
      case DataType.Timestamp(DataType.TimeUnit unit, Optional<String> zone) ->
          "timestamp(" + unit.digits() + ")" + (zone.isPresent() ? " with time zone" : "");
      case DataType.Null _,
          DataType.Duration _,
          DataType.ListOf _,
          DataType.FixedSizeList _,
          DataType.Struct _,
          DataType.MapOf _,
          DataType.Dictionary _ ->
          type.arrowName();
    };
  }

  /// A type as it is written in SQL.
  static DataType parse(TokenCursor tokens) {
    Lexer.Token first = tokens.take();
    if (first.kind() != Lexer.Kind.NAME) {
      throw Lexer.error("a type", first.shown(), first.at());
    }
    StringBuilder words = new StringBuilder(first.text().toLowerCase(Locale.ROOT));
    if (first.isWord("DOUBLE") && tokens.takeWord("PRECISION")) {
      words.append(" precision");
    } else if (first.isWord("CHARACTER") && tokens.takeWord("VARYING")) {
      words.append(" varying");
    } else if (tokens.takeWord("UNSIGNED")) {
      words.append(" unsigned");
    }
    List<Integer> parameters = parameters(tokens);
    boolean with = tokens.peek().isWord("WITH");
    if ((with || tokens.peek().isWord("WITHOUT"))
        && tokens.ahead(1).isWord("TIME")
        && tokens.ahead(2).isWord("ZONE")) {
      tokens.skip(3);
      words.append(with ? " with time zone" : " without time zone");
    }
    return of(words.toString(), parameters, first.at());
  }

  /// `(10, 2)`; nothing where no parenthesis follows.
  static List<Integer> parameters(TokenCursor tokens) {
    List<Integer> parameters = new ArrayList<>();
    if (tokens.takeSymbol("(")) {
      do {
        boolean negative = tokens.takeSymbol("-");
        Lexer.Token token = tokens.take();
        if (token.kind() != Lexer.Kind.NUMBER || !token.text().matches("[0-9]{1,9}")) {
          throw Lexer.error("a whole number", token.shown(), token.at());
        }
        int value = Integer.parseInt(token.text());
        parameters.add(negative ? -value : value);
      } while (tokens.takeSymbol(","));
      tokens.expectSymbol(")");
    }
    return parameters;
  }
}
