package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Values;
import io.lancelot.expr.Expr;
import io.lancelot.expr.Projection;
import io.lancelot.file.BlobDescriptor;
import io.lancelot.table.Alignment;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Turns columns into columns of another type, without losing a value: SQL's CAST between plain
/// types, value by value where lists, structs or dictionaries are involved (a list into a vector of
/// its length, for example).
final class Casting {

  private static final String NAME = "value";

  private final DataType from;
  private final DataType to;
  private final Optional<Projection> cast;

  private Casting(DataType from, DataType to, Optional<Projection> cast) {
    this.from = from;
    this.to = to;
    this.cast = cast;
  }

  /// @param what names the column, for messages
  /// @throws InvalidInputException if values of one type are never values of the other
  static Casting of(DataType from, DataType to, String what) {
    if (namesPlaces(from)) {
      throw impossible(from, to, what);
    }
    boolean byValue = nested(from) || nested(to);
    if (Alignment.sameType(to, from) || from instanceof DataType.Null) {
      return new Casting(from, to, Optional.empty());
    }
    if (byValue) {
      boolean dictionary = from instanceof DataType.Dictionary || to instanceof DataType.Dictionary;
      if (nested(from) != nested(to) && !dictionary || otherFields(from, to)) {
        throw impossible(from, to, what);
      }
      return new Casting(from, to, Optional.empty());
    }
    Expr column = new Expr.Column(List.of(NAME), true);
    try {
      Projection bound =
          Projection.of(new Expr.Cast(column, to, false), Schema.of(Field.nullable(NAME, from)));
      return new Casting(from, to, Optional.of(bound));
    } catch (InvalidInputException e) {
      InvalidInputException plain = impossible(from, to, what);
      plain.addSuppressed(e);
      throw plain;
    }
  }

  private static InvalidInputException impossible(DataType from, DataType to, String what) {
    return new InvalidInputException(
        "type mismatch: expected="
            + to.arrowName()
            + ", found="
            + from.arrowName()
            + " (column="
            + what
            + ")");
  }

  /// Structs become structs of the same fields only: a field that is missing would be lost.
  private static boolean otherFields(DataType from, DataType to) {
    boolean struct = from instanceof DataType.Struct;
    if (!struct || !(to instanceof DataType.Struct)) {
      return struct != to instanceof DataType.Struct;
    }
    return !names(from).equals(names(to));
  }

  private static Set<String> names(DataType struct) {
    return struct.children().stream().map(Field::name).collect(Collectors.toSet());
  }

  private static boolean nested(DataType type) {
    return switch (type) {
      case DataType.ListOf _,
          DataType.FixedSizeList _,
          DataType.Struct _,
          DataType.MapOf _,
          DataType.Dictionary _ ->
          true;
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
          DataType.Duration _ ->
          false;
    };
  }

  /// Whether a type has places in a table's files among its values, which users must not name.
  private static boolean namesPlaces(DataType type) {
    return type instanceof DataType.Struct(List<Field> fields)
            && fields.stream()
                .map(Field::name)
                .toList()
                .equals(BlobDescriptor.TYPE.fields().stream().map(Field::name).toList())
        || type.children().stream().anyMatch(child -> namesPlaces(child.type()));
  }

  /// The column with its values in the new type, in memory of `scratch` or its own.
  ///
  /// @throws InvalidInputException for a value that has no counterpart
  Column apply(Column column, Scratch scratch) {
    if (Alignment.sameType(to, from)) {
      return Alignment.retype(column, to);
    }
    if (column instanceof NullColumn) {
      return Columns.nulls(to, column.length(), scratch);
    }
    if (cast.isPresent()) {
      Batch batch =
          new Batch(Schema.of(Field.nullable(NAME, from)), column.length(), List.of(column));
      return cast.get().evaluate(batch, scratch);
    }
    ColumnBuilder builder = ColumnBuilder.of(to, scratch);
    for (int i = 0; i < column.length(); i++) {
      builder.append(Values.at(column, i));
    }
    return builder.build();
  }
}
