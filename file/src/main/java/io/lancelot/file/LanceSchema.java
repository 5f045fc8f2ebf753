package io.lancelot.file;

import com.google.protobuf.ByteString;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.file.proto.MetadataEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A schema with field ids: what data files and manifests store. Format: lance-format section 1.6.
public record LanceSchema(List<LanceField> fields, Map<String, String> metadata) {

  private static final int MAX_DEPTH = 64;

  public LanceSchema {
    fields = List.copyOf(fields);
    metadata = Map.copyOf(metadata);
  }

  /// Numbers the fields of an Arrow schema depth first, starting at `firstId`.
  public static LanceSchema of(Schema schema, int firstId) {
    int[] nextId = {firstId};
    List<LanceField> fields = new ArrayList<>();
    for (Field field : schema.fields()) {
      fields.add(number(field, -1, nextId, 0));
    }
    return new LanceSchema(fields, schema.metadata());
  }

  private static LanceField number(Field field, int parentId, int[] nextId, int depth) {
    if (depth > MAX_DEPTH) {
      throw new InvalidInputException(
          "schema too deep: expected at most "
              + MAX_DEPTH
              + " levels (column="
              + field.name()
              + ")");
    }
    int id = nextId[0]++;
    List<LanceField> children = new ArrayList<>();
    boolean blob = LanceField.blobV2(field);
    for (Field child : blob ? blobChildren(field) : numberedChildren(field.type())) {
      children.add(number(child, id, nextId, depth + 1));
    }
    LanceField plain = new LanceField(id, parentId, field, children);
    return blob ? plain.describing() : described(plain);
  }

  /// What users write into a field of blobs, whose own type is that of descriptors.
  private static List<Field> blobChildren(Field field) {
    return BlobInput.accepts(field.type()) && field.type() instanceof DataType.Struct struct
        ? struct.fields()
        : BlobInput.TYPE.fields().subList(0, 2);
  }

  /// The field with the types that its numbered children have now.
  private static LanceField described(LanceField field) {
    List<Field> children = field.children().stream().map(LanceField::field).toList();
    DataType type =
        switch (field.type()) {
          case DataType.Struct _ -> new DataType.Struct(children);
          case DataType.ListOf(_, boolean large) -> new DataType.ListOf(children.getFirst(), large);
          default -> field.type();
        };
    Field changed =
        new Field(field.name(), type, field.field().nullable(), field.field().metadata());
    return new LanceField(field.id(), field.parentId(), changed, field.children());
  }

  private static List<Field> numberedChildren(DataType type) {
    return switch (type) {
      case DataType.FixedSizeList(Field item, _) ->
          item.type() instanceof DataType.Struct ? List.of(item) : List.of();
      case DataType.ListOf _, DataType.Struct _, DataType.MapOf _ -> type.children();
      case DataType.Null _,
          DataType.Bool _,
          DataType.Int _,
          DataType.Floating _,
          DataType.Decimal _,
          DataType.Utf8 _,
          DataType.Binary _,
          DataType.FixedSizeBinary _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _,
          DataType.Duration _,
          DataType.Dictionary _ ->
          List.of();
    };
  }

  /// The schema as Arrow sees it.
  public Schema arrow() {
    return new Schema(fields.stream().map(LanceField::field).toList(), metadata);
  }

  /// The top-level field of that name.
  public Optional<LanceField> field(String name) {
    return fields.stream().filter(field -> field.name().equals(name)).findFirst();
  }

  /// The highest id in use, -1 if there are no fields.
  public int maxId() {
    int[] max = {-1};
    fields.forEach(field -> field.forEach(f -> max[0] = Math.max(max[0], f.id())));
    return max[0];
  }

  /// The fields that own a column in 2.1 and 2.2 files, in file order.
  public List<LanceField> leaves() {
    List<LanceField> leaves = new ArrayList<>();
    fields.forEach(field -> field.forEachLeaf(leaves::add));
    return leaves;
  }

  /// The fields depth first, as protobuf messages.
  public List<io.lancelot.file.proto.Field> toProto() {
    List<io.lancelot.file.proto.Field> messages = new ArrayList<>();
    fields.forEach(field -> field.forEach(f -> messages.add(toProto(f))));
    return messages;
  }

  /// The fields as a data file has them: of blobs, what is stored in it.
  List<io.lancelot.file.proto.Field> toFileProto() {
    List<io.lancelot.file.proto.Field> messages = new ArrayList<>();
    fields.forEach(field -> addToFile(field, messages));
    return messages;
  }

  private static void addToFile(LanceField field, List<io.lancelot.file.proto.Field> messages) {
    if (!field.blobV2()) {
      messages.add(toProto(field));
      field.children().forEach(child -> addToFile(child, messages));
      return;
    }
    Map<String, String> metadata = new LinkedHashMap<>(field.field().metadata());
    metadata.keySet().removeIf(key -> key.startsWith("ARROW:extension:"));
    metadata.put("lance-encoding:blob", "true");
    metadata.put("lance-encoding:packed", "true");
    Field stored = new Field(field.name(), field.type(), field.field().nullable(), metadata);
    messages.add(toProto(new LanceField(field.id(), field.parentId(), stored, List.of())));
    for (Field part : BlobDescriptor.TYPE.fields()) {
      messages.add(toProto(new LanceField(-1, -1, part, List.of())));
    }
  }

  private static io.lancelot.file.proto.Field toProto(LanceField field) {
    String extension = field.field().metadata().getOrDefault("ARROW:extension:name", "");
    var message =
        io.lancelot.file.proto.Field.newBuilder()
            .setName(field.name())
            .setId(field.id())
            .setParentId(field.parentId())
            .setLogicalType(
                extension.equals("lance.json") ? "json" : LogicalTypes.nameOf(field.type()))
            .setNullable(field.field().nullable())
            .setEncoding(encoding(field.type()))
            .setExtensionName(extension)
            .addAllMetadata(metadataToProto(field.field().metadata()));
    if (field.type() instanceof DataType.Dictionary) {
      message.setDictionary(io.lancelot.file.proto.Field.LegacyDictionary.getDefaultInstance());
    }
    primaryKey(field.field().metadata(), message);
    return message.build();
  }

  private static void primaryKey(
      Map<String, String> metadata, io.lancelot.file.proto.Field.Builder message) {
    String key = metadata.getOrDefault("lance-schema:unenforced-primary-key", "");
    String position = metadata.getOrDefault("lance-schema:unenforced-primary-key:position", "");
    if (key.equalsIgnoreCase("true")
        || key.equals("1")
        || key.equalsIgnoreCase("yes")
        || !position.isEmpty()) {
      message.setUnenforcedPrimaryKey(true);
      message.setUnenforcedPrimaryKeyPosition(
          position.matches("\\d{1,9}") ? Integer.parseInt(position) : 0);
    }
    String clustering =
        metadata.getOrDefault("lance-schema:unenforced-clustering-key:position", "");
    if (clustering.matches("\\d{1,9}")) {
      message.setUnenforcedClusteringKeyPosition(Integer.parseInt(clustering));
    }
  }

  private static io.lancelot.file.proto.Field.FieldEncoding encoding(DataType type) {
    return switch (type) {
      case DataType.Utf8 _, DataType.Binary _ ->
          io.lancelot.file.proto.Field.FieldEncoding.VAR_BINARY;
      case DataType.Dictionary _ -> io.lancelot.file.proto.Field.FieldEncoding.DICTIONARY;
      case DataType.Struct _, DataType.Null _ -> io.lancelot.file.proto.Field.FieldEncoding.NONE;
      case DataType.Bool _,
          DataType.Int _,
          DataType.Floating _,
          DataType.Decimal _,
          DataType.FixedSizeBinary _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _,
          DataType.Duration _,
          DataType.ListOf _,
          DataType.FixedSizeList _,
          DataType.MapOf _ ->
          io.lancelot.file.proto.Field.FieldEncoding.PLAIN;
    };
  }

  /// The schema of a depth-first list of messages.
  ///
  /// @throws CorruptDataException if a parent is missing, an id occurs twice or the nesting is too
  ///   deep
  public static LanceSchema fromProto(
      List<io.lancelot.file.proto.Field> messages, List<MetadataEntry> metadata) {
    Map<Integer, List<io.lancelot.file.proto.Field>> childrenOf = new HashMap<>();
    Map<Integer, io.lancelot.file.proto.Field> byId = new HashMap<>();
    for (var message : messages) {
      // The parts of a blob descriptor all carry the id -1 and have no place of their own.
      if (message.getId() < 0) {
        continue;
      }
      if (byId.put(message.getId(), message) != null) {
        throw new CorruptDataException("schema: field id occurs twice: found=" + message.getId());
      }
      if (message.getParentId() >= 0 && !byId.containsKey(message.getParentId())) {
        throw new CorruptDataException(
            "schema: expected=parent before child, found=field "
                + message.getId()
                + " under "
                + message.getParentId());
      }
      childrenOf.computeIfAbsent(message.getParentId(), _ -> new ArrayList<>()).add(message);
    }
    List<LanceField> fields = new ArrayList<>();
    for (var message : childrenOf.getOrDefault(-1, List.of())) {
      fields.add(fromProto(message, childrenOf, 0));
    }
    return new LanceSchema(fields, metadataFromProto(metadata));
  }

  private static LanceField fromProto(
      io.lancelot.file.proto.Field message,
      Map<Integer, List<io.lancelot.file.proto.Field>> childrenOf,
      int depth) {
    if (depth > MAX_DEPTH) {
      throw new CorruptDataException("schema: nested deeper than " + MAX_DEPTH + " levels");
    }
    List<LanceField> children = new ArrayList<>();
    for (var child : childrenOf.getOrDefault(message.getId(), List.of())) {
      children.add(fromProto(child, childrenOf, depth + 1));
    }
    try {
      DataType type =
          LogicalTypes.typeOf(
              message.getLogicalType(),
              children.stream().map(LanceField::field).toList(),
              message.getName());
      Map<String, String> metadata = metadataFromProto(message.getMetadataList());
      Field field = new Field(message.getName(), type, message.getNullable(), metadata);
      var plain = new LanceField(message.getId(), message.getParentId(), field, children);
      return plain.blob() && type instanceof DataType.Struct ? plain.describing() : plain;
    } catch (InvalidInputException e) {
      throw new CorruptDataException(
          "schema: " + e.getMessage() + " (column=" + message.getName() + ")", e);
    }
  }

  public static List<MetadataEntry> metadataToProto(Map<String, String> metadata) {
    List<MetadataEntry> entries = new ArrayList<>();
    metadata.forEach((key, value) ->
        entries.add(
            MetadataEntry.newBuilder()
                .setKey(key)
                .setValue(ByteString.copyFromUtf8(value))
                .build()));
    return entries;
  }

  public static Map<String, String> metadataFromProto(List<MetadataEntry> metadata) {
    Map<String, String> text = new LinkedHashMap<>();
    for (MetadataEntry entry : metadata) {
      text.put(entry.getKey(), entry.getValue().toStringUtf8());
    }
    return text;
  }
}
