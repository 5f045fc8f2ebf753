package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// JSON objects, one behind the other (a line each, or in one array), as batches. Reading takes two
/// passes: the first finds the types, the second reads the rows; with a schema given only the
/// second.
final class JsonInput implements BatchStream {

  private static final JsonFactory FACTORY = new JsonFactory();

  private final Path file;
  private final Schema schema;
  private final int batchRows;
  private final Scratch scratch;
  private final JsonParser parser;
  private long row;

  private JsonInput(Path file, Schema schema, int batchRows, Memory memory) {
    this.file = file;
    this.schema = schema;
    this.batchRows = batchRows;
    this.scratch = memory.scratch();
    this.parser = open(file);
  }

  /// Finds the schema of a file, then opens it.
  ///
  /// @param vectors columns of number arrays that become fixed-size lists of float32
  static JsonInput open(Path file, Set<String> vectors, int batchRows, Memory memory) {
    return new JsonInput(file, guess(file, vectors), batchRows, memory);
  }

  /// Opens a file whose rows must fit `schema`.
  static JsonInput open(Path file, Schema schema, int batchRows, Memory memory) {
    return new JsonInput(file, schema, batchRows, memory);
  }

  private static JsonParser open(Path file) {
    try {
      return FACTORY.createParser(TextFiles.reader(file));
    } catch (IOException e) {
      throw new StorageException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static Schema guess(Path file, Set<String> vectors) {
    TypeGuess row = new TypeGuess("row");
    long number = 0;
    try (JsonParser parser = open(file)) {
      while (nextObject(parser, file, number)) {
        number++;
        seeObject(parser, row);
      }
    } catch (IOException e) {
      throw malformed(file, number, e);
    } catch (InvalidInputException e) {
      throw new InvalidInputException(
          e.getMessage() + " (file=" + file + ", row=" + number + ")", e);
    }
    List<Field> fields = new ArrayList<>();
    for (TypeGuess guess : row.fields()) {
      fields.add(
          vectors.contains(guess.name())
              ? Field.nullable(guess.name(), guess.vectorType())
              : guess.asField());
    }
    for (String vector : vectors) {
      if (fields.stream().noneMatch(field -> field.name().equals(vector))) {
        throw new InvalidInputException(
            "unknown vector column: expected one of "
                + fields.stream().map(Field::name).toList()
                + ", found="
                + vector
                + " (file="
                + file
                + ")");
      }
    }
    if (fields.isEmpty()) {
      throw new InvalidInputException(
          "no columns: expected=at least one JSON object (file=" + file + ")");
    }
    return Schema.of(fields);
  }

  /// Moves to the start of the next top-level object; an array around the objects is looked
  /// through.
  private static boolean nextObject(JsonParser parser, Path file, long rows) throws IOException {
    while (true) {
      JsonToken token = parser.nextToken();
      if (token == null) {
        return false;
      }
      switch (token) {
        case START_OBJECT -> {
          return true;
        }
        case START_ARRAY, END_ARRAY -> {}
        default ->
            throw new InvalidInputException(
                "malformed JSON: expected=an object per row, found="
                    + token
                    + " (file="
                    + file
                    + ", row="
                    + (rows + 1)
                    + ")");
      }
    }
  }

  private static void seeObject(JsonParser parser, TypeGuess guess) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      TypeGuess field = guess.field(parser.currentName());
      parser.nextToken();
      seeValue(parser, field);
    }
  }

  private static void seeValue(JsonParser parser, TypeGuess guess) throws IOException {
    switch (parser.currentToken()) {
      case VALUE_NULL -> {}
      case VALUE_TRUE, VALUE_FALSE -> guess.seeBoolean();
      case VALUE_NUMBER_INT -> {
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
          BigInteger big = parser.getBigIntegerValue();
          if (big.signum() > 0 && big.bitLength() <= 64) {
            guess.seeWhole(true);
          } else {
            guess.seeDouble();
          }
        } else {
          guess.seeWhole(false);
        }
      }
      case VALUE_NUMBER_FLOAT -> guess.seeDouble();
      case VALUE_STRING -> guess.seeString();
      case START_OBJECT -> {
        guess.seeStruct();
        seeObject(parser, guess);
      }
      case START_ARRAY -> {
        // The items come before the length is known; only the first list's length matters, for
        // vectors.
        TypeGuess items = guess.field("item");
        int length = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          seeValue(parser, items);
          length++;
        }
        guess.seeList(length);
      }
      default -> throw new JsonParseException(parser, "unexpected " + parser.currentToken());
    }
  }

  private static InvalidInputException malformed(Path file, long row, IOException e) {
    String why =
        e instanceof JsonParseException parse ? parse.getOriginalMessage() : e.getMessage();
    return new InvalidInputException(
        "malformed JSON: " + why + " (file=" + file + ", row=" + (row + 1) + ")", e);
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    scratch.reset();
    List<ColumnBuilder> builders = new ArrayList<>();
    for (Field field : schema.fields()) {
      builders.add(ColumnBuilder.of(field.type(), scratch));
    }
    int rows = 0;
    try {
      while (rows < batchRows && nextObject(parser, file, row)) {
        Map<String, @Nullable Object> values = readObject(parser);
        for (int i = 0; i < builders.size(); i++) {
          Field field = schema.fields().get(i);
          try {
            builders.get(i).append(values.remove(field.name()));
          } catch (InvalidInputException e) {
            throw new InvalidInputException(
                e.getMessage()
                    + " (file="
                    + file
                    + ", row="
                    + (row + 1)
                    + ", column="
                    + field.name()
                    + ")",
                e);
          }
        }
        if (!values.isEmpty()) {
          throw new InvalidInputException(
              "unknown column: expected one of "
                  + schema.names()
                  + ", found="
                  + values.keySet().iterator().next()
                  + " (file="
                  + file
                  + ", row="
                  + (row + 1)
                  + ")");
        }
        rows++;
        row++;
      }
    } catch (IOException e) {
      throw malformed(file, row, e);
    }
    return rows == 0
        ? null
        : new Batch(schema, rows, builders.stream().map(ColumnBuilder::build).toList());
  }

  private static Map<String, @Nullable Object> readObject(JsonParser parser) throws IOException {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      values.put(name, readValue(parser));
    }
    return values;
  }

  /// The value at the parser's current token as plain Java objects.
  static @Nullable Object readValue(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_NULL -> null;
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NUMBER_INT -> parser.getNumberValue();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_STRING -> parser.getText();
      case START_OBJECT -> readObject(parser);
      case START_ARRAY -> {
        List<@Nullable Object> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(readValue(parser));
        }
        yield items;
      }
      default -> throw new JsonParseException(parser, "unexpected " + parser.currentToken());
    };
  }

  @Override
  public void close() {
    scratch.close();
    try {
      parser.close();
    } catch (IOException e) {
      throw new StorageException("cannot close " + file + ": " + e.getMessage(), e);
    }
  }
}
