package io.lancelot.engine;

import io.lancelot.base.CorruptDataException;
import io.lancelot.index.IndexWork;
import io.lancelot.index.RowSet;
import io.lancelot.index.ScalarIndex;
import io.lancelot.table.IndexEntry;
import io.lancelot.table.Snapshot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// One run of an [IndexQuery]: asks the indices and joins what they find. Rows are addresses in
/// fragments that the query covers; deleted ones may be among them.
final class IndexRun {

  private final IndexCatalog catalog;
  private final Snapshot snapshot;
  private final RoaringBitmap covered;
  private final IndexWork work;
  private @Nullable RowSet everything;

  IndexRun(IndexCatalog catalog, RoaringBitmap covered, IndexWork work) {
    this.catalog = catalog;
    this.snapshot = catalog.snapshot();
    this.covered = covered;
    this.work = work;
  }

  /// The rows; null if an index could not answer after all, so that rows have to be scanned.
  @Nullable RowSet rows(IndexQuery query) {
    return switch (query) {
      case IndexQuery.Lookup lookup -> lookup(lookup);
      case IndexQuery.And(List<IndexQuery> terms) -> {
        RowSet all = null;
        for (IndexQuery term : terms) {
          RowSet rows = rows(term);
          if (rows == null) {
            yield null;
          }
          all = all == null ? rows : all.and(rows);
          if (all.isEmpty()) {
            break;
          }
        }
        yield all;
      }
      case IndexQuery.Or(List<IndexQuery> terms) -> {
        RowSet any = RowSet.EMPTY;
        for (IndexQuery term : terms) {
          RowSet rows = rows(term);
          if (rows == null) {
            yield null;
          }
          any = any.or(rows);
        }
        yield any;
      }
      case IndexQuery.Except(IndexQuery operand) -> {
        RowSet rows = rows(operand);
        yield rows == null ? null : everything().andNot(rows);
      }
    };
  }

  private @Nullable RowSet lookup(IndexQuery.Lookup lookup) {
    RowSet found = RowSet.EMPTY;
    RowSet known = RowSet.EMPTY;
    for (IndexEntry entry : lookup.index().segments()) {
      Optional<OpenSegments.Lease> lease = catalog.open(entry);
      if (lease.isEmpty()) {
        return null;
      }
      try (OpenSegments.Lease segment = lease.get()) {
        ScalarIndex index = (ScalarIndex) segment.index();
        Optional<ScalarIndex.Matches> matches = index.search(lookup.condition(), work);
        if (matches.isEmpty()) {
          return null;
        }
        RoaringBitmap own = RoaringBitmap.and(entry.fragments().orElseThrow(), covered);
        found = found.or(located(matches.get().rows(), index, own));
        if (lookup.negated()) {
          Supplier<RowSet> unknown = matches.get().unknown();
          if (unknown == null || !matches.get().exact()) {
            return null;
          }
          known = known.or(located(unknown.get(), index, own));
        }
      }
    }
    return lookup.negated() ? everything().andNot(found).andNot(known) : found;
  }

  /// Addresses instead of row ids, in the fragments that a segment speaks for: elsewhere its
  /// entries are stale.
  private RowSet located(RowSet rows, ScalarIndex index, RoaringBitmap fragments) {
    RowSet addresses =
        snapshot.stableRowIds() && !index.storesAddresses()
            ? catalog.rowIds().addresses(rows)
            : rows;
    Map<Integer, RoaringBitmap> parts = new HashMap<>();
    for (int fragment : addresses.fragments()) {
      RoaringBitmap part = addresses.ofFragment(fragment);
      if (part != null && fragments.contains(fragment)) {
        requireInside(part, fragment);
        parts.put(fragment, part);
      }
    }
    return parts.size() == addresses.fragments().size() ? addresses : RowSet.of(parts);
  }

  private void requireInside(RoaringBitmap rows, int fragment) {
    long last = Integer.toUnsignedLong(rows.last());
    if (last >= catalog.physicalRows(fragment)) {
      throw new CorruptDataException(
          "row in index: expected=below "
              + catalog.physicalRows(fragment)
              + ", found="
              + last
              + " (fragment="
              + Integer.toUnsignedString(fragment)
              + ")");
    }
  }

  private RowSet everything() {
    RowSet all = everything;
    if (all == null) {
      RowSet.Builder builder = new RowSet.Builder();
      snapshot
          .fragments()
          .forEach(fragment -> {
            if (covered.contains((int) fragment.id())) {
              builder.addRange((int) fragment.id(), 0, fragment.physicalRows());
            }
          });
      all = builder.build();
      everything = all;
    }
    return all;
  }
}
