package io.lancelot.table;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.file.LanceField;
import io.lancelot.file.LanceSchema;
import io.lancelot.file.proto.Field;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A manifest's fields after a change, with everything kept that the change does not speak of:
/// parts that we do not know included.
final class SchemaMessages {

  private static final String PRIMARY_KEY = "lance-schema:unenforced-primary-key";
  private static final String CLUSTERING_KEY = "lance-schema:unenforced-clustering-key";

  private SchemaMessages() {}

  /// Fields under another schema. A field that stays keeps its metadata, for no operation changes
  /// both.
  static List<Field> changed(List<Field> before, LanceSchema schema) {
    Map<Integer, Field> known = new HashMap<>();
    for (Field field : before) {
      if (field.getId() < 0) {
        throw new UnsupportedFeatureException(
            "schema with fields of the system cannot be changed: found=" + field.getName());
      }
      known.put(field.getId(), field);
    }
    List<Field> after = new ArrayList<>();
    for (Field field : schema.toProto()) {
      Field old = known.get(field.getId());
      after.add(
          old == null
              ? field
              : old.toBuilder().setName(field.getName()).setNullable(field.getNullable()).build());
    }
    return after;
  }

  /// Fields with other metadata.
  ///
  /// @throws InvalidInputException if a field is unknown, or a key of the table would change
  static List<Field> annotated(
      List<Field> before, Map<Integer, Operation.UpdateConfig.Changes> changes) {
    Map<Integer, Operation.UpdateConfig.Changes> left = new HashMap<>(changes);
    List<Field> after = new ArrayList<>();
    for (Field field : before) {
      Operation.UpdateConfig.Changes change = left.remove(field.getId());
      after.add(change == null ? field : annotated(field, change));
    }
    if (!left.isEmpty()) {
      throw new InvalidInputException(
          "field metadata: expected=fields of the table, found ids=" + left.keySet());
    }
    return after;
  }

  private static Field annotated(Field field, Operation.UpdateConfig.Changes change) {
    Map<String, String> old = LanceSchema.metadataFromProto(field.getMetadataList());
    Map<String, String> metadata = change.apply(old);
    checkKeys(field, old, metadata);
    Field.Builder changed =
        field.toBuilder().clearMetadata().addAllMetadata(LanceSchema.metadataToProto(metadata));
    // What else of a field follows from its metadata.
    io.lancelot.columnar.Field plain =
        new io.lancelot.columnar.Field(
            field.getName(), io.lancelot.columnar.Types.NULL, field.getNullable(), metadata);
    LanceField alone = new LanceField(field.getId(), field.getParentId(), plain, List.of());
    Field derived = new LanceSchema(List.of(alone), Map.of()).toProto().getFirst();
    return changed
        .setUnenforcedPrimaryKey(derived.getUnenforcedPrimaryKey())
        .setUnenforcedPrimaryKeyPosition(derived.getUnenforcedPrimaryKeyPosition())
        .setUnenforcedClusteringKeyPosition(derived.getUnenforcedClusteringKeyPosition())
        .setExtensionName(derived.getExtensionName())
        .build();
  }

  /// Keys of a table are set once.
  private static void checkKeys(
      Field field, Map<String, String> before, Map<String, String> after) {
    for (String key : List.of(PRIMARY_KEY, CLUSTERING_KEY)) {
      for (String name : List.of(key, key + ":position")) {
        String old = before.get(name);
        if (old != null && !old.equals(after.get(name))) {
          throw new InvalidInputException(
              "key of a table cannot change: expected="
                  + old
                  + ", found="
                  + after.get(name)
                  + " (column="
                  + field.getName()
                  + ", key="
                  + name
                  + ")");
        }
        if (old == null && after.containsKey(name) && field.getNullable()) {
          throw new InvalidInputException(
              "key of a table: expected=a column that must not be null, found=" + field.getName());
        }
      }
    }
  }
}
