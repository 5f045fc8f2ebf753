package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.index.FullTextQuery;
import io.lancelot.index.TextHits;
import io.lancelot.index.text.TextSearch;
import io.lancelot.table.Fragment;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// A text search: the rows that answer best, through the indices of the columns and over the rows
/// that these do not cover.
final class TextStream implements BatchStream {

  private final Execution execution;
  private final Plan.TextScan plan;
  private final Scratch scratch;
  private boolean done;

  TextStream(Execution execution, Plan.TextScan plan) {
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
    TextHits hits = search();
    int count = hits.size();
    MemorySegment addresses = scratch.allocateBytes(8L * count);
    MemorySegment scores = scratch.allocateBytes(4L * count);
    for (int i = 0; i < count; i++) {
      addresses.set(FixedColumn.LONG, 8L * i, execution.addressOf(hits.rows()[i]));
    }
    MemorySegment.copy(hits.scores(), 0, scores, FixedColumn.FLOAT, 0, count);
    return new Batch(
        schema(),
        count,
        List.of(
            new FixedColumn(Plan.ROW_ADDRESS.type(), count, addresses, null),
            new FixedColumn(Plan.SCORE.type(), count, scores, null)));
  }

  private TextHits search() {
    TextSources texts = execution.texts();
    FullTextQuery query = plan.query();
    if (query.lacksColumn()) {
      List<String> indexed = texts.columns();
      if (indexed.isEmpty()) {
        throw new InvalidInputException(
            "full-text search: expected=a column, or an INVERTED index on at least one column,"
                + " found=neither");
      }
      query = query.withColumns(indexed);
    }
    List<OpenSegments.Lease> leases = new ArrayList<>();
    try {
      Map<String, List<TextSources.Source>> sources = new LinkedHashMap<>();
      for (String column : query.columns()) {
        sources.put(column, texts.open(column, leases, plan.indexedOnly()));
      }
      Map<Integer, RoaringBitmap> allowed = plan.filter().isPresent() ? matches() : Map.of();
      Map<String, List<TextSearch.Part>> parts = new LinkedHashMap<>();
      sources.forEach((column, each) ->
          parts.put(
              column,
              each.stream()
                  .map(source ->
                      new TextSearch.Part(source.index(), rows(source.fragments(), allowed)))
                  .toList()));
      return new TextSearch(parts).search(query, plan.k());
    } finally {
      leases.forEach(OpenSegments.Lease::close);
    }
  }

  /// The live rows of each fragment that pass the filter.
  private Map<Integer, RoaringBitmap> matches() {
    RowFilter filter = RowFilter.of(execution, plan.filter(), plan.index());
    Map<Integer, RoaringBitmap> matches = new HashMap<>();
    Parallel.run(
        execution.context(),
        execution.snapshot().fragments(),
        fragment -> Map.entry((int) fragment.id(), filter.matches(fragment)),
        found -> matches.put(found.getKey(), found.getValue()));
    return matches;
  }

  /// Which rows of some fragments may be found.
  private LongPredicate rows(RoaringBitmap fragments, Map<Integer, RoaringBitmap> allowed) {
    boolean filtered = plan.filter().isPresent();
    Map<Integer, RoaringBitmap> byFragment = new HashMap<>();
    boolean plain = !filtered && !execution.snapshot().stableRowIds();
    for (Fragment fragment : execution.snapshot().fragments()) {
      int id = (int) fragment.id();
      if (fragments.contains(id)) {
        RoaringBitmap rows =
            filtered
                ? allowed.getOrDefault(id, new RoaringBitmap())
                : execution.table().deletions(execution.snapshot(), fragment);
        plain &= rows.isEmpty();
        byFragment.put(id, rows);
      }
    }
    if (byFragment.size() == 1) {
      Map.Entry<Integer, RoaringBitmap> only = byFragment.entrySet().iterator().next();
      int id = only.getKey();
      RoaringBitmap rows = only.getValue();
      if (plain) {
        return row -> (int) (row >>> 32) == id;
      }
      if (!execution.snapshot().stableRowIds()) {
        return row -> (int) (row >>> 32) == id && rows.contains((int) row) == filtered;
      }
    }
    return number -> {
      long address = execution.addressOf(number);
      if (address < 0) {
        return false;
      }
      RoaringBitmap rows = byFragment.get((int) (address >>> 32));
      return rows != null && rows.contains((int) address) == filtered;
    };
  }

  @Override
  public void close() {
    scratch.close();
  }
}
