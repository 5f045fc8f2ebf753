package io.lancelot.index.scalar;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.Filter;
import io.lancelot.expr.Probe;
import io.lancelot.index.IndexWork;
import io.lancelot.index.RowSet;
import io.lancelot.index.ScalarIndex;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A segment of a label-list index. Empty lists stand nowhere in it, null lists beside it.
final class LabelListIndex implements ScalarIndex {

  private final BitmapFile file;
  private final @Nullable RowSet nulls;

  LabelListIndex(BitmapFile file) {
    this.file = file;
    try {
      this.nulls = file.metadataSet(LabelListKind.NULLS_KEY).orElse(null);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  BitmapFile file() {
    return file;
  }

  /// The rows whose list is null; null if the segment does not say.
  @Nullable RowSet nulls() {
    return nulls;
  }

  @Override
  public boolean storesAddresses() {
    return false;
  }

  @Override
  public Optional<Outlook> outlook(Filter condition) {
    return switch (condition.probe()) {
      case Probe.AnyItem _ -> Optional.of(new Outlook(file.keys().length(), true));
      case Probe.AllItems(List<Filter> items) ->
          Optional.of(new Outlook((long) items.size() * file.keys().length(), true));
      case Probe.Missing(boolean negated) when !negated && nulls != null ->
          Optional.of(new Outlook(1, true));
      case Probe.Missing _, Probe.Keys _, Probe.Opaque _ -> Optional.empty();
    };
  }

  @Override
  public Optional<Matches> search(Filter condition, IndexWork work) {
    RowSet unknown = nulls;
    return switch (condition.probe()) {
      case Probe.AnyItem(Filter item) -> matches(List.of(item), work);
      case Probe.AllItems(List<Filter> items) -> matches(items, work);
      case Probe.Missing(boolean negated) when !negated && unknown != null ->
          Optional.of(new Matches(unknown, true, () -> RowSet.EMPTY));
      case Probe.Missing _, Probe.Keys _, Probe.Opaque _ -> Optional.empty();
    };
  }

  /// The rows whose list has an item for each condition.
  private Optional<Matches> matches(List<Filter> items, IndexWork work) {
    RowSet unknown = nulls;
    RowSet rows = null;
    try {
      for (Filter item : items) {
        RowSet own = holding(item, work);
        rows = rows == null ? own : rows.and(own);
      }
    } catch (InvalidInputException _) {
      // It fails for some item, of which there may not be a live row: the scan will tell.
      return Optional.empty();
    }
    return rows == null
        ? Optional.empty()
        : Optional.of(new Matches(rows, true, unknown == null ? null : () -> unknown));
  }

  private RowSet holding(Filter item, IndexWork work) {
    Column keys = file.keys();
    if (keys.length() == 0) {
      return RowSet.EMPTY;
    }
    try (Scratch scratch = file.scratch()) {
      Schema schema = Schema.of(Field.nullable(Probe.AnyItem.ITEM, keys.type()));
      work.compared(keys.length());
      int[] chosen =
          BitmapIndex.ones(item.evaluate(new Batch(schema, keys.length(), List.of(keys)), scratch));
      return file.rows(chosen, chosen.length, work);
    }
  }

  @Override
  public long heldBytes() {
    return file.heldBytes();
  }

  @Override
  public Map<String, Object> statistics() {
    return Map.of("num_bitmaps", (long) file.keys().length());
  }

  @Override
  public void prewarm() {
    file.prewarm();
  }

  @Override
  public void close() {
    file.close();
  }
}
