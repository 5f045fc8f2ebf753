package io.lancelot.index.scalar;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.expr.Filter;
import io.lancelot.expr.KeyOrder;
import io.lancelot.expr.KeyRange;
import io.lancelot.expr.Probe;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexWork;
import io.lancelot.index.RowSet;
import io.lancelot.index.ScalarIndex;
import io.lancelot.kernels.XxHash64;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A segment of Bloom filters. Finds zones that may hold one of some values, never which rows do.
final class BloomFilterIndex implements ScalarIndex {

  /// Looking up more values than this finds every zone sooner or later.
  private static final int MOST_VALUES = 1024;

  private final DataType type;
  private final KeyOrder order;
  private final Scratch kept;
  private final Zones zones;
  private final List<MemorySegment> filters = new ArrayList<>();
  private final boolean[] hasNull;
  private final BloomFilterKind.Params params;
  private final @Nullable RowSet nulls;

  BloomFilterIndex(IndexFiles files, Field field) {
    type = field.type();
    order = ColumnTypes.order(field);
    kept = files.context().memory().scratch();
    try (SegmentFile file = SegmentFile.open(files, BloomFilterKind.NAME);
        Scratch work = files.context().memory().scratch()) {
      zones = Zones.of(file);
      int count = file.entryCount();
      hasNull = new boolean[count];
      var nullReader = file.column(BloomFilterKind.HAS_NULL, Types.BOOL);
      var filterReader = file.column(BloomFilterKind.DATA, Types.BINARY);
      for (int i = 0; i < count; i++) {
        work.reset();
        hasNull[i] = ((BoolColumn) nullReader.read(i, 1, work)).booleanAt(0);
        MemorySegment bytes = ((VarColumn) filterReader.read(i, 1, work)).bytesAt(0);
        if (bytes.byteSize() == 0 || bytes.byteSize() % SplitBlockBloom.BLOCK_BYTES != 0) {
          throw new CorruptDataException(
              "bloom filter: expected=blocks of "
                  + SplitBlockBloom.BLOCK_BYTES
                  + " bytes, found="
                  + bytes.byteSize()
                  + " bytes "
                  + file.place());
        }
        filters.add(kept.allocateBytes(bytes.byteSize()).copyFrom(bytes));
      }
      params =
          new BloomFilterKind.Params(
              file.number(BloomFilterKind.ITEMS_KEY, 1, 1 << 26).orElse(Zones.DEFAULT_ROWS),
              probability(file));
      nulls = file.rowSet(Zones.NULLS_KEY).orElse(null);
    } catch (RuntimeException | Error e) {
      kept.close();
      throw e;
    }
  }

  private static double probability(SegmentFile file) {
    try {
      double found =
          Double.parseDouble(
              file.metadata(BloomFilterKind.PROBABILITY_KEY)
                  .orElse(String.valueOf(BloomFilterKind.PROBABILITY)));
      return found > 0 && found < 1 ? found : BloomFilterKind.PROBABILITY;
    } catch (NumberFormatException _) {
      return BloomFilterKind.PROBABILITY;
    }
  }

  BloomFilterKind.Params params() {
    return params;
  }

  @Override
  public boolean storesAddresses() {
    return true;
  }

  @Override
  public Optional<Outlook> outlook(Filter condition) {
    return switch (condition.probe()) {
      case Probe.Missing(boolean negated) when !negated || nulls != null ->
          Optional.of(new Outlook(zones.count(), nulls != null));
      case Probe.Keys keys when hashes(keys) != null ->
          Optional.of(new Outlook(zones.count(), false));
      case Probe.Missing _, Probe.Keys _, Probe.AnyItem _, Probe.AllItems _, Probe.Opaque _ ->
          Optional.empty();
    };
  }

  @Override
  public Optional<Matches> search(Filter condition, IndexWork work) {
    RowSet missing = nulls;
    return switch (condition.probe()) {
      case Probe.Missing(boolean negated) when !negated || missing != null -> {
        RowSet rows =
            !negated
                ? missing != null ? missing : zones.rows(zone -> hasNull[zone])
                : without(zones.rows(_ -> true));
        yield Optional.of(new Matches(rows, missing != null, () -> RowSet.EMPTY));
      }
      case Probe.Keys keys -> {
        long[] hashes = hashes(keys);
        if (hashes == null) {
          yield Optional.empty();
        }
        work.compared((long) zones.count() * hashes.length);
        RowSet rows = without(zones.rows(zone -> mayHold(zone, hashes)));
        yield Optional.of(new Matches(rows, false, missing == null ? null : () -> missing));
      }
      case Probe.Missing _, Probe.AnyItem _, Probe.AllItems _, Probe.Opaque _ -> Optional.empty();
    };
  }

  private boolean mayHold(int zone, long[] hashes) {
    for (long hash : hashes) {
      if (SplitBlockBloom.mayContain(filters.get(zone), hash)) {
        return true;
      }
    }
    return false;
  }

  private RowSet without(RowSet rows) {
    RowSet missing = nulls;
    return missing == null ? rows : rows.andNot(missing);
  }

  /// The hashes of the values looked for; null if they are not a few values.
  private long @Nullable [] hashes(Probe.Keys keys) {
    if (keys.ranges().size() > MOST_VALUES) {
      return null;
    }
    List<Long> hashes = new ArrayList<>();
    for (KeyRange range : keys.ranges()) {
      Object value = range.onlyValue(order);
      if (value == null || value instanceof Double d && Double.isNaN(d)) {
        return null;
      }
      hashes.add(hash(value));
      if (value instanceof Double d && d == 0) {
        hashes.add(hash(-d));
      }
    }
    return hashes.stream().mapToLong(Long::longValue).toArray();
  }

  private long hash(Object value) {
    if (value instanceof byte[] bytes) {
      return XxHash64.hash(MemorySegment.ofArray(bytes));
    }
    MemorySegment bytes = MemorySegment.ofArray(new byte[type.byteWidth()]);
    long bits =
        switch (value) {
          case Double d when type.byteWidth() == 4 -> Float.floatToRawIntBits(d.floatValue());
          case Double d -> Double.doubleToRawLongBits(d);
          default -> (Long) value;
        };
    switch (type.byteWidth()) {
      case 1 -> bytes.set(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (byte) bits);
      case 2 -> bytes.set(FixedColumn.SHORT, 0, (short) bits);
      case 4 -> bytes.set(FixedColumn.INT, 0, (int) bits);
      default -> bytes.set(FixedColumn.LONG, 0, bits);
    }
    return XxHash64.hash(bytes);
  }

  @Override
  public long heldBytes() {
    return kept.heldBytes();
  }

  @Override
  public Map<String, Object> statistics() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("type", "BloomFilter");
    figures.put("num_blocks", (long) zones.count());
    figures.put("number_of_items", params.items());
    figures.put("probability", params.wrong());
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
