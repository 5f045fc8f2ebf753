package io.lancelot.table;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.lancelot.base.CorruptDataException;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The small JSON files under `_refs`: one object, read and written as plain maps and lists.
final class RefFile {

  private static final JsonFactory JSON = new JsonFactory();

  /// Nothing of ours or upstream's nests deeper.
  private static final int MAX_DEPTH = 16;

  private RefFile() {}

  static Map<String, Object> read(ObjectStore store, String path) {
    try (Arena arena = Arena.ofConfined();
        ObjectReader reader = store.open(path);
        JsonParser parser =
            JSON.createParser(
                reader.view(0, reader.sizeBytes(), arena).toArray(ValueLayout.JAVA_BYTE))) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new CorruptDataException("reference: expected=a JSON object (path=" + path + ")");
      }
      return object(parser, path, 0);
    } catch (IOException e) {
      throw new CorruptDataException(
          "reference: malformed JSON: " + e.getMessage() + " (path=" + path + ")", e);
    }
  }

  private static Map<String, Object> object(JsonParser parser, String path, int depth)
      throws IOException {
    Map<String, Object> object = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      Object value = value(parser, path, depth);
      if (value != null) {
        object.put(name, value);
      }
    }
    return object;
  }

  private static @Nullable Object value(JsonParser parser, String path, int depth)
      throws IOException {
    if (depth > MAX_DEPTH) {
      throw new CorruptDataException("reference: nested too deeply (path=" + path + ")");
    }
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw new CorruptDataException("reference: JSON ends early (path=" + path + ")");
    }
    return switch (token) {
      case START_OBJECT -> object(parser, path, depth + 1);
      case START_ARRAY -> {
        List<Object> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          Object item = value(parser, path, depth + 1);
          if (item != null) {
            items.add(item);
          }
        }
        yield items;
      }
      case VALUE_NUMBER_INT -> parser.getLongValue();
      case VALUE_NULL -> null;
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> parser.getText();
    };
  }

  static long number(Map<String, Object> object, String name, String path) {
    if (object.get(name) instanceof Long number) {
      return number;
    }
    throw new CorruptDataException(
        "reference: expected=a number "
            + name
            + ", found="
            + object.get(name)
            + " (path="
            + path
            + ")");
  }

  static @Nullable String text(Map<String, Object> object, String name) {
    return object.get(name) instanceof String text ? text : null;
  }

  /// The bytes of an object of maps, lists, strings, numbers and nulls.
  static MemorySegment bytes(Map<String, @Nullable Object> object) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      write(json, object);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return MemorySegment.ofArray(out.toByteArray());
  }

  private static void write(JsonGenerator json, @Nullable Object value) throws IOException {
    switch (value) {
      case null -> json.writeNull();
      case Map<?, ?> object -> {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : object.entrySet()) {
          json.writeFieldName(String.valueOf(entry.getKey()));
          write(json, entry.getValue());
        }
        json.writeEndObject();
      }
      case List<?> items -> {
        json.writeStartArray();
        for (Object item : items) {
          write(json, item);
        }
        json.writeEndArray();
      }
      case Long number -> json.writeNumber(number);
      case Boolean bool -> json.writeBoolean(bool);
      default -> json.writeString(value.toString());
    }
  }
}
