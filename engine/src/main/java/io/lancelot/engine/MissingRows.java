package io.lancelot.engine;

import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.Expr;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.roaringbitmap.RoaringBitmap;

/// The rows of a version that a merge's source does not have.
final class MissingRows {

  private final Execution execution;
  private final Optional<MergeCondition> condition;

  /// For each fragment the rows that the source has.
  private final Map<Long, RoaringBitmap> met = new HashMap<>();

  /// @param condition which of them are meant; all if there is none
  MissingRows(Execution execution, Optional<Expr> condition) {
    this.execution = execution;
    Schema table = execution.snapshot().schema().arrow();
    this.condition = condition.map(expr -> MergeCondition.onTable(expr, table));
  }

  /// Notes what a part of the source has.
  void met(MergeMatches matches) {
    for (MergeMatches.Piece piece : matches.pieces()) {
      MergeMatches.addTo(met, piece.fragmentId(), piece.met());
    }
  }

  /// Adds the missing rows to those that go, when all of the source has been looked at.
  ///
  /// @return how many there are
  long addTo(Map<Long, RoaringBitmap> gone) {
    long[] count = {0};
    Parallel.run(
        execution.context(),
        MergeTask.of(execution.snapshot().fragments()),
        this::missing,
        found -> {
          MergeMatches.addTo(gone, found.fragmentId(), found.rows());
          count[0] += found.rows().length;
        });
    return count[0];
  }

  private record Found(long fragmentId, long[] rows) {}

  private Found missing(MergeTask task) {
    long id = task.fragment().id();
    RoaringBitmap rows = RoaringBitmap.bitmapOfRange(task.first(), task.first() + task.count());
    rows.andNot(met.getOrDefault(id, new RoaringBitmap()));
    rows.andNot(execution.table().deletions(execution.snapshot(), task.fragment()));
    long[] numbers = new long[rows.getCardinality()];
    int at = 0;
    for (int row : rows) {
      numbers[at++] = Integer.toUnsignedLong(row);
    }
    return new Found(id, condition.isEmpty() ? numbers : confirmed(task, numbers, condition.get()));
  }

  private long[] confirmed(MergeTask task, long[] rows, MergeCondition wanted) {
    if (rows.length == 0) {
      return rows;
    }
    try (ColumnsOfFragment reader =
            new ColumnsOfFragment(execution, task.fragment(), wanted.targetColumns());
        Scratch scratch = execution.context().memory().scratch()) {
      Batch target = RowsByNumber.read(reader, wanted.targetColumns(), rows, rows.length, scratch);
      Batch none = new Batch(Schema.of(), rows.length, List.of());
      Bits kept = wanted.evaluate(target, none, rows.length, scratch);
      long[] result = new long[kept.count()];
      for (int i = 0, at = 0; i < rows.length; i++) {
        if (kept.get(i)) {
          result[at++] = rows[i];
        }
      }
      return result;
    }
  }
}
