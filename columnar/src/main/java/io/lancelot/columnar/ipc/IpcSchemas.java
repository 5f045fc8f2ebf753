package io.lancelot.columnar.ipc;

import com.google.flatbuffers.FlatBufferBuilder;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DataType.TimeUnit;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import org.apache.arrow.flatbuf.Precision;
import org.apache.arrow.flatbuf.Type;
import org.jspecify.annotations.Nullable;

/// Schemas between Arrow's flatbuffers and ours.
final class IpcSchemas {

  private static final int MAX_DEPTH = 64;

  private IpcSchemas() {}

  /// How a field's values lie in a message where that differs from what its type says.
  enum Layout {
    PLAIN,
    /// Views of strings or bytes; they become plain strings or bytes.
    VIEW
  }

  /// A field with what its message layout needs.
  ///
  /// @param dictionaryId id of the dictionary batches that carry its values, if it is
  ///   dictionary-encoded
  record Node(Field field, Layout layout, Optional<Long> dictionaryId, List<Node> children) {}

  /// The fields of a schema message.
  ///
  /// @param maxFields more fields than this cannot be in a message of its size unless it repeats
  ///   itself
  static List<Node> nodes(org.apache.arrow.flatbuf.Schema schema, int maxFields) {
    if (schema.endianness() != org.apache.arrow.flatbuf.Endianness.Little) {
      throw new UnsupportedFeatureException("Arrow IPC: expected=little-endian, found=big-endian");
    }
    List<Node> nodes = new ArrayList<>();
    int[] fieldsLeft = {maxFields};
    for (int i = 0; i < schema.fieldsLength(); i++) {
      nodes.add(node(schema.fields(i), 0, fieldsLeft));
    }
    return nodes;
  }

  static Map<String, String> metadata(
      int length, IntFunction<org.apache.arrow.flatbuf.KeyValue> entries) {
    Map<String, String> metadata = new LinkedHashMap<>();
    for (int i = 0; i < length; i++) {
      org.apache.arrow.flatbuf.KeyValue entry = entries.apply(i);
      String value = entry.value();
      String key = entry.key();
      metadata.put(key == null ? "" : key, value == null ? "" : value);
    }
    return metadata;
  }

  private static Node node(org.apache.arrow.flatbuf.Field field, int depth, int[] fieldsLeft) {
    if (fieldsLeft[0]-- == 0) {
      throw new CorruptDataException("Arrow IPC schema: more fields than the message has room for");
    }
    if (depth > MAX_DEPTH) {
      throw new CorruptDataException(
          "Arrow IPC schema: nested deeper than " + MAX_DEPTH + " levels");
    }
    List<Node> children = new ArrayList<>();
    for (int i = 0; i < field.childrenLength(); i++) {
      children.add(node(field.children(i), depth + 1, fieldsLeft));
    }
    List<Field> childFields = children.stream().map(Node::field).toList();
    String name = field.name() == null ? "" : field.name();
    org.apache.arrow.flatbuf.DictionaryEncoding dictionary = field.dictionary();
    Optional<Long> dictionaryId = Optional.empty();
    DataType type;
    try {
      type = type(field, name, childFields);
      if (dictionary != null) {
        org.apache.arrow.flatbuf.Int index = dictionary.indexType();
        DataType.Int indexType =
            index == null ? Types.INT32 : new DataType.Int(index.bitWidth(), index.isSigned());
        type = new DataType.Dictionary(indexType, type, dictionary.isOrdered());
        dictionaryId = Optional.of(dictionary.id());
      }
    } catch (InvalidInputException e) {
      throw new CorruptDataException(
          "Arrow IPC schema: " + e.getMessage() + " (column=" + name + ")", e);
    }
    Layout layout =
        field.typeType() == Type.Utf8View || field.typeType() == Type.BinaryView
            ? Layout.VIEW
            : Layout.PLAIN;
    Map<String, String> metadata = metadata(field.customMetadataLength(), field::customMetadata);
    return new Node(
        new Field(name, type, field.nullable(), metadata), layout, dictionaryId, children);
  }

  private static <T extends com.google.flatbuffers.Table> T table(
      org.apache.arrow.flatbuf.Field field, T into) {
    if (field.type(into) == null) {
      throw new CorruptDataException(
          "Arrow IPC schema: type missing (column=" + field.name() + ")");
    }
    return into;
  }

  private static DataType type(
      org.apache.arrow.flatbuf.Field field, String name, List<Field> children) {
    return switch (field.typeType()) {
      case Type.Null -> Types.NULL;
      case Type.Bool -> Types.BOOL;
      case Type.Int -> {
        var type = table(field, new org.apache.arrow.flatbuf.Int());
        yield new DataType.Int(type.bitWidth(), type.isSigned());
      }
      case Type.FloatingPoint -> {
        var type = table(field, new org.apache.arrow.flatbuf.FloatingPoint());
        yield switch (type.precision()) {
          case Precision.HALF -> Types.FLOAT16;
          case Precision.SINGLE -> Types.FLOAT32;
          case Precision.DOUBLE -> Types.FLOAT64;
          default -> throw unknown("float precision", type.precision(), name);
        };
      }
      case Type.Decimal -> {
        var type = table(field, new org.apache.arrow.flatbuf.Decimal());
        if (type.bitWidth() < 128) {
          throw new UnsupportedFeatureException(
              "Arrow type not supported: found=decimal"
                  + type.bitWidth()
                  + " (column="
                  + name
                  + ")");
        }
        yield new DataType.Decimal(type.bitWidth(), type.precision(), type.scale());
      }
      case Type.Utf8, Type.Utf8View -> Types.UTF8;
      case Type.LargeUtf8 -> Types.LARGE_UTF8;
      case Type.Binary, Type.BinaryView -> Types.BINARY;
      case Type.LargeBinary -> Types.LARGE_BINARY;
      case Type.FixedSizeBinary ->
          new DataType.FixedSizeBinary(
              table(field, new org.apache.arrow.flatbuf.FixedSizeBinary()).byteWidth());
      case Type.Date -> {
        short unit = table(field, new org.apache.arrow.flatbuf.Date()).unit();
        yield switch (unit) {
          case org.apache.arrow.flatbuf.DateUnit.DAY -> Types.DATE32;
          case org.apache.arrow.flatbuf.DateUnit.MILLISECOND -> Types.DATE64;
          default -> throw unknown("date unit", unit, name);
        };
      }
      case Type.Time -> {
        var time = table(field, new org.apache.arrow.flatbuf.Time());
        var type = new DataType.Time(unit(time.unit(), name));
        if (time.bitWidth() != type.byteWidth() * 8) {
          throw unknown("width of " + type.arrowName(), time.bitWidth(), name);
        }
        yield type;
      }
      case Type.Timestamp -> {
        var type = table(field, new org.apache.arrow.flatbuf.Timestamp());
        yield new DataType.Timestamp(
            unit(type.unit(), name),
            Optional.ofNullable(type.timezone()).filter(z -> !z.isEmpty()));
      }
      case Type.Duration ->
          new DataType.Duration(
              unit(table(field, new org.apache.arrow.flatbuf.Duration()).unit(), name));
      case Type.List -> new DataType.ListOf(onlyChild(children, name), false);
      case Type.LargeList -> new DataType.ListOf(onlyChild(children, name), true);
      case Type.FixedSizeList ->
          new DataType.FixedSizeList(
              onlyChild(children, name),
              table(field, new org.apache.arrow.flatbuf.FixedSizeList()).listSize());
      case Type.Struct_ -> new DataType.Struct(children);
      case Type.Map ->
          new DataType.MapOf(
              onlyChild(children, name),
              table(field, new org.apache.arrow.flatbuf.Map()).keysSorted());
      default ->
          throw new UnsupportedFeatureException(
              "Arrow type not supported: found="
                  + typeName(field.typeType())
                  + " (column="
                  + name
                  + ")");
    };
  }

  private static String typeName(int type) {
    return type >= 0 && type < Type.names.length ? Type.names[type] : "type " + type;
  }

  private static Field onlyChild(List<Field> children, String name) {
    if (children.size() != 1) {
      throw new CorruptDataException(
          "Arrow IPC schema: expected=1 child, found="
              + children.size()
              + " (column="
              + name
              + ")");
    }
    return children.getFirst();
  }

  private static CorruptDataException unknown(String what, int found, String name) {
    return new CorruptDataException(
        "Arrow IPC schema: unknown " + what + ": found=" + found + " (column=" + name + ")");
  }

  private static TimeUnit unit(short code, String name) {
    return switch (code) {
      case org.apache.arrow.flatbuf.TimeUnit.SECOND -> TimeUnit.SECOND;
      case org.apache.arrow.flatbuf.TimeUnit.MILLISECOND -> TimeUnit.MILLISECOND;
      case org.apache.arrow.flatbuf.TimeUnit.MICROSECOND -> TimeUnit.MICROSECOND;
      case org.apache.arrow.flatbuf.TimeUnit.NANOSECOND -> TimeUnit.NANOSECOND;
      default -> throw unknown("time unit", code, name);
    };
  }

  private static short code(TimeUnit unit) {
    return switch (unit) {
      case SECOND -> org.apache.arrow.flatbuf.TimeUnit.SECOND;
      case MILLISECOND -> org.apache.arrow.flatbuf.TimeUnit.MILLISECOND;
      case MICROSECOND -> org.apache.arrow.flatbuf.TimeUnit.MICROSECOND;
      case NANOSECOND -> org.apache.arrow.flatbuf.TimeUnit.NANOSECOND;
    };
  }

  private static short code(DataType.DateUnit unit) {
    return switch (unit) {
      case DAY -> org.apache.arrow.flatbuf.DateUnit.DAY;
      case MILLISECOND -> org.apache.arrow.flatbuf.DateUnit.MILLISECOND;
    };
  }

  static Schema schema(List<Node> nodes, Map<String, String> metadata) {
    return new Schema(nodes.stream().map(Node::field).toList(), metadata);
  }

  /// Writes a schema. Dictionaries are numbered in field order, depth first.
  static int write(FlatBufferBuilder builder, Schema schema) {
    long[] nextDictionary = {0};
    int[] fields =
        schema.fields().stream().mapToInt(field -> write(builder, field, nextDictionary)).toArray();
    int vector = org.apache.arrow.flatbuf.Schema.createFieldsVector(builder, fields);
    int metadata = writeMetadata(builder, schema.metadata());
    org.apache.arrow.flatbuf.Schema.startSchema(builder);
    org.apache.arrow.flatbuf.Schema.addEndianness(
        builder, org.apache.arrow.flatbuf.Endianness.Little);
    org.apache.arrow.flatbuf.Schema.addFields(builder, vector);
    if (metadata != 0) {
      org.apache.arrow.flatbuf.Schema.addCustomMetadata(builder, metadata);
    }
    return org.apache.arrow.flatbuf.Schema.endSchema(builder);
  }

  private static int writeMetadata(FlatBufferBuilder builder, Map<String, String> metadata) {
    if (metadata.isEmpty()) {
      return 0;
    }
    int[] entries =
        metadata.entrySet().stream()
            .mapToInt(entry ->
                org.apache.arrow.flatbuf.KeyValue.createKeyValue(
                    builder,
                    builder.createString(entry.getKey()),
                    builder.createString(entry.getValue())))
            .toArray();
    return org.apache.arrow.flatbuf.Schema.createCustomMetadataVector(builder, entries);
  }

  private static int write(FlatBufferBuilder builder, Field field, long[] nextDictionary) {
    DataType.@Nullable Dictionary dictionary =
        field.type() instanceof DataType.Dictionary encoded ? encoded : null;
    DataType type = dictionary == null ? field.type() : dictionary.value();
    long dictionaryId = dictionary == null ? -1 : nextDictionary[0]++;
    int[] children =
        type.children().stream().mapToInt(child -> write(builder, child, nextDictionary)).toArray();
    int childVector = org.apache.arrow.flatbuf.Field.createChildrenVector(builder, children);
    int name = builder.createString(field.name());
    int metadata = writeMetadata(builder, field.metadata());
    int encoding = 0;
    if (dictionary != null) {
      int index =
          org.apache.arrow.flatbuf.Int.createInt(
              builder, dictionary.index().bits(), dictionary.index().signed());
      encoding =
          org.apache.arrow.flatbuf.DictionaryEncoding.createDictionaryEncoding(
              builder,
              dictionaryId,
              index,
              dictionary.ordered(),
              org.apache.arrow.flatbuf.DictionaryKind.DenseArray);
    }
    int typeTable = writeType(builder, type);
    org.apache.arrow.flatbuf.Field.startField(builder);
    org.apache.arrow.flatbuf.Field.addName(builder, name);
    org.apache.arrow.flatbuf.Field.addNullable(builder, field.nullable());
    org.apache.arrow.flatbuf.Field.addTypeType(builder, typeCode(type));
    org.apache.arrow.flatbuf.Field.addType(builder, typeTable);
    if (encoding != 0) {
      org.apache.arrow.flatbuf.Field.addDictionary(builder, encoding);
    }
    org.apache.arrow.flatbuf.Field.addChildren(builder, childVector);
    if (metadata != 0) {
      org.apache.arrow.flatbuf.Field.addCustomMetadata(builder, metadata);
    }
    return org.apache.arrow.flatbuf.Field.endField(builder);
  }

  private static byte typeCode(DataType type) {
    return switch (type) {
      case DataType.Null _ -> Type.Null;
      case DataType.Bool _ -> Type.Bool;
      case DataType.Int _ -> Type.Int;
      case DataType.Floating _ -> Type.FloatingPoint;
      case DataType.Decimal _ -> Type.Decimal;
      case DataType.Utf8(boolean large) -> large ? Type.LargeUtf8 : Type.Utf8;
      case DataType.Binary(boolean large) -> large ? Type.LargeBinary : Type.Binary;
      case DataType.FixedSizeBinary _ -> Type.FixedSizeBinary;
      case DataType.Date _ -> Type.Date;
      case DataType.Time _ -> Type.Time;
      case DataType.Timestamp _ -> Type.Timestamp;
      case DataType.Duration _ -> Type.Duration;
      case DataType.ListOf(_, boolean large) -> large ? Type.LargeList : Type.List;
      case DataType.FixedSizeList _ -> Type.FixedSizeList;
      case DataType.Struct _ -> Type.Struct_;
      case DataType.MapOf _ -> Type.Map;
      case DataType.Dictionary _ -> throw new IllegalStateException("dictionary of dictionaries");
    };
  }

  private static int writeType(FlatBufferBuilder builder, DataType type) {
    return switch (type) {
      case DataType.Null _ -> empty(builder, org.apache.arrow.flatbuf.Null::startNull);
      case DataType.Bool _ -> empty(builder, org.apache.arrow.flatbuf.Bool::startBool);
      case DataType.Int(int bits, boolean signed) ->
          org.apache.arrow.flatbuf.Int.createInt(builder, bits, signed);
      case DataType.Floating(int bits) ->
          org.apache.arrow.flatbuf.FloatingPoint.createFloatingPoint(
              builder, (short) (bits == 16 ? 0 : bits == 32 ? 1 : 2));
      case DataType.Decimal(int bits, int precision, int scale) ->
          org.apache.arrow.flatbuf.Decimal.createDecimal(builder, precision, scale, bits);
      case DataType.Utf8 _ -> empty(builder, org.apache.arrow.flatbuf.Utf8::startUtf8);
      case DataType.Binary _ -> empty(builder, org.apache.arrow.flatbuf.Binary::startBinary);
      case DataType.FixedSizeBinary(int width) ->
          org.apache.arrow.flatbuf.FixedSizeBinary.createFixedSizeBinary(builder, width);
      case DataType.Date(DataType.DateUnit unit) ->
          org.apache.arrow.flatbuf.Date.createDate(builder, code(unit));
      case DataType.Time(TimeUnit unit) ->
          org.apache.arrow.flatbuf.Time.createTime(
              builder, code(unit), unit.digits() <= 3 ? 32 : 64);
      case DataType.Timestamp(TimeUnit unit, Optional<String> zone) ->
          org.apache.arrow.flatbuf.Timestamp.createTimestamp(
              builder, code(unit), zone.map(builder::createString).orElse(0));
      case DataType.Duration(TimeUnit unit) ->
          org.apache.arrow.flatbuf.Duration.createDuration(builder, code(unit));
      case DataType.ListOf _ -> empty(builder, org.apache.arrow.flatbuf.List::startList);
      case DataType.FixedSizeList(_, int size) ->
          org.apache.arrow.flatbuf.FixedSizeList.createFixedSizeList(builder, size);
      case DataType.Struct _ -> empty(builder, org.apache.arrow.flatbuf.Struct_::startStruct_);
      case DataType.MapOf(_, boolean sorted) ->
          org.apache.arrow.flatbuf.Map.createMap(builder, sorted);
      case DataType.Dictionary _ -> throw new IllegalStateException("dictionary of dictionaries");
    };
  }

  private static int empty(
      FlatBufferBuilder builder, java.util.function.Consumer<FlatBufferBuilder> start) {
    start.accept(builder);
    return builder.endTable();
  }
}
