package io.lancelot.table;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.StructColumn;
import io.lancelot.file.BlobDescriptor;
import io.lancelot.file.BlobInput;
import io.lancelot.file.LanceField;
import io.lancelot.file.LanceSchema;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How the columns of a stream become those of a table: same names and types, in the table's order.
/// Nothing is converted here; columns that may be null may be missing. Whether a column that must
/// not be null has nulls is seen when it is written.
public final class Alignment {

  private final LanceSchema written;
  private final Schema arrow;
  private final int[] sources;

  private Alignment(LanceSchema written, int[] sources) {
    this.written = written;
    this.arrow = written.arrow();
    this.sources = sources;
  }

  /// @throws InvalidInputException if the input does not fit the table
  static Alignment of(LanceSchema table, Schema input) {
    for (Field field : input.fields()) {
      if (table.field(field.name()).isEmpty()) {
        throw new InvalidInputException(
            "unknown column: expected schema "
                + describe(table.arrow())
                + ", found="
                + field.name());
      }
    }
    List<LanceField> written = new ArrayList<>();
    List<Integer> sources = new ArrayList<>();
    for (LanceField field : table.fields()) {
      int source = input.indexOf(field.name());
      if (source < 0) {
        if (!field.field().nullable()) {
          throw new InvalidInputException(
              "Append with different schema: missing column: expected="
                  + field.name()
                  + ", which must not be null, found schema "
                  + describe(input));
        }
        continue;
      }
      LanceField kept = fitting(field, input.fields().get(source).type());
      if (kept == null) {
        throw new InvalidInputException(
            "column type mismatch: expected schema "
                + describe(table.arrow())
                + ", found schema "
                + describe(input)
                + " (column="
                + field.name()
                + ")");
      }
      written.add(kept);
      sources.add(source);
    }
    if (written.isEmpty() && !table.fields().isEmpty()) {
      throw new InvalidInputException(
          "no column: expected schema " + describe(table.arrow()) + ", found none of its columns");
    }
    return new Alignment(
        new LanceSchema(written, table.metadata()),
        sources.stream().mapToInt(Integer::intValue).toArray());
  }

  /// The field as far as the input has it: members of structs that may be null may be missing. Null
  /// if the input does not fit.
  private static @Nullable LanceField fitting(LanceField field, DataType input) {
    if (sameType(field.type(), input)) {
      return field;
    }
    if (field.blob()
        || field.packed()
        || !(field.type() instanceof DataType.Struct)
        || !(input instanceof DataType.Struct(List<Field> given))) {
      return null;
    }
    List<LanceField> kept = new ArrayList<>();
    for (LanceField member : field.children()) {
      int place = kept.size();
      if (place < given.size() && given.get(place).name().equals(member.name())) {
        LanceField fitting = fitting(member, given.get(place).type());
        if (fitting == null) {
          return null;
        }
        kept.add(fitting);
      } else if (!member.field().nullable()) {
        return null;
      }
    }
    return kept.isEmpty() || kept.size() < given.size() ? null : field.ofMembers(kept);
  }

  /// The table's fields that the input has.
  LanceSchema written() {
    return written;
  }

  Batch align(Batch batch) {
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < sources.length; i++) {
      columns.add(retype(batch.column(sources[i]), written.fields().get(i).type()));
    }
    return new Batch(arrow, batch.rowCount(), columns);
  }

  /// Whether values of one type are stored exactly as those of the other: the types may differ in
  /// what may be null, in metadata, and in what the items of a list are called.
  public static boolean sameType(DataType table, DataType input) {
    return switch (table) {
      case DataType.Struct(List<Field> fields) ->
          table.equals(BlobDescriptor.TYPE) && BlobInput.accepts(input)
              || input instanceof DataType.Struct(List<Field> others) && sameFields(fields, others);
      case DataType.ListOf(Field item, boolean large) ->
          input instanceof DataType.ListOf(Field other, boolean otherLarge)
              && large == otherLarge
              && sameType(item.type(), other.type());
      case DataType.FixedSizeList(Field item, int size) ->
          input instanceof DataType.FixedSizeList(Field other, int otherSize)
              && size == otherSize
              && sameType(item.type(), other.type());
      case DataType.MapOf map ->
          input instanceof DataType.MapOf other
              && sameType(map.key().type(), other.key().type())
              && sameType(map.value().type(), other.value().type());
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
          table.equals(input);
    };
  }

  private static boolean sameFields(List<Field> fields, List<Field> others) {
    if (fields.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < fields.size(); i++) {
      if (!fields.get(i).name().equals(others.get(i).name())
          || !sameType(fields.get(i).type(), others.get(i).type())) {
        return false;
      }
    }
    return true;
  }

  /// A column under a type that is stored alike ([#sameType]).
  public static Column retype(Column column, DataType type) {
    if (column.type().equals(type)) {
      return column;
    }
    return switch (column) {
      // What users give for large values stays as it is until it is written.
      case Column any when type.equals(BlobDescriptor.TYPE) -> any;
      case StructColumn struct -> {
        List<Field> fields = ((DataType.Struct) type).fields();
        List<Column> children = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
          children.add(retype(struct.children().get(i), fields.get(i).type()));
        }
        yield new StructColumn(
            (DataType.Struct) type, struct.length(), children, struct.validity());
      }
      case ListColumn list -> {
        DataType items =
            switch (type) {
              case DataType.ListOf(Field item, _) -> item.type();
              case DataType.MapOf map -> map.entries().type();
              default -> list.items().type();
            };
        yield new ListColumn(
            type, list.length(), list.offsets(), retype(list.items(), items), list.validity());
      }
      case FixedListColumn list ->
          new FixedListColumn(
              (DataType.FixedSizeList) type,
              list.length(),
              retype(list.items(), ((DataType.FixedSizeList) type).item().type()),
              list.validity());
      default -> column;
    };
  }

  private static String describe(Schema schema) {
    List<String> fields = new ArrayList<>();
    for (Field field : schema.fields()) {
      fields.add(
          field.name() + ": " + field.type().arrowName() + (field.nullable() ? "" : " not null"));
    }
    return fields.toString();
  }
}
