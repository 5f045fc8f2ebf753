package io.lancelot.table;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.file.LanceField;
import io.lancelot.file.LanceSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Schemas made from others: fields keep their ids through every change but that of their type, for
/// it is by ids that data files are found. Immutable.
///
/// A field inside others is named by its path: `stats.magic`; the items of a list are `tags.item`.
public final class SchemaChange {

  private final LanceSchema schema;
  private final int nextId;

  private SchemaChange(LanceSchema schema, int nextId) {
    this.schema = schema;
    this.nextId = nextId;
  }

  /// Starts from a version's schema; new fields get ids that no field ever had.
  public static SchemaChange of(Snapshot snapshot) {
    return new SchemaChange(snapshot.schema(), snapshot.maxFieldId() + 1);
  }

  public LanceSchema schema() {
    return schema;
  }

  /// The field at a path.
  ///
  /// @throws InvalidInputException if there is none
  public LanceField field(String path) {
    return find(schema.fields(), path, "").orElseThrow(() -> unknown(path));
  }

  private InvalidInputException unknown(String path) {
    return new InvalidInputException(
        "unknown column: expected one of " + schema.arrow().names() + ", found=" + path);
  }

  /// Looks below `fields`; names may have dots in them.
  private static Optional<LanceField> find(List<LanceField> fields, String path, String above) {
    for (LanceField field : fields) {
      String own = above + field.name();
      if (own.equals(path)) {
        return Optional.of(field);
      }
      if (path.startsWith(own + ".")) {
        Optional<LanceField> below = find(field.children(), path, own + ".");
        if (below.isPresent()) {
          return below;
        }
      }
    }
    return Optional.empty();
  }

  /// Adds a column, or a field to a struct, at the end.
  ///
  /// @param path of the new field; what it lies in must be there
  public SchemaChange add(String path, Field field) {
    if (find(schema.fields(), path, "").isPresent()) {
      throw new InvalidInputException("column exists already: found=" + path);
    }
    int dot = path.lastIndexOf('.');
    Optional<LanceField> parent =
        dot < 0 ? Optional.empty() : find(schema.fields(), path.substring(0, dot), "");
    String name = parent.isPresent() ? path.substring(dot + 1) : path;
    if (name.isEmpty() || name.startsWith("_row")) {
      throw new InvalidInputException("column name: expected=a name of its own, found=" + path);
    }
    LanceSchema numbered = LanceSchema.of(Schema.of(field.withName(name)), nextId);
    LanceField added = numbered.fields().getFirst();
    int next = numbered.maxId() + 1;
    if (parent.isEmpty()) {
      List<LanceField> fields = new ArrayList<>(schema.fields());
      fields.add(added);
      return new SchemaChange(new LanceSchema(fields, schema.metadata()), next);
    }
    if (!(parent.get().type() instanceof DataType.Struct)) {
      throw new InvalidInputException(
          "new field: expected=a struct around it, found="
              + parent.get().type().arrowName()
              + " (column="
              + path
              + ")");
    }
    LanceField placed =
        new LanceField(added.id(), parent.get().id(), added.field(), added.children());
    return replace(
        parent.get().id(),
        struct -> {
          List<LanceField> children = new ArrayList<>(struct.children());
          children.add(placed);
          return rebuilt(struct, children);
        },
        next);
  }

  /// Gives a field another name.
  public SchemaChange rename(String path, String name) {
    LanceField field = field(path);
    int cut = path.length() - field.name().length();
    String renamed = path.substring(0, cut) + name;
    if (!renamed.equals(path) && find(schema.fields(), renamed, "").isPresent()) {
      throw new InvalidInputException("column exists already: found=" + renamed);
    }
    if (name.isEmpty()) {
      throw new InvalidInputException("column name: expected=at least one letter, found=none");
    }
    return replace(field.id(), old -> with(old, old.field().withName(name)), nextId);
  }

  /// Says whether a field may be null.
  public SchemaChange nullable(String path, boolean nullable) {
    return replace(
        field(path).id(),
        old -> with(old, new Field(old.name(), old.type(), nullable, old.field().metadata())),
        nextId);
  }

  /// Gives a field another type and, with it, another id, for its data will be in other files.
  public SchemaChange retype(String path, DataType type) {
    LanceField field = field(path);
    LanceSchema numbered = LanceSchema.of(Schema.of(field.field().withType(type)), nextId);
    LanceField fresh = numbered.fields().getFirst();
    return replace(
        field.id(),
        old -> new LanceField(fresh.id(), old.parentId(), fresh.field(), fresh.children()),
        numbered.maxId() + 1);
  }

  /// Removes a field and all below it.
  public SchemaChange drop(String path) {
    LanceField field = field(path);
    if (field.parentId() >= 0) {
      LanceField parent = byId(schema.fields(), field.parentId()).orElseThrow();
      if (!(parent.type() instanceof DataType.Struct) || parent.children().size() == 1) {
        throw new InvalidInputException(
            "drop: expected=a field of a struct that has others, found=" + path);
      }
    } else if (schema.fields().size() == 1) {
      throw new InvalidInputException(
          "drop: expected=a column that is not the last one, found=" + path);
    }
    return replace(field.id(), _ -> null, nextId);
  }

  private static Optional<LanceField> byId(List<LanceField> fields, int id) {
    for (LanceField field : fields) {
      if (field.id() == id) {
        return Optional.of(field);
      }
      Optional<LanceField> below = byId(field.children(), id);
      if (below.isPresent()) {
        return below;
      }
    }
    return Optional.empty();
  }

  /// The schema with one field edited, or gone where the edit gives null.
  private SchemaChange replace(int id, Function<LanceField, @Nullable LanceField> edit, int next) {
    List<LanceField> fields = replace(schema.fields(), id, edit);
    return new SchemaChange(new LanceSchema(fields, schema.metadata()), next);
  }

  private static List<LanceField> replace(
      List<LanceField> fields, int id, Function<LanceField, @Nullable LanceField> edit) {
    List<LanceField> result = new ArrayList<>();
    for (LanceField field : fields) {
      LanceField edited =
          field.id() == id
              ? edit.apply(field)
              : field.children().isEmpty()
                  ? field
                  : rebuilt(field, replace(field.children(), id, edit));
      if (edited != null) {
        result.add(edited);
      }
    }
    return result;
  }

  private static LanceField with(LanceField field, Field now) {
    return new LanceField(field.id(), field.parentId(), now, field.children());
  }

  /// A field around other children.
  static LanceField rebuilt(LanceField field, List<LanceField> children) {
    if (children.equals(field.children())) {
      return field;
    }
    List<Field> parts = children.stream().map(LanceField::field).toList();
    DataType type =
        switch (field.type()) {
          case DataType.Struct _ -> new DataType.Struct(parts);
          case DataType.ListOf(Field _, boolean large) ->
              new DataType.ListOf(parts.getFirst(), large);
          case DataType.FixedSizeList(Field _, int size) ->
              new DataType.FixedSizeList(parts.getFirst(), size);
          case DataType.MapOf(Field _, boolean sorted) ->
              new DataType.MapOf(parts.getFirst(), sorted);
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
              field.type();
        };
    return new LanceField(field.id(), field.parentId(), field.field().withType(type), children);
  }
}
