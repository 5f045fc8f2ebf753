package io.lancelot.engine;

import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.Expr;
import io.lancelot.table.Fragment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Looks for the rows of a version in a merge's source: reads the key columns past the source's
/// keys, or those of the rows that an index on the key finds.
final class MergeLookup {

  private final Execution execution;
  private final MergeInsert how;

  MergeLookup(Execution execution, MergeInsert how) {
    this.execution = execution;
    this.how = how;
  }

  /// The rows that a part of the source has too.
  MergeMatches matches(SourceRows.Fitted source) {
    Optional<MergeCondition> updateIf =
        how.updateMatched()
            .flatMap(MergeInsert.When::condition)
            .map(expr -> condition(expr, source));
    MergeMatches matches = new MergeMatches(source.rows().rowCount());
    if (source.rows().rowCount() > 0) {
      Parallel.run(
          execution.context(),
          MergeTask.of(execution, source),
          task -> match(task, source, updateIf),
          matches::add);
    }
    return matches;
  }

  private static MergeCondition condition(Expr expr, SourceRows.Fitted source) {
    return MergeCondition.onMatched(expr, source.table(), source.rows().schema());
  }

  /// Whether a part of the source has keys of some fragments.
  boolean meets(SourceRows.Fitted source, List<Fragment> fragments) {
    for (MergeTask task : MergeTask.of(fragments)) {
      try (ColumnsOfFragment reader =
              new ColumnsOfFragment(execution, task.fragment(), source.on());
          Scratch scratch = execution.context().memory().scratch()) {
        if (Found.of(reader, task, source, scratch).rows().length > 0) {
          return true;
        }
      }
    }
    return false;
  }

  /// Live rows of a stretch whose key the source has.
  ///
  /// @param rows their physical numbers, ascending
  /// @param sources the source row of each
  private record Found(long[] rows, int[] sources) {

    static Found of(
        ColumnsOfFragment reader, MergeTask task, SourceRows.Fitted source, Scratch scratch) {
      int count = task.count();
      Batch keys = task.read(reader, source.on(), scratch);
      List<Column> columns =
          keys.columns().stream().map(column -> KeyHashes.plain(column, scratch)).toList();
      int[] found = new int[count];
      source.keys().find(columns, count, new long[count], new boolean[count], found);
      Bits live = task.live(reader, scratch);
      long[] rows = new long[count];
      int[] sources = new int[count];
      int hits = 0;
      for (int i = 0; i < count; i++) {
        if (found[i] != KeyTable.NONE && (live == null || live.get(i))) {
          rows[hits] = task.row(i);
          sources[hits++] = found[i];
        }
      }
      return new Found(Arrays.copyOf(rows, hits), Arrays.copyOf(sources, hits));
    }

    Found keep(Bits kept) {
      long[] keptRows = new long[kept.count()];
      int[] keptSources = new int[keptRows.length];
      for (int i = 0, at = 0; i < rows.length; i++) {
        if (kept.get(i)) {
          keptRows[at] = rows[i];
          keptSources[at++] = sources[i];
        }
      }
      return new Found(keptRows, keptSources);
    }
  }

  private MergeMatches.Piece match(
      MergeTask task, SourceRows.Fitted source, Optional<MergeCondition> updateIf) {
    Set<String> columns = new LinkedHashSet<>(source.on());
    updateIf.ifPresent(condition -> columns.addAll(condition.targetColumns()));
    try (ColumnsOfFragment reader =
            new ColumnsOfFragment(execution, task.fragment(), List.copyOf(columns));
        Scratch scratch = execution.context().memory().scratch()) {
      Found found = Found.of(reader, task, source, scratch);
      Found updated = found;
      if (how.updateMatched().isEmpty()) {
        updated = new Found(new long[0], new int[0]);
      } else if (updateIf.isPresent() && found.rows().length > 0) {
        updated = found.keep(evaluate(updateIf.get(), reader, source.rows(), found, scratch));
      }
      return new MergeMatches.Piece(
          task.fragment().id(),
          task.first(),
          updated.rows(),
          updated.sources(),
          found.rows(),
          found.sources());
    }
  }

  private static Bits evaluate(
      MergeCondition condition,
      ColumnsOfFragment reader,
      Batch source,
      Found found,
      Scratch scratch) {
    int count = found.rows().length;
    Batch target =
        RowsByNumber.read(reader, condition.targetColumns(), found.rows(), count, scratch);
    Schema wanted = source.schema().select(condition.sourceColumns());
    List<Column> columns = new ArrayList<>();
    for (String name : condition.sourceColumns()) {
      columns.add(source.column(source.schema().indexOf(name)));
    }
    Batch given =
        Batches.gather(
            new Batch(wanted, source.rowCount(), columns), found.sources(), count, scratch);
    return condition.evaluate(target, given, count, scratch);
  }
}
