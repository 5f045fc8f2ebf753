package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.FixedColumn;
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
import java.util.Optional;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// A text search: the rows that answer best, through the indices of the columns and over the rows
/// that these do not cover.
final class TextStream extends SearchStream<Plan.TextScan> {

  TextStream(Execution execution, Plan.TextScan plan) {
    super(execution, plan);
  }

  @Override
  Batch find() {
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
            "Cannot perform full text search unless an INVERTED index has been created, or a column"
                + " is named: expected=either, found=neither");
      }
      query = query.withColumns(indexed);
    }
    List<OpenSegments.Lease> leases = new ArrayList<>();
    try {
      Map<String, List<TextSources.Source>> sources = new LinkedHashMap<>();
      for (String column : query.columns()) {
        sources.put(column, texts.open(column, leases, plan.indexedOnly()));
      }
      KnownFilters.Rows passing =
          plan.filter()
              .map(filter ->
                  execution
                      .indices()
                      .filters()
                      .rows(
                          filter,
                          () ->
                              passing(
                                  plan.index(), plan.filter(), execution.snapshot().fragments())))
              .orElse(KnownFilters.Rows.NONE);
      Map<String, List<TextSearch.Part>> parts = new LinkedHashMap<>();
      for (Map.Entry<String, List<TextSources.Source>> column : sources.entrySet()) {
        List<TextSearch.Part> ofColumn = new ArrayList<>();
        for (TextSources.Source source : column.getValue()) {
          ofColumn.add(
              new TextSearch.Part(
                  source.index(), rows(source.fragments(), passing.byFragment()), given(passing)));
        }
        parts.put(column.getKey(), ofColumn);
      }
      return new TextSearch(parts).search(query, plan.k());
    } finally {
      leases.forEach(OpenSegments.Lease::close);
    }
  }

  /// The rows that pass by their numbers in indices, where these are their addresses.
  private Optional<long[]> given(KnownFilters.Rows passing) {
    return execution.snapshot().stableRowIds() ? Optional.empty() : passing.few();
  }

  /// Which rows of some fragments may be found.
  private LongPredicate rows(RoaringBitmap fragments, Map<Long, RoaringBitmap> allowed) {
    boolean filtered = plan.filter().isPresent();
    Map<Long, RoaringBitmap> byFragment = new HashMap<>();
    boolean plain = !filtered && !execution.snapshot().stableRowIds();
    for (Fragment fragment : execution.snapshot().fragments()) {
      long id = fragment.id();
      if (fragments.contains((int) id)) {
        RoaringBitmap rows =
            filtered
                ? allowed.getOrDefault(id, new RoaringBitmap())
                : execution.table().deletions(execution.snapshot(), fragment);
        plain &= rows.isEmpty();
        byFragment.put(id, rows);
      }
    }
    if (byFragment.size() == 1) {
      Map.Entry<Long, RoaringBitmap> only = byFragment.entrySet().iterator().next();
      long id = only.getKey();
      RoaringBitmap rows = only.getValue();
      if (plain) {
        return row -> row >>> 32 == id;
      }
      if (!execution.snapshot().stableRowIds()) {
        return row -> row >>> 32 == id && rows.contains((int) row) == filtered;
      }
    }
    return new Allowed(byFragment, filtered);
  }

  /// Looks rows up by their addresses, which mostly come fragment by fragment.
  private final class Allowed implements LongPredicate {
    private static final long NONE = -1;

    private final Map<Long, RoaringBitmap> byFragment;
    private final boolean filtered;
    private long fragment = NONE;
    private @Nullable RoaringBitmap rows;

    /// @param filtered whether the rows given are those that may be found, or those that may not
    Allowed(Map<Long, RoaringBitmap> byFragment, boolean filtered) {
      this.byFragment = byFragment;
      this.filtered = filtered;
    }

    @Override
    public boolean test(long number) {
      long address = execution.addressOf(number);
      if (address < 0) {
        return false;
      }
      if (address >>> 32 != fragment) {
        fragment = address >>> 32;
        rows = byFragment.get(fragment);
      }
      RoaringBitmap own = rows;
      return own != null && own.contains((int) address) == filtered;
    }
  }
}
