package io.lancelot.engine;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.table.Snapshot;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What a query reads: a version, or some of its fragments.
///
/// @param now what `now()` is in it
/// @param own whether the catalog is for this query alone
record Reading(Snapshot snapshot, IndexCatalog catalog, Instant now, boolean own)
    implements AutoCloseable {

  Plan plan(Query query) {
    return Planner.plan(catalog, query.at(now));
  }

  @Override
  public void close() {
    if (own) {
      catalog.close();
    }
  }

  /// Its rows, and how they were found.
  record Rows(
      BatchStream rows,
      Reading reading,
      @Nullable Analysis analysis,
      @Nullable Consumer<SearchReport> report)
      implements BatchStream {
    @Override
    public Schema schema() {
      return rows.schema();
    }

    @Override
    public @Nullable Batch next() {
      if (analysis == null || report == null || analysis.report().isPresent()) {
        return rows.next();
      }
      Batch batch = rows.next();
      analysis.report().ifPresent(report);
      return batch;
    }

    @Override
    public void close() {
      try {
        rows.close();
      } finally {
        reading.close();
      }
    }
  }
}
