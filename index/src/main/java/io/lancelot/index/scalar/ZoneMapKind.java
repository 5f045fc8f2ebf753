package io.lancelot.index.scalar;

import com.google.protobuf.CodedOutputStream;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.file.DataFileWriter;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexSource;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.OpenIndex;
import io.lancelot.index.RowMapping;
import io.lancelot.index.RowSet;
import io.lancelot.table.IndexEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The zone map: the least and greatest value of every stretch of rows. Format: lance-format
/// section 4.11.
public final class ZoneMapKind implements IndexKind {

  static final String NAME = "zonemap.lance";
  static final String ROWS_KEY = "rows_per_zone";

  @Override
  public String type() {
    return "ZONEMAP";
  }

  @Override
  public Set<String> aliases() {
    return Set.of("ZONE_MAP");
  }

  @Override
  public String detailsName() {
    return "lance.table.ZoneMapIndexDetails";
  }

  @Override
  public boolean answersFilters() {
    return true;
  }

  @Override
  public int maxVersion() {
    return 0;
  }

  @Override
  public void check(Field field, IndexSpec spec) {
    ColumnTypes.requireComparable(field, type());
    spec.checkNames(Set.of(ROWS_KEY));
    zoneRows(spec);
  }

  private static long zoneRows(IndexSpec spec) {
    return spec.number(ROWS_KEY, 1, 1L << 31).orElse((long) Zones.DEFAULT_ROWS);
  }

  @Override
  public Built build(IndexSource source, IndexSpec spec, IndexFiles into, BuildProgress progress) {
    return build(source, zoneRows(spec), into, progress);
  }

  private static Built build(
      IndexSource source, long zoneRows, IndexFiles into, BuildProgress progress) {
    DataType type = source.field().type();
    Schema schema =
        Schema.of(
            Field.nullable("min", type),
            Field.nullable("max", type),
            Field.required("null_count", Types.UINT32),
            Field.required("nan_count", Types.UINT32),
            Field.required(Zones.FRAGMENT, Types.UINT64),
            Field.required(Zones.START, Types.UINT64),
            Field.required(Zones.LENGTH, Types.UINT64));
    try (Scratch kept = into.context().memory().scratch();
        DataFileWriter writer = into.create(NAME, schema)) {
      Extremes extremes = new Extremes(type, kept);
      RowSet nulls = Zones.build(source, zoneRows, into, progress, extremes);
      if (!extremes.fragments.isEmpty()) {
        writer.write(extremes.batch(schema));
      }
      writer.putMetadata(ROWS_KEY, String.valueOf(zoneRows));
      int buffer = writer.addGlobalBuffer(MemorySegment.ofArray(nulls.toTreeMap()));
      writer.putMetadata(Zones.NULLS_KEY, String.valueOf(buffer));
      writer.finish();
    }
    return new Built(details(zoneRows), 0, List.of());
  }

  /// `ZoneMapIndexDetails`: rows per zone, no seeds, rows of nulls stored.
  private static byte[] details(long zoneRows) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      out.writeUInt64(1, zoneRows);
      out.writeBool(2, false);
      out.writeBool(3, true);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /// The extremes of the zones so far.
  private static final class Extremes implements Zones.Builder {
    private final DataType type;
    private final Scratch kept;
    private final List<Column> mins = new ArrayList<>();
    private final List<Column> maxs = new ArrayList<>();
    private final List<Long> nullCounts = new ArrayList<>();
    private final List<Long> nanCounts = new ArrayList<>();
    private final List<Long> fragments = new ArrayList<>();
    private final List<Long> starts = new ArrayList<>();
    private final List<Long> lengths = new ArrayList<>();
    private @Nullable Column min;
    private @Nullable Column max;
    private long nulls;
    private long nans;

    Extremes(DataType type, Scratch kept) {
      this.type = type;
      this.kept = kept;
    }

    @Override
    public void add(Column values, int from, int to) {
      int least = -1;
      int greatest = -1;
      boolean floats = type instanceof DataType.Floating;
      for (int i = from; i < to; i++) {
        if (values.isNull(i)) {
          nulls++;
          continue;
        }
        if (floats && Double.isNaN(((FixedColumn) values).floatingAt(i))) {
          nans++;
          continue;
        }
        if (least < 0 || SortKeys.compare(values, i, values, least) < 0) {
          least = i;
        }
        if (greatest < 0 || SortKeys.compare(values, i, values, greatest) > 0) {
          greatest = i;
        }
      }
      if (least >= 0) {
        Column known = min;
        if (known == null || SortKeys.compare(values, least, known, 0) < 0) {
          min = Columns.copy(values.slice(least, 1), kept);
        }
        known = max;
        if (known == null || SortKeys.compare(values, greatest, known, 0) > 0) {
          max = Columns.copy(values.slice(greatest, 1), kept);
        }
      }
    }

    @Override
    public void end(long fragment, long start, long length) {
      Column least = min;
      Column greatest = max;
      mins.add(least == null ? Columns.nulls(type, 1, kept) : least);
      // As upstream has it, a NaN is the greatest value of its zone.
      maxs.add(nans > 0 ? nan() : greatest == null ? Columns.nulls(type, 1, kept) : greatest);
      nullCounts.add(nulls);
      nanCounts.add(nans);
      fragments.add(fragment);
      starts.add(start);
      lengths.add(length);
      min = null;
      max = null;
      nulls = 0;
      nans = 0;
    }

    private Column nan() {
      MemorySegment data = kept.allocateBytes(8);
      switch (type.byteWidth()) {
        case 2 -> data.set(FixedColumn.SHORT, 0, (short) 0x7E00);
        case 4 -> data.set(FixedColumn.INT, 0, 0x7FC0_0000);
        default -> data.set(FixedColumn.LONG, 0, 0x7FF8_0000_0000_0000L);
      }
      return new FixedColumn(type, 1, data, null);
    }

    Batch batch(Schema schema) {
      int count = fragments.size();
      return new Batch(
          schema,
          count,
          List.of(
              Columns.concat(type, mins, kept),
              Columns.concat(type, maxs, kept),
              Numbers.ints(nullCounts, kept),
              Numbers.ints(nanCounts, kept),
              Numbers.longs(fragments, kept),
              Numbers.longs(starts, kept),
              Numbers.longs(lengths, kept)));
    }
  }

  /// Zones do not move between segments: what is there stays, and new rows get a segment of their
  /// own, unless what is there can be read anew.
  @Override
  public Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    long zoneRows =
        segments.isEmpty() ? Zones.DEFAULT_ROWS : ((ZoneMapIndex) segments.getLast()).zoneRows();
    return build(added, zoneRows, into, progress);
  }

  @Override
  public OpenIndex open(IndexFiles files, IndexEntry entry, Field field) {
    return new ZoneMapIndex(files, field);
  }
}
