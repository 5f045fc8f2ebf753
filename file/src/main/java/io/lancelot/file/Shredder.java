package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.StructColumn;
import java.util.List;

/// Takes nested columns apart into leaves, carrying levels down. Mirrors the schema's tree.
sealed interface Shredder {

  /// Appends a column whose slots the items' positions name.
  ///
  /// @param rows rows of the page that the column stands for
  void append(Column column, LevelItems items, int rows);

  private static LevelItems mark(Column column, LevelItems items, LevelLayer layer) {
    LevelItems marked = items.mark(column.validity(), layer.code());
    if (!layer.nullable() && marked != items && marked.uses(layer.code())) {
      throw new InvalidInputException(
          "null in a non-nullable field: expected=no nulls (column=" + layer.path() + ")");
    }
    return marked;
  }

  record Leaf(LeafWriter writer) implements Shredder {
    @Override
    public void append(Column column, LevelItems items, int rows) {
      writer.append(column, items, rows);
    }
  }

  /// Large values, which lie elsewhere: what goes to the leaf is where.
  record Blobs(LeafWriter writer, BlobWriter blobs, BlobSizes sizes, Memory memory)
      implements Shredder {
    @Override
    public void append(Column column, LevelItems items, int rows) {
      try (Scratch scratch = memory.scratch()) {
        writer.append(blobs.write(column, items, sizes, writer.path(), scratch), items, rows);
      }
    }
  }

  record Struct(LevelLayer layer, List<Shredder> children) implements Shredder {
    @Override
    public void append(Column column, LevelItems items, int rows) {
      StructColumn struct = (StructColumn) column;
      LevelItems marked = mark(struct, items, layer);
      for (int i = 0; i < children.size(); i++) {
        children.get(i).append(struct.children().get(i), marked, rows);
      }
    }
  }

  /// Lists and maps.
  record Lists(LevelLayer layer, Shredder item) implements Shredder {
    @Override
    public void append(Column column, LevelItems items, int rows) {
      ListColumn list = (ListColumn) column;
      LevelItems marked = mark(list, items, layer);
      LevelItems expanded = marked.expand(list, layer.code(), layer.code() + 1);
      int from = expanded.contiguousFrom();
      if (from >= 0) {
        item.append(list.items().slice(from, expanded.live()), expanded.withoutPositions(), rows);
      } else {
        item.append(list.items(), expanded, rows);
      }
    }
  }

  /// Fixed-size lists of structs.
  record FixedLists(LevelLayer layer, int size, Shredder item) implements Shredder {
    @Override
    public void append(Column column, LevelItems items, int rows) {
      FixedListColumn list = (FixedListColumn) column;
      LevelItems marked = mark(list, items, layer);
      item.append(list.items(), marked.repeat(size), Math.multiplyExact(rows, size));
    }
  }
}
