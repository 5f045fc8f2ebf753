package io.lancelot.index.scalar;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.DataFileWriter;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexSource;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.OpenIndex;
import io.lancelot.index.RowMapping;
import io.lancelot.index.RowSet;
import io.lancelot.kernels.XxHash64;
import io.lancelot.table.IndexEntry;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// A Bloom filter for every stretch of rows: tells where a value is not. Format: lance-format
/// section 4.11.
public final class BloomFilterKind implements IndexKind {

  static final String NAME = "bloomfilter.lance";
  static final String DATA = "bloom_filter_data";
  static final String HAS_NULL = "has_null";
  static final String ITEMS_KEY = "bloomfilter_item";
  static final String PROBABILITY_KEY = "bloomfilter_probability";
  static final double PROBABILITY = 0.00057;

  private static final String ITEMS = "number_of_items";
  private static final String WRONG = "probability";

  @Override
  public String type() {
    return "BLOOMFILTER";
  }

  @Override
  public Set<String> aliases() {
    return Set.of("BLOOM_FILTER");
  }

  @Override
  public String detailsName() {
    return "lance.index.pb.BloomFilterIndexDetails";
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
    if (!hashed(field.type())) {
      throw ColumnTypes.wrong(
          field, type(), "integers, floats of 32 or 64 bits, text, bytes, dates or times");
    }
    spec.checkNames(Set.of(ITEMS, WRONG));
    params(spec);
  }

  private static boolean hashed(DataType type) {
    return switch (type) {
      case DataType.Int _,
          DataType.Utf8 _,
          DataType.Binary _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _ ->
          true;
      case DataType.Floating(int bits) -> bits > 16;
      default -> false;
    };
  }

  /// @param items rows of a zone, and values that its filter is made for
  /// @param wrong how often a filter may find what is not there
  record Params(long items, double wrong) {}

  private static Params params(IndexSpec spec) {
    double wrong = spec.decimal(WRONG).orElse(PROBABILITY);
    if (!(wrong > 0 && wrong < 1)) {
      throw new InvalidInputException(
          "index parameter probability: expected=between 0 and 1, found=" + wrong);
    }
    return new Params(spec.number(ITEMS, 1, 1 << 26).orElse((long) Zones.DEFAULT_ROWS), wrong);
  }

  @Override
  public Built build(IndexSource source, IndexSpec spec, IndexFiles into, BuildProgress progress) {
    return build(source, params(spec), into, progress);
  }

  @Override
  public Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    Params params =
        segments.isEmpty()
            ? new Params(Zones.DEFAULT_ROWS, PROBABILITY)
            : ((BloomFilterIndex) segments.getLast()).params();
    return build(added, params, into, progress);
  }

  private static Built build(
      IndexSource source, Params params, IndexFiles into, BuildProgress progress) {
    Schema schema =
        Schema.of(
            Field.required(Zones.FRAGMENT, Types.UINT64),
            Field.required(Zones.START, Types.UINT64),
            Field.required(Zones.LENGTH, Types.UINT64),
            Field.required(HAS_NULL, Types.BOOL),
            Field.required(DATA, Types.BINARY));
    try (DataFileWriter writer = into.create(NAME, schema)) {
      Filters filters = new Filters(params, schema, writer, into);
      RowSet nulls = Zones.build(source, params.items, into, progress, filters);
      filters.write();
      writer.putMetadata(ITEMS_KEY, String.valueOf(params.items));
      writer.putMetadata(PROBABILITY_KEY, String.valueOf(params.wrong));
      int buffer = writer.addGlobalBuffer(MemorySegment.ofArray(nulls.toTreeMap()));
      writer.putMetadata(Zones.NULLS_KEY, String.valueOf(buffer));
      writer.finish();
    }
    return new Built(new byte[0], 0, List.of());
  }

  /// The hash of a value that is not null.
  static long hash(Column values, int row) {
    return XxHash64.hash(KeyValues.bytes(values, row));
  }

  /// Makes the filters, and writes them every few.
  private static final class Filters implements Zones.Builder {
    private static final int WRITE_BYTES = 8 << 20;

    private final Schema schema;
    private final DataFileWriter writer;
    private final IndexFiles into;
    private final int filterBytes;
    private final List<byte[]> done = new ArrayList<>();
    private final List<Long> fragments = new ArrayList<>();
    private final List<Long> starts = new ArrayList<>();
    private final List<Long> lengths = new ArrayList<>();
    private final List<Boolean> hasNulls = new ArrayList<>();
    private byte[] filter;
    private boolean hasNull;

    Filters(Params params, Schema schema, DataFileWriter writer, IndexFiles into) {
      this.schema = schema;
      this.writer = writer;
      this.into = into;
      this.filterBytes = SplitBlockBloom.bytesFor(params.items, params.wrong);
      this.filter = new byte[filterBytes];
    }

    @Override
    public void add(Column values, int from, int to) {
      MemorySegment bits = MemorySegment.ofArray(filter);
      for (int i = from; i < to; i++) {
        if (values.isNull(i)) {
          hasNull = true;
        } else {
          SplitBlockBloom.insert(bits, hash(values, i));
        }
      }
    }

    @Override
    public void end(long fragment, long start, long length) {
      fragments.add(fragment);
      starts.add(start);
      lengths.add(length);
      hasNulls.add(hasNull);
      done.add(filter);
      filter = new byte[filterBytes];
      hasNull = false;
      if ((long) done.size() * filterBytes >= WRITE_BYTES) {
        write();
      }
    }

    void write() {
      int count = done.size();
      if (count == 0) {
        return;
      }
      try (Scratch work = into.context().memory().scratch()) {
        MemorySegment offsets = work.allocateBytes(4L * (count + 1));
        MemorySegment data = work.allocateBytes((long) count * filterBytes);
        MemorySegment nulls = work.allocateBytes((count + 63L) / 64 * 8).fill((byte) 0);
        for (int i = 0; i < count; i++) {
          offsets.set(FixedColumn.INT, 4L * i, i * filterBytes);
          MemorySegment.copy(
              MemorySegment.ofArray(done.get(i)), 0, data, (long) i * filterBytes, filterBytes);
          if (hasNulls.get(i)) {
            long at = i / 64 * 8L;
            nulls.set(FixedColumn.LONG, at, nulls.get(FixedColumn.LONG, at) | 1L << (i % 64));
          }
        }
        offsets.set(FixedColumn.INT, 4L * count, count * filterBytes);
        writer.write(
            new Batch(
                schema,
                count,
                List.of(
                    Numbers.longs(fragments, work),
                    Numbers.longs(starts, work),
                    Numbers.longs(lengths, work),
                    new BoolColumn(Bits.of(nulls, count), null),
                    new VarColumn(Types.BINARY, count, offsets, data, null))));
      }
      fragments.clear();
      starts.clear();
      lengths.clear();
      hasNulls.clear();
      done.clear();
    }
  }

  @Override
  public OpenIndex open(IndexFiles files, IndexEntry entry, Field field) {
    return new BloomFilterIndex(files, field);
  }
}
