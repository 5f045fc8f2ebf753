package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.StructColumn;
import io.lancelot.expr.Expr;
import io.lancelot.expr.Projection;
import io.lancelot.file.LanceField;
import io.lancelot.file.LanceSchema;
import io.lancelot.table.Fragment;
import io.lancelot.table.IndexEntry;
import io.lancelot.table.Operation;
import io.lancelot.table.SchemaChange;
import io.lancelot.table.Snapshot;
import io.lancelot.table.StagedColumns;
import io.lancelot.table.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/// Adds, changes and drops columns. Only values that are new are written; the rest is a matter of
/// the schema. A concurrent commit that gets in the way makes a change look again.
final class SchemaEvolution {

  private static final int BATCH_ROWS = 8192;

  private final Table table;
  private final Context context;
  private final Function<Snapshot, Execution> executions;
  private final ToLongFunction<CountedRows> count;

  /// Rows of a version for which a condition is true.
  record CountedRows(Snapshot snapshot, Expr filter) {}

  SchemaEvolution(
      Table table,
      Context context,
      Function<Snapshot, Execution> executions,
      ToLongFunction<CountedRows> count) {
    this.table = table;
    this.context = context;
    this.executions = executions;
    this.count = count;
  }

  /// Columns computed from the row: path to expression.
  Snapshot addComputed(Map<String, Expr> expressions) {
    return add(base -> {
      Schema schema = base.schema().arrow();
      List<Projection> values = new ArrayList<>();
      List<Added> added = new ArrayList<>();
      expressions.forEach((path, expr) -> {
        Projection value = Projection.of(expr, schema);
        if (value.type() instanceof DataType.Null) {
          throw new InvalidInputException(
              "new column: expected=a value with a type, such as cast(NULL AS int), found="
                  + expr
                  + " (column="
                  + path
                  + ")");
        }
        values.add(value);
        added.add(new Added(path, Field.nullable(path, value.type())));
      });
      return new Addition(added, Optional.of(computing(values)), BATCH_ROWS);
    });
  }

  private static ColumnMaker computing(List<Projection> values) {
    List<String> inputs =
        values.stream().flatMap(value -> value.columns().stream()).distinct().toList();
    return new ColumnMaker() {
      @Override
      public List<String> inputs() {
        return inputs;
      }

      @Override
      public List<Column> make(Batch batch, Scratch scratch) {
        return values.stream().map(value -> value.evaluate(batch, scratch)).toList();
      }
    };
  }

  /// Columns that are null in all rows there are. Nothing is written.
  Snapshot addNulls(List<Field> fields) {
    return add(_ -> {
      List<Added> added = new ArrayList<>();
      for (Field field : fields) {
        if (!field.nullable()) {
          throw new InvalidInputException(
              "new column without values: expected=one that may be null, found=" + field.name());
        }
        added.add(new Added(field.name(), field));
      }
      return new Addition(added, Optional.empty(), BATCH_ROWS);
    });
  }

  /// Columns that a function makes, batch by batch.
  ///
  /// @param inputs columns the function gets; empty for all
  Snapshot addMade(
      Schema columns, List<String> inputs, int batchRows, Function<Batch, Batch> function) {
    return add(base -> {
      List<String> read = inputs.isEmpty() ? base.schema().arrow().names() : inputs;
      base.schema().arrow().select(read);
      List<Added> added =
          columns.fields().stream().map(field -> new Added(field.name(), field)).toList();
      ColumnMaker maker =
          new ColumnMaker() {
            @Override
            public List<String> inputs() {
              return read;
            }

            @Override
            public List<Column> make(Batch batch, Scratch scratch) {
              return select(function.apply(batch), columns, batch.rowCount());
            }
          };
      return new Addition(added, Optional.of(maker), batchRows);
    });
  }

  private static List<Column> select(Batch made, Schema columns, int rows) {
    if (made.rowCount() != rows) {
      throw new InvalidInputException(
          "new columns: expected=" + rows + " rows, found=" + made.rowCount());
    }
    List<Column> selected = new ArrayList<>();
    for (Field field : columns.fields()) {
      int index = made.schema().indexOf(field.name());
      if (index < 0 || !made.column(index).type().equals(field.type())) {
        throw new InvalidInputException(
            "new columns: expected="
                + field.name()
                + " of type "
                + field.type().arrowName()
                + ", found="
                + made.schema().fields());
      }
      selected.add(made.column(index));
    }
    return selected;
  }

  /// Columns of a source, joined by key; rows without a partner get nulls.
  Snapshot addJoined(SourceRows source, List<String> on) {
    return add(base -> {
      SourceRows.Joined joined = source.join(base.schema().arrow());
      List<Added> added = new ArrayList<>();
      for (Field field : joined.values().schema().fields()) {
        Field nullable = new Field(field.name(), field.type(), true, field.metadata());
        added.add(new Added(field.name(), nullable));
      }
      ColumnMaker maker =
          new ColumnMaker() {
            @Override
            public List<String> inputs() {
              return on;
            }

            @Override
            public List<Column> make(Batch batch, Scratch scratch) {
              int rows = batch.rowCount();
              int[] found = new int[rows];
              List<Column> keys =
                  batch.columns().stream().map(column -> KeyHashes.plain(column, scratch)).toList();
              joined.keys().find(keys, rows, new long[rows], new boolean[rows], found);
              return joined.values().columns().stream()
                  .map(column -> Columns.gather(column, found, rows, scratch))
                  .toList();
            }
          };
      return new Addition(added, Optional.of(maker), BATCH_ROWS);
    });
  }

  /// @param path of the new field
  private record Added(String path, Field field) {}

  /// @param values absent if all are null
  private record Addition(List<Added> fields, Optional<ColumnMaker> values, int batchRows) {}

  private Snapshot add(Function<Snapshot, Addition> addition) {
    return Attempts.run(
        context,
        () -> {
          Snapshot base = table.latest();
          Addition wanted = addition.apply(base);
          if (wanted.fields().isEmpty()) {
            throw new InvalidInputException("add columns: expected=at least one, found=none");
          }
          SchemaChange change = SchemaChange.of(base);
          boolean nullable = true;
          for (Added added : wanted.fields()) {
            change = change.add(added.path(), added.field());
            nullable &= added.field().nullable();
          }
          StagedColumns staged = table.newStagedColumns();
          List<Fragment> fragments = base.fragments();
          if (wanted.values().isPresent()) {
            List<LanceField> fields = new ArrayList<>();
            for (Added added : wanted.fields()) {
              fields.add(alone(change, change.field(added.path())));
            }
            fragments =
                stage(base, file(fields), wanted.values().get(), wanted.batchRows(), staged);
          }
          return table.mergeColumns(base, change.schema(), fragments, staged, nullable);
        });
  }

  /// What a data file of new columns holds.
  private static LanceSchema file(List<LanceField> fields) {
    if (fields.stream().map(LanceField::name).distinct().count() < fields.size()) {
      throw new UnsupportedFeatureException(
          "several fields of one struct cannot be written at once: expected=one per call, found="
              + fields.stream().map(LanceField::name).toList());
    }
    return new LanceSchema(fields, Map.of());
  }

  /// A field under those that it lies in, each with this one child: the shape of its data file.
  private static LanceField alone(SchemaChange change, LanceField field) {
    LanceField result = field;
    int parentId = field.parentId();
    while (parentId >= 0) {
      LanceField parent = byId(change.schema().fields(), parentId).orElseThrow();
      Field around =
          new Field(
              parent.name(),
              new DataType.Struct(List.of(result.field())),
              parent.field().nullable(),
              parent.field().metadata());
      result = new LanceField(parent.id(), parent.parentId(), around, List.of(result));
      parentId = parent.parentId();
    }
    return result;
  }

  private static Optional<LanceField> byId(List<LanceField> fields, int id) {
    LanceField[] found = new LanceField[1];
    for (LanceField field : fields) {
      field.forEach(part -> found[0] = part.id() == id ? part : found[0]);
    }
    return Optional.ofNullable(found[0]);
  }

  private List<Fragment> stage(
      Snapshot base, LanceSchema columns, ColumnMaker maker, int batchRows, StagedColumns staged) {
    List<Fragment> before = base.fragments();
    Fragment[] after = new Fragment[before.size()];
    Execution execution = executions.apply(base);
    try {
      List<Integer> tasks = java.util.stream.IntStream.range(0, after.length).boxed().toList();
      Parallel.run(
          context,
          tasks,
          i -> {
            try (NewColumnRows rows =
                new NewColumnRows(execution, before.get(i), maker, columns, batchRows)) {
              return Map.entry(i, table.stageColumns(base, before.get(i), columns, rows, staged));
            }
          },
          made -> after[made.getKey()] = made.getValue());
    } catch (RuntimeException | Error e) {
      staged.discard(e);
      throw e;
    }
    return Arrays.asList(after);
  }

  /// Changes names, nullability and types.
  Snapshot alter(List<Alteration> alterations) {
    if (alterations.isEmpty()) {
      throw new InvalidInputException("alter columns: expected=at least one, found=none");
    }
    return Attempts.run(context, () -> tryAlter(table.latest(), alterations));
  }

  private record Recast(String path, LanceField from, LanceField to) {}

  private Snapshot tryAlter(Snapshot base, List<Alteration> alterations) {
    SchemaChange change = SchemaChange.of(base);
    SchemaChange original = change;
    boolean tightened = false;
    List<Recast> recasts = new ArrayList<>();
    for (Alteration alteration : alterations) {
      String path = alteration.path();
      LanceField before = original.field(path);
      if (alteration.nullable().isPresent()
          && alteration.nullable().get() != before.field().nullable()) {
        if (before.field().nullable()) {
          checkNoNulls(base, path);
          tightened = true;
        }
        change = change.nullable(path, alteration.nullable().get());
      }
      DataType type = alteration.type().orElse(before.type());
      if (!type.equals(before.type())) {
        checkRecast(base, path, before, type);
        change = change.retype(path, type);
        recasts.add(new Recast(path, before, change.field(path)));
      }
    }
    // Names change last, so that paths mean what the caller wrote.
    SchemaChange named = change;
    for (Alteration alteration : alterations) {
      if (alteration.rename().isPresent()) {
        named = named.rename(alteration.path(), alteration.rename().get());
      }
    }
    if (recasts.isEmpty()) {
      return table.commit(base, new Operation.Project(named.schema(), !tightened));
    }
    StagedColumns staged = table.newStagedColumns();
    List<LanceField> fields = new ArrayList<>();
    for (Recast recast : recasts) {
      fields.add(alone(change, recast.to()));
    }
    List<Fragment> fragments =
        stage(base, file(fields), casting(base, recasts), BATCH_ROWS, staged);
    return table.mergeColumns(base, named.schema(), fragments, staged, !tightened);
  }

  private void checkNoNulls(Snapshot base, String path) {
    Expr column = new Expr.Column(List.of(path.split("\\.", -1)), true);
    if (base.schema().field(path).isPresent()) {
      column = new Expr.Column(List.of(path), true);
    }
    long nulls = count.applyAsLong(new CountedRows(base, new Expr.IsNull(column, false)));
    if (nulls > 0) {
      throw new InvalidInputException(
          "alter column: expected=no nulls, found=" + nulls + " (column=" + path + ")");
    }
  }

  private static void checkRecast(Snapshot base, String path, LanceField field, DataType type) {
    boolean fraction = field.type() instanceof DataType.Floating && type instanceof DataType.Int;
    if (fraction) {
      throw new InvalidInputException(
          "alter column: expected=a type that loses nothing, found="
              + type.arrowName()
              + " for "
              + field.type().arrowName()
              + " (column="
              + path
              + "); add a column with an expression instead");
    }
    Casting.of(field.type(), type, path);
    List<Integer> ids = new ArrayList<>();
    field.forEach(part -> ids.add(part.id()));
    for (IndexEntry index : base.indices()) {
      if (index.fieldIds().stream().anyMatch(ids::contains)) {
        throw new InvalidInputException(
            "alter column: expected=a column without an index, found=index "
                + index.name()
                + " (column="
                + path
                + "); drop the index first");
      }
    }
  }

  private static ColumnMaker casting(Snapshot base, List<Recast> recasts) {
    List<List<LanceField>> ways = new ArrayList<>();
    List<Casting> castings = new ArrayList<>();
    for (Recast recast : recasts) {
      ways.add(way(base, recast.from()));
      castings.add(Casting.of(recast.from().type(), recast.to().type(), recast.path()));
    }
    List<String> inputs = ways.stream().map(way -> way.getFirst().name()).distinct().toList();
    return new ColumnMaker() {
      @Override
      public List<String> inputs() {
        return inputs;
      }

      @Override
      public List<Column> make(Batch batch, Scratch scratch) {
        List<Column> made = new ArrayList<>();
        for (int i = 0; i < ways.size(); i++) {
          List<LanceField> way = ways.get(i);
          Column column = batch.column(inputs.indexOf(way.getFirst().name()));
          for (int depth = 1; depth < way.size(); depth++) {
            String name = way.get(depth).name();
            StructColumn struct = (StructColumn) column;
            int at = struct.type().fields().stream().map(Field::name).toList().indexOf(name);
            column = struct.children().get(at);
          }
          made.add(castings.get(i).apply(column, scratch));
        }
        return made;
      }
    };
  }

  /// The fields from the top down to one, which all but the last must be structs.
  private static List<LanceField> way(Snapshot base, LanceField field) {
    List<LanceField> way = new ArrayList<>(List.of(field));
    while (way.getFirst().parentId() >= 0) {
      LanceField parent = byId(base.schema().fields(), way.getFirst().parentId()).orElseThrow();
      if (!(parent.type() instanceof DataType.Struct)) {
        throw new InvalidInputException(
            "alter column: expected=a column or a field of a struct, found=part of a "
                + parent.type().arrowName()
                + " (column="
                + field.name()
                + ")");
      }
      way.addFirst(parent);
    }
    return way;
  }

  /// Removes columns from the schema; their data stays for older versions.
  Snapshot drop(List<String> paths) {
    if (paths.isEmpty()) {
      throw new InvalidInputException("drop columns: expected=at least one, found=none");
    }
    return Attempts.run(
        context,
        () -> {
          Snapshot base = table.latest();
          SchemaChange change = SchemaChange.of(base);
          for (String path : paths) {
            change = change.drop(path);
          }
          return table.commit(base, new Operation.Project(change.schema(), true));
        });
  }

  /// Changes what is noted about a field.
  Snapshot annotate(String path, Operation.UpdateConfig.Changes changes) {
    return Attempts.run(
        context,
        () -> {
          Snapshot base = table.latest();
          int id = SchemaChange.of(base).field(path).id();
          Operation.UpdateConfig.Changes none = Operation.UpdateConfig.Changes.NONE;
          return table.commit(
              base, new Operation.UpdateConfig(none, none, none, Map.of(id, changes)));
        });
  }

  /// Changes the table's settings, or what is noted about the table or its schema.
  Snapshot configure(Operation.UpdateConfig changes) {
    return Attempts.run(context, () -> table.commit(table.latest(), changes));
  }
}
