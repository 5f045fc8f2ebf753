package io.lancelot.index.scalar;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Types;
import io.lancelot.expr.Filter;
import io.lancelot.expr.KeyOrder;
import io.lancelot.expr.KeyRange;
import io.lancelot.expr.Probe;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexWork;
import io.lancelot.index.RowSet;
import io.lancelot.index.ScalarIndex;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// A segment of a zone map. Finds zones that may hold a value, never which rows of them do.
final class ZoneMapIndex implements ScalarIndex {

  private final KeyOrder order;
  private final Scratch kept;
  private final Zones zones;
  private final long zoneRows;
  private final Column mins;
  private final Column maxs;
  private final long[] nullCounts;
  private final long[] nanCounts;
  private final @Nullable RowSet nulls;

  ZoneMapIndex(IndexFiles files, Field field) {
    order = ColumnTypes.order(field);
    kept = files.context().memory().scratch();
    try (SegmentFile file = SegmentFile.open(files, ZoneMapKind.NAME);
        Scratch work = files.context().memory().scratch()) {
      zones = Zones.of(file);
      zoneRows = file.number(ZoneMapKind.ROWS_KEY, 1, 1L << 32).orElse(Zones.DEFAULT_ROWS);
      mins = ends(file, "min", field, work);
      maxs = ends(file, "max", field, work);
      nullCounts = file.numbers("null_count", Types.UINT32);
      nanCounts = file.numbers("nan_count", Types.UINT32);
      nulls = file.rowSet(Zones.NULLS_KEY).orElse(null);
      if (!(field.type() instanceof DataType.Floating)) {
        requireNoNan(file);
      }
    } catch (RuntimeException | Error e) {
      kept.close();
      throw e;
    }
  }

  private void requireNoNan(SegmentFile file) {
    for (long count : nanCounts) {
      if (count != 0) {
        throw new CorruptDataException(
            "NaNs of a zone: expected=0 as no value is a float, found="
                + count
                + " "
                + file.place());
      }
    }
  }

  private Column ends(SegmentFile file, String name, Field field, Scratch work) {
    Column column = file.column(name, field.type()).read(0, file.entryCount(), work);
    return Columns.copy(file.checked(column), kept);
  }

  long zoneRows() {
    return zoneRows;
  }

  @Override
  public boolean storesAddresses() {
    return true;
  }

  @Override
  public Optional<Outlook> outlook(Filter condition) {
    return switch (condition.probe()) {
      case Probe.Missing _ -> Optional.of(new Outlook(zones.count(), nulls != null));
      case Probe.Keys keys when !keys.ranges().contains(KeyRange.ALL) ->
          Optional.of(new Outlook(zones.count(), false));
      case Probe.Keys _, Probe.AnyItem _, Probe.AllItems _, Probe.Opaque _ -> Optional.empty();
    };
  }

  @Override
  public Optional<Matches> search(Filter condition, IndexWork work) {
    RowSet missing = nulls;
    return switch (condition.probe()) {
      case Probe.Missing(boolean negated) -> {
        work.compared(zones.count());
        RowSet rows =
            !negated
                ? missing != null ? missing : zones.rows(zone -> nullCounts[zone] > 0)
                : without(zones.rows(zone -> nullCounts[zone] < zones.lengths()[zone]));
        yield Optional.of(new Matches(rows, missing != null, () -> RowSet.EMPTY));
      }
      case Probe.Keys(List<KeyRange> ranges, _, _, _) -> {
        work.compared((long) zones.count() * ranges.size());
        RowSet rows = without(zones.rows(mayHold(ranges)));
        yield Optional.of(new Matches(rows, false, missing == null ? null : () -> missing));
      }
      case Probe.AnyItem _, Probe.AllItems _, Probe.Opaque _ -> Optional.empty();
    };
  }

  private RowSet without(RowSet rows) {
    RowSet missing = nulls;
    return missing == null ? rows : rows.andNot(missing);
  }

  private IntPredicate mayHold(List<KeyRange> ranges) {
    return zone -> {
      for (KeyRange range : ranges) {
        if (mayHold(zone, range)) {
          return true;
        }
      }
      return false;
    };
  }

  private boolean mayHold(int zone, KeyRange range) {
    if (nanCounts[zone] > 0 && range.contains(Double.NaN, order)) {
      return true;
    }
    Object low = mins.isNull(zone) ? null : KeyValues.at(mins, zone, order);
    Object high = maxs.isNull(zone) ? null : KeyValues.at(maxs, zone, order);
    if (low == null && high == null) {
      // Nothing but nulls and NaNs, unless the extremes are just not known.
      return zones.lengths()[zone] > nullCounts[zone] + nanCounts[zone];
    }
    // A NaN stands for an extreme that is not known.
    if (low == null || low instanceof Double d && Double.isNaN(d)) {
      return true;
    }
    if (high == null || high instanceof Double d && Double.isNaN(d)) {
      Object top = range.high();
      return top == null
          || order.compare(low, top) < 0
          || order.compare(low, top) == 0 && !range.highOpen();
    }
    return range.meets(low, high, order);
  }

  @Override
  public long heldBytes() {
    return kept.heldBytes();
  }

  @Override
  public Map<String, Object> statistics() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("num_zones", (long) zones.count());
    figures.put("rows_per_zone", zoneRows);
    return figures;
  }

  @Override
  public void prewarm() {
    // All of it is in memory.
  }

  @Override
  public void close() {
    kept.close();
  }
}
