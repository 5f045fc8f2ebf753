package io.lancelot.index.vector;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.lancelot.base.CorruptDataException;
import io.lancelot.kernels.Metric;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The small messages of vector indices: partition tables, tensors, details, and the JSON texts in
/// file metadata. Format: lance-format sections 4.1, 4.4 and B.4.
final class Wire {

  private static final JsonFactory JSON = new JsonFactory();
  private static final int MAX_DEPTH = 16;

  private Wire() {}

  /// Numbers of one type with a shape.
  ///
  /// @param type as [VectorType#tensorType]
  record Tensor(int type, int[] shape, byte[] data) {

    static Tensor ofFloats(VectorType vectors, Metric metric, float[] values, int rows, int cols) {
      int width = vectors.width(metric);
      int itemBytes = vectors.element().bytes();
      java.lang.foreign.MemorySegment out =
          java.lang.foreign.MemorySegment.ofArray(new byte[rows * cols * itemBytes]);
      // Whole rows at once where the tensor has vectors as rows.
      for (long at = 0; at < (long) values.length; at += width) {
        vectors.write(values, (int) at, metric, out, at / width * vectors.dim() * itemBytes);
      }
      return new Tensor(
          vectors.tensorType(),
          new int[] {rows, cols},
          out.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
    }

    /// The numbers as floats; bytes as single bits if asked for.
    float[] floats(boolean bits, String path) {
      long expected = 1;
      for (int size : shape) {
        expected *= size;
      }
      int itemBytes =
          switch (type) {
            case 0, 1 -> 2;
            case 2 -> 4;
            case 3 -> 8;
            case 4 -> 1;
            default -> throw corrupt("tensor type", "0 to 4", type, path);
          };
      if (expected * itemBytes != data.length) {
        throw corrupt("tensor bytes", expected * itemBytes, data.length, path);
      }
      ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
      int count = data.length / itemBytes;
      float[] values = new float[bits ? Math.multiplyExact(count, 8) : count];
      for (int i = 0; i < count; i++) {
        switch (type) {
          case 0 -> values[i] = Float.intBitsToFloat(in.getShort() << 16);
          case 1 -> values[i] = Float.float16ToFloat(in.getShort());
          case 2 -> values[i] = in.getFloat();
          case 3 -> values[i] = (float) in.getDouble();
          default -> {
            int value = in.get() & 0xff;
            if (bits) {
              for (int b = 0; b < 8; b++) {
                values[8 * i + b] = value >>> b & 1;
              }
            } else {
              values[i] = value;
            }
          }
        }
      }
      return values;
    }

    byte[] toBytes() {
      return message(out -> {
        if (type != 0) {
          out.writeEnum(1, type);
        }
        byte[] packed =
            message(inner -> {
              for (int size : shape) {
                inner.writeUInt32NoTag(size);
              }
            });
        out.writeByteArray(2, packed);
        out.writeByteArray(3, data);
      });
    }

    static Tensor parse(byte[] bytes, String path) {
      int[] type = {0};
      List<Integer> shape = new ArrayList<>();
      byte[][] data = {new byte[0]};
      fields(
          bytes,
          path,
          (field, wire, in) -> {
            switch (field) {
              case 1 -> type[0] = in.readEnum();
              case 2 -> numbers(wire, in, value -> shape.add((int) value));
              case 3 -> data[0] = in.readByteArray();
              default -> {
                return false;
              }
            }
            return true;
          });
      return new Tensor(type[0], shape.stream().mapToInt(Integer::intValue).toArray(), data[0]);
    }
  }

  /// Where partitions lie in a file, and their centres.
  ///
  /// @param centroids null where the file does not have them
  record Ivf(long[] offsets, int[] lengths, @Nullable Tensor centroids, Optional<Double> loss) {

    byte[] toBytes() {
      return message(out -> {
        out.writeByteArray(
            2,
            message(inner -> {
              for (long offset : offsets) {
                inner.writeUInt64NoTag(offset);
              }
            }));
        out.writeByteArray(
            3,
            message(inner -> {
              for (int length : lengths) {
                inner.writeUInt32NoTag(length);
              }
            }));
        if (centroids != null) {
          out.writeByteArray(4, centroids.toBytes());
        }
        if (loss.isPresent()) {
          out.writeDouble(5, loss.get());
        }
      });
    }

    static Ivf parse(byte[] bytes, String path) {
      List<Long> offsets = new ArrayList<>();
      List<Integer> lengths = new ArrayList<>();
      Tensor[] tensor = new Tensor[1];
      Double[] loss = new Double[1];
      fields(
          bytes,
          path,
          (field, wire, in) -> {
            switch (field) {
              case 2 -> numbers(wire, in, offsets::add);
              case 3 -> numbers(wire, in, value -> lengths.add((int) value));
              case 4 -> tensor[0] = Tensor.parse(in.readByteArray(), path);
              case 5 -> loss[0] = in.readDouble();
              default -> {
                return false;
              }
            }
            return true;
          });
      if (offsets.size() != lengths.size()) {
        throw corrupt("partition offsets", lengths.size(), offsets.size(), path);
      }
      return new Ivf(
          offsets.stream().mapToLong(Long::longValue).toArray(),
          lengths.stream().mapToInt(Integer::intValue).toArray(),
          tensor[0],
          Optional.ofNullable(loss[0]));
    }
  }

  /// The details message of the manifest.
  static byte[] details(Coding coding, boolean graph, IvfParams params) {
    return message(out -> {
      int metric = metricNumber(params.metric());
      if (metric != 0) {
        out.writeEnum(1, metric);
      }
      if (params.partitionRows().isPresent()) {
        out.writeUInt64(2, params.partitionRows().getAsLong());
      }
      if (graph) {
        out.writeByteArray(
            3,
            message(inner -> {
              inner.writeUInt32(1, params.m());
              inner.writeUInt32(2, params.efConstruction());
              inner.writeUInt32(3, IvfParams.MAX_LEVEL);
            }));
      }
      switch (coding) {
        case PQ ->
            out.writeByteArray(
                4,
                message(inner -> {
                  inner.writeUInt32(1, params.bits());
                  inner.writeUInt32(2, params.subVectors());
                }));
        case SQ -> out.writeByteArray(5, message(inner -> inner.writeUInt32(1, 8)));
        case RQ -> out.writeByteArray(6, message(inner -> inner.writeUInt32(1, params.bits())));
        case FLAT -> out.writeByteArray(8, new byte[0]);
      }
    });
  }

  /// The index type that a details message describes; empty if it says nothing.
  static Optional<String> typeOfDetails(byte[] details) {
    boolean[] graph = {false};
    Coding[] coding = {null};
    fields(
        details,
        "details",
        (field, wire, in) -> {
          switch (field) {
            case 3 -> graph[0] = true;
            case 4 -> coding[0] = Coding.PQ;
            case 5 -> coding[0] = Coding.SQ;
            case 6 -> coding[0] = Coding.RQ;
            case 8 -> coding[0] = Coding.FLAT;
            default -> {}
          }
          return false;
        });
    return Optional.ofNullable(coding[0])
        .map(found -> "IVF_" + (graph[0] ? "HNSW_" : "") + found.name());
  }

  /// Rows of a partition that a details message asks for.
  static OptionalLong partitionRows(byte[] details) {
    long[] rows = {0};
    fields(
        details,
        "details",
        (field, _, in) -> {
          if (field == 2) {
            rows[0] = in.readUInt64();
          }
          return field == 2;
        });
    return rows[0] > 0 ? OptionalLong.of(rows[0]) : OptionalLong.empty();
  }

  private static int metricNumber(Metric metric) {
    return switch (metric) {
      case L2 -> 0;
      case COSINE -> 1;
      case DOT -> 2;
      case HAMMING -> 3;
    };
  }

  private interface Writing {
    void to(CodedOutputStream out) throws IOException;
  }

  private interface FieldReading {
    /// False to have the field skipped.
    boolean read(int field, int wire, CodedInputStream in) throws IOException;
  }

  private interface NumberReading {
    void accept(long value);
  }

  private static byte[] message(Writing writing) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      writing.to(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void fields(byte[] bytes, String path, FieldReading reading) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(bytes);
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (!reading.read(WireFormat.getTagFieldNumber(tag), WireFormat.getTagWireType(tag), in)) {
          in.skipField(tag);
        }
      }
    } catch (IOException e) {
      throw new CorruptDataException(
          "index message: expected=a protobuf message, found="
              + e.getMessage()
              + " (path="
              + path
              + ")",
          e);
    }
  }

  private static void numbers(int wire, CodedInputStream in, NumberReading each)
      throws IOException {
    if (wire != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
      each.accept(in.readUInt64());
      return;
    }
    CodedInputStream packed = ByteString.copyFrom(in.readByteArray()).newCodedInput();
    while (!packed.isAtEnd()) {
      each.accept(packed.readUInt64());
    }
  }

  /// An object as a map, arrays as lists, numbers as Long or Double.
  static @Nullable Object parseJson(String text, String path) {
    try (JsonParser parser = JSON.createParser(text)) {
      parser.nextToken();
      return value(parser, 0);
    } catch (IOException e) {
      throw new CorruptDataException(
          "index metadata: expected=JSON, found=" + text + " (path=" + path + ")", e);
    }
  }

  private static @Nullable Object value(JsonParser parser, int depth) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == null || depth > MAX_DEPTH) {
      throw new IOException("incomplete or too deep");
    }
    return switch (token) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          parser.nextToken();
          map.put(name, value(parser, depth + 1));
        }
        yield map;
      }
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser, depth + 1));
        }
        yield list;
      }
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT -> parser.getLongValue();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> throw new IOException("unexpected " + token);
    };
  }

  /// @throws CorruptDataException if it is no object
  @SuppressWarnings("unchecked")
  static Map<String, @Nullable Object> parseObject(String text, String path) {
    if (parseJson(text, path) instanceof Map<?, ?> map) {
      return (Map<String, @Nullable Object>) map;
    }
    throw corrupt("index metadata", "a JSON object", text, path);
  }

  /// @throws CorruptDataException if it is no array of strings
  static List<String> parseStrings(String text, String path) {
    if (parseJson(text, path) instanceof List<?> list) {
      List<String> strings = new ArrayList<>();
      for (Object item : list) {
        if (!(item instanceof String string)) {
          throw corrupt("index metadata", "strings", String.valueOf(item), path);
        }
        strings.add(string);
      }
      return strings;
    }
    throw corrupt("index metadata", "a JSON array", text, path);
  }

  static String quote(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  /// A JSON array of one string for each text.
  static String strings(List<String> texts) {
    StringBuilder out = new StringBuilder("[");
    for (String text : texts) {
      out.append(out.length() > 1 ? "," : "").append(quote(text));
    }
    return out.append(']').toString();
  }

  static CorruptDataException corrupt(String what, Object expected, Object found, String path) {
    return new CorruptDataException(
        what + ": expected=" + expected + ", found=" + found + " (path=" + path + ")");
  }

  /// A whole number inside JSON.
  static int intOf(Map<String, @Nullable Object> json, String name, int min, int max, String path) {
    if (json.get(name) instanceof Long value && value >= min && value <= max) {
      return (int) (long) value;
    }
    throw corrupt(
        "index metadata " + name, min + " to " + max, String.valueOf(json.get(name)), path);
  }

  static double doubleOf(Object value, String name, String path) {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw corrupt("index metadata " + name, "a number", value, path);
  }

  static byte[] bytesOf(@Nullable Object value, int length, String name, String path) {
    byte[] bytes = bytesOf(value, name, path);
    if (bytes.length != length) {
      throw corrupt("index metadata " + name, length + " bytes", bytes.length, path);
    }
    return bytes;
  }

  static byte[] bytesOf(@Nullable Object value, String name, String path) {
    if (!(value instanceof List<?> list)) {
      throw corrupt("index metadata " + name, "bytes", String.valueOf(value), path);
    }
    byte[] bytes = new byte[list.size()];
    for (int i = 0; i < bytes.length; i++) {
      if (!(list.get(i) instanceof Long number) || number < 0 || number > 255) {
        throw corrupt("index metadata " + name, "bytes", String.valueOf(list.get(i)), path);
      }
      bytes[i] = (byte) (long) number;
    }
    return bytes;
  }
}
