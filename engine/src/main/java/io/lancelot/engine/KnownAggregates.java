package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Values;
import io.lancelot.expr.Expr;
import io.lancelot.expr.Projection;
import io.lancelot.index.ScalarIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Aggregates over whole tables that need no scan: the number of rows, and the least and the
/// greatest value of a column whose index covers all rows, none of which is deleted.
final class KnownAggregates {

  private final IndexCatalog indices;

  private KnownAggregates(IndexCatalog indices) {
    this.indices = indices;
  }

  /// The values of all aggregates, if all are known.
  static Optional<Plan.Known> of(Plan.Aggregate plan, IndexCatalog indices) {
    if (!plan.keys().isEmpty()
        || !(plan.input() instanceof Plan.Scan scan)
        || scan.filter().isPresent()) {
      return Optional.empty();
    }
    KnownAggregates known = new KnownAggregates(indices);
    List<@Nullable Object> values = new ArrayList<>();
    for (Plan.Measured measure : plan.measures()) {
      if (!known.add(measure, values)) {
        return Optional.empty();
      }
    }
    return Optional.of(new Plan.Known(plan.schema(), plan.measures(), values));
  }

  /// Adds the value of an aggregate.
  ///
  /// @return whether it is known
  private boolean add(Plan.Measured measure, List<@Nullable Object> values) {
    return switch (measure.function()) {
      case COUNT -> {
        values.add(indices.snapshot().rowCount());
        yield measure.argument().isEmpty();
      }
      case MIN, MAX -> extreme(measure, values);
      case COUNT_DISTINCT, SUM, AVG -> false;
    };
  }

  private boolean extreme(Plan.Measured measure, List<@Nullable Object> values) {
    Projection argument = measure.argument().orElseThrow();
    boolean deletions =
        indices.snapshot().fragments().stream()
            .anyMatch(fragment -> fragment.liveRows() != fragment.physicalRows());
    if (deletions
        || !(argument.expr() instanceof Expr.Column(List<String> path, _))
        || argument.type() instanceof DataType.Dictionary) {
      return false;
    }
    for (IndexQuery.Index index : indices.of(path)) {
      if (coversAll(index)) {
        Optional<List<@Nullable Object>> found = extreme(index, measure);
        if (found.isPresent()) {
          values.addAll(found.get());
          return true;
        }
      }
    }
    return false;
  }

  private boolean coversAll(IndexQuery.Index index) {
    RoaringBitmap covered = index.fragments();
    return indices.snapshot().fragments().stream()
        .allMatch(fragment -> covered.contains((int) fragment.id()));
  }

  /// The value as the only item of a list; empty if a segment does not know it.
  private Optional<List<@Nullable Object>> extreme(IndexQuery.Index index, Plan.Measured measure) {
    boolean least = measure.function() == Grouping.Function.MIN;
    try (Scratch scratch = indices.scratch()) {
      Accumulator best = measure.accumulator();
      best.grow(1);
      for (IndexQuery.Segment part : index.segments()) {
        Optional<OpenSegments.Lease> lease = indices.open(part);
        if (lease.isEmpty()) {
          return Optional.empty();
        }
        try (OpenSegments.Lease segment = lease.get()) {
          Optional<ScalarIndex.Extremes> known =
              segment.index() instanceof ScalarIndex scalar
                  ? scalar.extremes(scratch)
                  : Optional.empty();
          // More entries than rows: some are of rows that were written anew since.
          if (known.isEmpty() || known.get().rows() != indices.physicalRows(part.fragments())) {
            return Optional.empty();
          }
          best.add(new int[] {0}, 1, known.get().ends().slice(least ? 0 : 1, 1));
        }
      }
      List<@Nullable Object> value = new ArrayList<>();
      value.add(Values.at(best.results(0, 1, scratch), 0));
      return Optional.of(value);
    }
  }
}
