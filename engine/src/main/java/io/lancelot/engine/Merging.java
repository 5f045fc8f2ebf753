package io.lancelot.engine;

import io.lancelot.base.CommitConflictException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Schema;
import io.lancelot.table.Fragment;
import io.lancelot.table.MovedRows;
import io.lancelot.table.Snapshot;
import io.lancelot.table.StagedRows;
import io.lancelot.table.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Merges a source into a table: hashes the source's keys, reads the key columns of the table past
/// them, or those of the rows that an index on the key finds, then writes what is new or changed.
/// Memory follows the source and the rows it meets, not the table.
final class Merging {

  private final Table table;
  private final Context context;
  private final Function<Snapshot, Execution> executions;
  private final MergeInsert how;
  private final MergeSource source;

  /// @param executions how to read a version
  Merging(
      Table table,
      Context context,
      Function<Snapshot, Execution> executions,
      MergeInsert how,
      MergeSource source) {
    this.table = table;
    this.executions = executions;
    this.context = context;
    this.how = how;
    this.source = source;
  }

  MergeInsert.Result attempt() {
    Snapshot base = table.latest();
    Schema schema = base.schema().arrow();
    MergeSource.Fitted fitted = source.fit(schema);
    Optional<MergeCondition> updateIf =
        how.updateMatched()
            .flatMap(MergeInsert.When::condition)
            .map(expr -> MergeCondition.onMatched(expr, schema, fitted.rows().schema()));
    Optional<MergeCondition> deleteIf =
        how.deleteMissing()
            .flatMap(MergeInsert.When::condition)
            .map(expr -> MergeCondition.onTable(expr, schema));
    MergeMatches matches = new MergeMatches(source.rowCount());
    Execution execution = executions.apply(base);
    Parallel.run(
        context,
        how.deleteMissing().isPresent()
            ? MergeTask.of(base.fragments())
            : MergeTask.of(execution, fitted),
        task -> match(execution, task, fitted, updateIf, deleteIf),
        matches::add);
    int[] inserts = how.insertUnmatched() ? matches.unmatched() : new int[0];
    if (inserts.length + matches.updated() + matches.deleted() == 0) {
      return new MergeInsert.Result(0, 0, 0, base.version());
    }
    MovedRows moved = new MovedRows();
    StagedRows staged;
    try (MergedRows rows =
        new MergedRows(execution, fitted.rows(), matches.updates(), inserts, moved)) {
      staged = table.stage(base, rows);
    }
    Set<Integer> changed = new HashSet<>();
    base.schema().fields().forEach(field -> field.forEach(part -> changed.add(part.id())));
    Snapshot made =
        table.update(
            base, matches.gone(), staged, moved, changed, new Recheck(base, fitted)::check);
    return new MergeInsert.Result(
        inserts.length, matches.updated(), matches.deleted(), made.version());
  }

  /// Looks for the rows of one stretch in the source.
  private MergeMatches.Piece match(
      Execution execution,
      MergeTask task,
      MergeSource.Fitted fitted,
      Optional<MergeCondition> updateIf,
      Optional<MergeCondition> deleteIf) {
    Set<String> columns = new LinkedHashSet<>(fitted.on());
    updateIf.ifPresent(condition -> columns.addAll(condition.targetColumns()));
    deleteIf.ifPresent(condition -> columns.addAll(condition.targetColumns()));
    int count = task.count();
    try (ColumnsOfFragment reader =
            new ColumnsOfFragment(execution, task.fragment(), List.copyOf(columns));
        Scratch scratch = context.memory().scratch()) {
      int[] found = find(reader, task, fitted, scratch);
      Bits live = task.live(reader, scratch);
      int hits = 0;
      for (int i = 0; i < count; i++) {
        hits += found[i] != KeyTable.NONE && (live == null || live.get(i)) ? 1 : 0;
      }
      long[] rows = new long[hits];
      int[] sources = new int[hits];
      int[] missing = new int[how.deleteMissing().isPresent() ? count - hits : 0];
      int hit = 0;
      int miss = 0;
      for (int i = 0; i < count; i++) {
        if (live != null && !live.get(i)) {
          continue;
        }
        if (found[i] != KeyTable.NONE) {
          rows[hit] = task.row(i);
          sources[hit++] = found[i];
        } else if (missing.length > 0) {
          missing[miss++] = (int) task.row(i);
        }
      }
      missing = Arrays.copyOf(missing, miss);
      if (deleteIf.isPresent() && miss > 0) {
        missing = confirm(deleteIf.get(), reader, missing, scratch);
      }
      int[] touched = sources;
      if (how.updateMatched().isEmpty()) {
        rows = new long[0];
        sources = new int[0];
      } else if (updateIf.isPresent() && hit > 0) {
        Bits kept = evaluate(updateIf.get(), reader, fitted.rows(), rows, sources, scratch);
        rows = keep(rows, kept);
        sources = keep(sources, kept);
      }
      return new MergeMatches.Piece(
          task.fragment().id(), task.first(), rows, sources, touched, missing);
    }
  }

  private static int[] find(
      ColumnsOfFragment reader, MergeTask task, MergeSource.Fitted fitted, Scratch scratch) {
    int count = task.count();
    int[] found = new int[count];
    Batch keys = task.read(reader, fitted.on(), scratch);
    List<Column> columns =
        keys.columns().stream().map(column -> KeyHashes.plain(column, scratch)).toList();
    fitted.keys().find(columns, count, new long[count], new boolean[count], found);
    return found;
  }

  /// The rows to delete for which the condition holds.
  private static int[] confirm(
      MergeCondition condition, ColumnsOfFragment reader, int[] rows, Scratch scratch) {
    long[] numbers = new long[rows.length];
    for (int i = 0; i < rows.length; i++) {
      numbers[i] = Integer.toUnsignedLong(rows[i]);
    }
    Batch target =
        RowsByNumber.read(reader, condition.targetColumns(), numbers, rows.length, scratch);
    Batch none = new Batch(Schema.of(), rows.length, List.of());
    return keep(rows, condition.evaluate(target, none, rows.length, scratch));
  }

  private static Bits evaluate(
      MergeCondition condition,
      ColumnsOfFragment reader,
      Batch source,
      long[] rows,
      int[] sources,
      Scratch scratch) {
    Batch target = RowsByNumber.read(reader, condition.targetColumns(), rows, rows.length, scratch);
    List<Column> columns = new ArrayList<>();
    for (String name : condition.sourceColumns()) {
      columns.add(source.column(source.schema().indexOf(name)));
    }
    Batch wanted =
        new Batch(source.schema().select(condition.sourceColumns()), source.rowCount(), columns);
    Batch given = Batches.gather(wanted, sources, sources.length, scratch);
    return condition.evaluate(target, given, rows.length, scratch);
  }

  private static long[] keep(long[] values, Bits kept) {
    long[] result = new long[kept.count()];
    for (int i = 0, at = 0; i < values.length; i++) {
      if (kept.get(i)) {
        result[at++] = values[i];
      }
    }
    return result;
  }

  private static int[] keep(int[] values, Bits kept) {
    int[] result = new int[kept.count()];
    for (int i = 0, at = 0; i < values.length; i++) {
      if (kept.get(i)) {
        result[at++] = values[i];
      }
    }
    return result;
  }

  /// Looks for the source's keys in what others have added meanwhile: two merges that insert the
  /// same key must not both go through.
  private final class Recheck {

    private final MergeSource.Fitted fitted;
    private final Set<Long> seen = new HashSet<>();

    Recheck(Snapshot base, MergeSource.Fitted fitted) {
      this.fitted = fitted;
      base.fragments().forEach(fragment -> seen.add(fragment.id()));
    }

    void check(Snapshot latest) {
      for (String key : fitted.on()) {
        if (latest
            .schema()
            .field(key)
            .map(field -> field.type())
            .equals(fitted.table().field(key).map(field -> field.type()))) {
          continue;
        }
        throw conflict(latest, "changed the key column " + key);
      }
      List<Fragment> added =
          latest.fragments().stream().filter(fragment -> seen.add(fragment.id())).toList();
      Execution execution = executions.apply(latest);
      for (MergeTask task : MergeTask.of(added)) {
        if (meets(execution, task)) {
          throw conflict(latest, "added rows with the same keys");
        }
      }
    }

    private boolean meets(Execution execution, MergeTask task) {
      try (ColumnsOfFragment reader =
              new ColumnsOfFragment(execution, task.fragment(), fitted.on());
          Scratch scratch = context.memory().scratch()) {
        int[] found = find(reader, task, fitted, scratch);
        @Nullable Bits live = task.live(reader, scratch);
        for (int i = 0; i < found.length; i++) {
          if (found[i] != KeyTable.NONE && (live == null || live.get(i))) {
            return true;
          }
        }
        return false;
      }
    }

    private CommitConflictException conflict(Snapshot latest, String what) {
      return CommitConflictException.with(
          latest.version(),
          "merge conflicts with a concurrent commit that "
              + what
              + ": run it again on the latest version (latest version="
              + latest.version()
              + ", path="
              + table.uri()
              + ")");
    }
  }

  /// @throws InvalidInputException if nothing is to be done with any row
  static void check(MergeInsert how) {
    if (how.updateMatched().isEmpty() && !how.insertUnmatched() && how.deleteMissing().isEmpty()) {
      throw new InvalidInputException(
          "merge: expected=at least one of update, insert and delete, found=none");
    }
  }
}
