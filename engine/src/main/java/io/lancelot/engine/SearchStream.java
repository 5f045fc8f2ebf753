package io.lancelot.engine;

import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.Filter;
import io.lancelot.table.Fragment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// A search: looks when it is first asked, and gives one batch.
///
/// @param <P> what it is to do
abstract sealed class SearchStream<P extends Plan> implements BatchStream
    permits NearestStream, NearestProbeStream, TextStream, FuseStream {

  final Execution execution;
  final P plan;
  final Scratch scratch;
  private boolean done;

  SearchStream(Execution execution, P plan) {
    this.execution = execution;
    this.plan = plan;
    this.scratch = execution.context().memory().scratch();
  }

  @Override
  public Schema schema() {
    return plan.schema();
  }

  @Override
  public @Nullable Batch next() {
    if (done) {
      return null;
    }
    done = true;
    return find();
  }

  /// The rows found, in memory of `scratch`.
  abstract Batch find();

  /// The live rows of some fragments that pass a filter, by fragment id.
  final Map<Long, RoaringBitmap> matches(RowFilter filter, List<Fragment> fragments) {
    Map<Long, RoaringBitmap> matches = new HashMap<>();
    Parallel.run(
        execution.context(),
        fragments,
        fragment -> Map.entry(fragment.id(), filter.matches(fragment)),
        found -> matches.put(found.getKey(), found.getValue()));
    return matches;
  }

  /// The live rows of some fragments that pass a filter.
  final KnownFilters.Rows passing(
      Optional<Plan.IndexLookup> index, Optional<Filter> filter, List<Fragment> fragments) {
    return KnownFilters.Rows.of(matches(RowFilter.of(execution, filter, index), fragments));
  }

  @Override
  public void close() {
    scratch.close();
  }
}
