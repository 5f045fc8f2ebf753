package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.StructColumn;
import io.lancelot.file.ColumnReader;
import io.lancelot.file.LanceField;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Reads one field of a fragment, from whichever files hold its leaves: a struct that got another
/// field later lies in two.
final class FieldReader {

  /// A field with those of its leaves that lie in one file.
  private record Part(LanceField field, ColumnReader reader) {}

  private final LanceField field;
  private final List<Part> parts;

  private FieldReader(LanceField field, List<Part> parts) {
    this.field = field;
    this.parts = parts;
  }

  /// @param open opens a field, or part of one, in a file
  /// @return null if the fragment has none of the field's leaves, which then are null
  static @Nullable FieldReader of(
      LanceField field, Fragment fragment, Function<DataFile, Opening> open) {
    Map<DataFile, Set<Integer>> leavesByFile = new LinkedHashMap<>();
    int[] absent = {0};
    field.forEachLeaf(leaf ->
        fragment
            .fileOf(leaf.id())
            .ifPresentOrElse(
                file -> leavesByFile.computeIfAbsent(file, _ -> new HashSet<>()).add(leaf.id()),
                () -> absent[0]++));
    if (leavesByFile.isEmpty()) {
      return null;
    }
    boolean whole = leavesByFile.size() == 1 && absent[0] == 0;
    List<Part> parts = new ArrayList<>();
    // Oldest file first: it knows best which structs are null.
    for (DataFile file : fragment.files()) {
      Set<Integer> leaves = leavesByFile.get(file);
      if (leaves != null) {
        LanceField part = whole ? field : prune(field, leaves, fragment);
        parts.add(new Part(part, open.apply(file).open(part)));
      }
    }
    return new FieldReader(field, parts);
  }

  /// Opens a field of one file.
  interface Opening {
    ColumnReader open(LanceField field);
  }

  private static LanceField prune(LanceField field, Set<Integer> leaves, Fragment fragment) {
    if (field.leaf()) {
      return field;
    }
    List<LanceField> children = new ArrayList<>();
    for (LanceField child : field.children()) {
      boolean[] used = {false};
      child.forEachLeaf(leaf -> used[0] |= leaves.contains(leaf.id()));
      if (used[0]) {
        children.add(prune(child, leaves, fragment));
      }
    }
    if (!(field.type() instanceof DataType.Struct) && children.size() < field.children().size()) {
      throw new UnsupportedFeatureException(
          "list spread over several data files cannot be read (column="
              + field.name()
              + ", fragment="
              + fragment.id()
              + ")");
    }
    return SchemaChange.rebuilt(field, children);
  }

  Column read(long firstRow, int count, Scratch scratch) {
    return joined(reader -> reader.read(firstRow, count, scratch), count, scratch);
  }

  Column take(long[] rows, int count, Scratch scratch) {
    return joined(reader -> reader.take(rows, count, scratch), count, scratch);
  }

  private Column joined(Function<ColumnReader, Column> reading, int count, Scratch scratch) {
    if (parts.size() == 1 && parts.getFirst().field().equals(field)) {
      return reading.apply(parts.getFirst().reader());
    }
    List<LanceField> fields = parts.stream().map(Part::field).toList();
    List<Column> columns = parts.stream().map(part -> reading.apply(part.reader())).toList();
    return join(field, fields, columns, count, scratch);
  }

  /// @param fields the parts of `field`
  private static Column join(
      LanceField field, List<LanceField> fields, List<Column> columns, int count, Scratch scratch) {
    if (columns.isEmpty()) {
      return Columns.nulls(field.type(), count, scratch);
    }
    if (fields.getFirst().equals(field)) {
      return columns.getFirst();
    }
    if (!(field.type() instanceof DataType.Struct type)
        || !(columns.getFirst() instanceof StructColumn first)) {
      throw new CorruptDataException(
          "column in several data files: expected=a struct, found="
              + field.type().arrowName()
              + " (column="
              + field.name()
              + ")");
    }
    List<Column> children = new ArrayList<>();
    for (LanceField child : field.children()) {
      List<LanceField> childFields = new ArrayList<>();
      List<Column> childColumns = new ArrayList<>();
      for (int i = 0; i < fields.size(); i++) {
        List<LanceField> held = fields.get(i).children();
        for (int c = 0; c < held.size(); c++) {
          if (held.get(c).id() == child.id() && columns.get(i) instanceof StructColumn struct) {
            childFields.add(held.get(c));
            childColumns.add(struct.children().get(c));
          }
        }
      }
      children.add(join(child, childFields, childColumns, count, scratch));
    }
    return new StructColumn(type, count, children, first.validity());
  }
}
