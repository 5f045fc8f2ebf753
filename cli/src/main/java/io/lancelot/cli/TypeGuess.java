package io.lancelot.cli;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What is known of a column's type while text is read: the narrowest type that holds all values
/// seen.
///
/// Whole numbers are int64, other numbers double, and a column of both double. A column in which
/// only nulls were seen is a column of strings, so that something can be added to it later.
final class TypeGuess {

  private enum Kind {
    NOTHING,
    BOOL,
    INT64,
    UINT64,
    DOUBLE,
    STRING,
    LIST,
    STRUCT
  }

  private final String name;
  private Kind kind = Kind.NOTHING;
  private final Map<String, TypeGuess> fields = new LinkedHashMap<>();
  private int firstLength = -1;

  TypeGuess(String name) {
    this.name = name;
  }

  void seeBoolean() {
    see(Kind.BOOL);
  }

  void seeWhole(boolean beyondLong) {
    see(beyondLong ? Kind.UINT64 : Kind.INT64);
  }

  void seeDouble() {
    see(Kind.DOUBLE);
  }

  void seeString() {
    see(Kind.STRING);
  }

  /// A list of `length` items; the items are told to the guess that this returns.
  TypeGuess seeList(int length) {
    see(Kind.LIST);
    if (firstLength < 0) {
      firstLength = length;
    }
    return fields.computeIfAbsent("item", TypeGuess::new);
  }

  void seeStruct() {
    see(Kind.STRUCT);
  }

  /// The guess for a field of a struct, or of a row.
  TypeGuess field(String field) {
    return fields.computeIfAbsent(field, TypeGuess::new);
  }

  List<TypeGuess> fields() {
    return List.copyOf(fields.values());
  }

  String name() {
    return name;
  }

  private void see(Kind seen) {
    if (kind == Kind.NOTHING || kind == seen) {
      kind = seen;
      return;
    }
    boolean numbers =
        kind.compareTo(Kind.INT64) >= 0
            && kind.compareTo(Kind.DOUBLE) <= 0
            && seen.compareTo(Kind.INT64) >= 0
            && seen.compareTo(Kind.DOUBLE) <= 0;
    if (!numbers) {
      throw new InvalidInputException(
          "mixed types in column: expected=" + kind + ", found=" + seen + " (column=" + name + ")");
    }
    kind = kind.compareTo(seen) > 0 ? kind : seen;
  }

  /// The type of what was seen.
  DataType type() {
    return switch (kind) {
      case NOTHING, STRING -> Types.UTF8;
      case BOOL -> Types.BOOL;
      case INT64 -> Types.INT64;
      case UINT64 -> Types.UINT64;
      case DOUBLE -> Types.FLOAT64;
      case LIST -> new DataType.ListOf(field("item").asField(), false);
      case STRUCT -> {
        List<Field> children = new ArrayList<>();
        fields.values().forEach(child -> children.add(child.asField()));
        yield new DataType.Struct(children);
      }
    };
  }

  /// The type of a vector column: float32, as long as the first row's list; where rows hold lists
  /// of vectors, as long as the first of these.
  DataType vectorType() {
    TypeGuess item = field("item");
    if (kind == Kind.LIST && item.kind == Kind.LIST) {
      return Types.listOf(item.vectorType());
    }
    if (kind != Kind.LIST || firstLength < 1) {
      throw new InvalidInputException(
          "not a vector column: expected=an array of numbers in its first row, found="
              + (kind == Kind.NOTHING ? "nothing but nulls" : kind)
              + " (column="
              + name
              + ")");
    }
    return Types.vector(firstLength);
  }

  Field asField() {
    return Field.nullable(name, type());
  }
}
