package io.lancelot.columnar;

import static io.lancelot.columnar.RandomData.contents;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.Memory;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Slices, gathers, concatenations and copies of random columns against lists of Java objects.
class ColumnsTest {

  private final RandomData data = RandomData.seeded("ColumnsTest");
  private final Random random = data.random();
  private final Memory memory = Memory.ofLimit(256 << 20);
  private final Scratch scratch = memory.scratch();

  @AfterEach
  void nothingLeaks() {
    scratch.close();
    assertThat(memory.usedBytes()).isZero();
    memory.close();
  }

  /// Every type at every length that is an edge, then random ones.
  private List<DataType> types() {
    List<DataType> types = new ArrayList<>();
    for (DataType leaf : RandomData.leaves()) {
      types.add(leaf);
      types.addAll(RandomData.nested(leaf));
    }
    for (int i = 0; i < 150; i++) {
      types.add(data.type(4));
    }
    return types;
  }

  @Test
  void buildsWhatItWasGiven() {
    for (DataType type : types()) {
      var sample = data.sample(type, data.length(), scratch);
      assertSame(sample.column(), type, sample.values());
      scratch.reset();
    }
  }

  @Test
  void slices() {
    for (DataType type : types()) {
      var sample = data.sample(type, data.length(), scratch);
      int length = sample.column().length();
      for (int i = 0; i < 3; i++) {
        int from = random.nextInt(length + 1);
        int count = random.nextInt(length - from + 1);
        Column slice = sample.column().slice(from, count);
        assertSame(slice, type, sample.values().subList(from, from + count));
        assertSame(
            slice.slice(count / 2, count - count / 2),
            type,
            sample.values().subList(from + count / 2, from + count));
      }
      assertThatThrownBy(() -> sample.column().slice(1, length))
          .as(type.arrowName())
          .isInstanceOf(IndexOutOfBoundsException.class);
      scratch.reset();
    }
  }

  @Test
  void gathers() {
    for (DataType type : types()) {
      var sample = data.sample(type, data.length(), scratch);
      int length = sample.column().length();
      int[] rows = new int[random.nextInt(80)];
      boolean missing = random.nextBoolean() || length == 0;
      List<@Nullable Object> expected = new ArrayList<>();
      for (int i = 0; i < rows.length; i++) {
        rows[i] = missing && random.nextInt(3) == 0 || length == 0 ? -1 : random.nextInt(length);
        expected.add(rows[i] < 0 ? null : sample.values().get(rows[i]));
      }
      int count = random.nextInt(rows.length + 1);
      Column gathered = Columns.gather(sample.column(), rows, count, scratch);
      assertSame(gathered, type, expected.subList(0, count));
      scratch.reset();
    }
  }

  @Test
  void concatenates() {
    for (DataType type : types()) {
      List<Column> parts = new ArrayList<>();
      List<@Nullable Object> expected = new ArrayList<>();
      for (int i = random.nextInt(5); i > 0; i--) {
        var sample = data.sample(type, data.length(), scratch);
        parts.add(sample.column());
        expected.addAll(sample.values());
      }
      assertSame(Columns.concat(type, parts, scratch), type, expected);
      scratch.reset();
    }
  }

  @Test
  void copies() {
    for (DataType type : types()) {
      var sample = data.sample(type, data.length(), scratch);
      try (Scratch other = memory.scratch()) {
        Column copy = Columns.copy(sample.column(), other);
        scratch.reset();
        assertSame(copy, type, sample.values());
      }
    }
  }

  @Test
  void makesNullsOfEveryType() {
    for (DataType type : types()) {
      int length = data.length();
      assertSame(
          Columns.nulls(type, length, scratch),
          type,
          Collections.nCopies(length, (@Nullable Object) null));
      assertSame(Columns.empty(type), type, List.of());
      scratch.reset();
    }
  }

  @Test
  void keysTellValuesApartAsTheirBytesDo() {
    for (DataType type : types()) {
      var sample = data.sample(type, 20, scratch);
      Column copy = Columns.copy(sample.column(), scratch);
      for (int i = 0; i < 20; i++) {
        assertThat(Values.key(copy, i)).isEqualTo(Values.key(sample.column(), i));
      }
      scratch.reset();
    }
    Column dates = fixed(Types.DATE64, 0, 1, 0);
    assertThat(Values.key(dates, 0)).isEqualTo(Values.key(dates, 2));
    assertThat(Values.key(dates, 0)).isNotEqualTo(Values.key(dates, 1));
    assertThat(Values.at(dates, 0)).isEqualTo(Values.at(dates, 1));
  }

  @Test
  void concatenatesDictionariesByMergingEqualValuesWhenTheIndexIsTooNarrow() {
    DataType type = new DataType.Dictionary(Types.INT8, Types.UTF8, false);
    List<Column> parts = new ArrayList<>();
    List<@Nullable Object> expected = new ArrayList<>();
    for (int part = 0; part < 10; part++) {
      List<@Nullable Object> values = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        values.add(random.nextInt(9) == 0 ? null : "value " + random.nextInt(100));
      }
      parts.add(build(type, values));
      expected.addAll(values);
    }
    Column all = Columns.concat(type, parts, scratch);
    assertSame(all, type, expected);
    assertThat(((DictionaryColumn) all).values().length()).isLessThanOrEqualTo(100);
  }

  @Test
  void refusesMoreDictionaryValuesThanTheIndexTellsApart() {
    DataType type = new DataType.Dictionary(Types.INT8, Types.INT32, false);
    List<Column> parts = new ArrayList<>();
    for (int part = 0; part < 2; part++) {
      List<@Nullable Object> values = new ArrayList<>();
      for (int i = 0; i < 65; i++) {
        values.add(part * 1000 + i);
      }
      parts.add(build(type, values));
    }
    assertThatThrownBy(() -> Columns.concat(type, parts, scratch))
        .isInstanceOf(ResourceExhaustedException.class)
        .hasMessage(
            "too many dictionary values under 8-bit indices: found=130; use smaller batches");
    assertThat(Columns.concat(type, List.of(parts.get(0), parts.get(0)), scratch).length())
        .isEqualTo(130);
  }

  @Test
  void refusesResultsBeyondTwoBillionWithFigures(@TempDir Path folder) throws IOException {
    // One value of 1 GiB, asked for three times: 32-bit offsets end before.
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment offsets = arena.allocate(8);
      offsets.set(FixedColumn.INT, 4, 1 << 30);
      var big =
          new VarColumn(Types.BINARY, 1, offsets, RandomData.sparse(folder, 1 << 30, arena), null);
      assertThatThrownBy(() -> Columns.gather(big, new int[3], 3, arena))
          .isInstanceOf(ResourceExhaustedException.class)
          .hasMessage("too many items under 32-bit offsets: found=2147483648; use smaller batches");
      assertThatThrownBy(() -> Columns.concat(Types.BINARY, List.of(big, big), arena))
          .isInstanceOf(ResourceExhaustedException.class)
          .hasMessageContaining("found=2147483648");
    }
    Column half = new NullColumn(1 << 30);
    assertThatThrownBy(() -> Columns.concat(Types.NULL, List.of(half, half), scratch))
        .isInstanceOf(ResourceExhaustedException.class);
    DataType wide = new DataType.FixedSizeList(Field.nullable("item", Types.NULL), 1 << 20);
    assertThatThrownBy(() -> Columns.nulls(wide, 1 << 12, scratch))
        .isInstanceOf(ResourceExhaustedException.class)
        .hasMessage("too many values in one batch: found=4294967296; use smaller batches");
    Column column = Columns.nulls(wide, 4, scratch);
    assertThatThrownBy(() -> Columns.gather(column, new int[1 << 12], 1 << 12, scratch))
        .isInstanceOf(ResourceExhaustedException.class);
    Schema schema = Schema.of(List.of());
    Batch rows = new Batch(schema, 1 << 30, List.of());
    assertThatThrownBy(() -> Batches.concat(schema, List.of(rows, rows), scratch))
        .isInstanceOf(ResourceExhaustedException.class);
  }

  @Test
  void decodesDictionaries() {
    DataType type = new DataType.Dictionary(Types.UINT8, Types.UTF8, false);
    Column column = build(type, Arrays.asList("a", null, "b", "a"));
    assertSame(
        Columns.decodeDictionary(column, scratch), Types.UTF8, Arrays.asList("a", null, "b", "a"));
    Column plain = build(Types.UTF8, Arrays.asList("a", null));
    assertThat(Columns.decodeDictionary(plain, scratch)).isSameAs(plain);
  }

  @Test
  void gatheredDictionariesOutliveTheirSource() {
    DataType type = new DataType.Dictionary(Types.UINT8, Types.UTF8, false);
    Column gathered;
    try (Arena arena = Arena.ofConfined()) {
      ColumnBuilder builder = ColumnBuilder.of(type, arena);
      Arrays.asList("a", null, "b", "c", "a").forEach(builder::append);
      gathered =
          Columns.gather(builder.build(), new int[] {3, 1, Columns.NO_ROW, 0, 4}, 5, scratch);
    }
    assertSame(gathered, type, Arrays.asList("c", null, null, "a", "a"));
    assertThat(((DictionaryColumn) gathered).values().length()).isEqualTo(2);
  }

  @Test
  void batchesWithoutColumnsKeepTheirRows() {
    Schema schema = Schema.of(List.of());
    Batch batch = new Batch(schema, 5, List.of());
    assertThat(batch.slice(1, 3).rowCount()).isEqualTo(3);
    assertThat(Batches.concat(schema, List.of(batch, batch), scratch).rowCount()).isEqualTo(10);
    assertThat(Batches.gather(batch, new int[] {4, 0}, 2, scratch).rowCount()).isEqualTo(2);
    assertThat(Batches.concat(schema, List.of(), scratch).rowCount()).isZero();
  }

  @Test
  void columnsRefuseWhatDoesNotFitTogether() {
    MemorySegment four = MemorySegment.ofArray(new byte[4]);
    assertThatThrownBy(() -> new FixedColumn(Types.INT32, 2, four, null))
        .hasMessage("values bytes: expected>=8, found=4");
    assertThatThrownBy(() -> new FixedColumn(Types.INT32, -1, four, null))
        .hasMessage("column length: found=-1");
    assertThatThrownBy(() -> new FixedColumn(Types.INT32, 1, four, Bits.of(four, 2)))
        .hasMessage("validity bits: expected=1, found=2");
    assertThatThrownBy(() -> new VarColumn(Types.UTF8, 1, four, four, null))
        .hasMessage("offsets bytes: expected>=8, found=4");
    assertThatThrownBy(() -> new VarColumn(Types.INT32, 0, four, four, null))
        .hasMessage("not a variable-width type: int32");
    assertThatThrownBy(() -> new FixedListColumn(Types.vector(2), 2, new NullColumn(3), null))
        .hasMessage("list items: expected=4, found=3");
    Column one = new FixedColumn(Types.INT32, 1, four, null);
    assertThatThrownBy(
            () -> new Batch(Schema.of(Field.nullable("a", Types.INT32)), 2, List.of(one)))
        .hasMessage("column rows: expected=2, found=1");
    var dictionary = new DataType.Dictionary(Types.INT8, Types.INT32, false);
    assertThatThrownBy(() -> new DictionaryColumn(dictionary, (FixedColumn) one, one))
        .hasMessage("dictionary indices: expected=int8, found=int32");
  }

  private Column build(DataType type, List<@Nullable Object> values) {
    ColumnBuilder builder = ColumnBuilder.of(type, scratch);
    values.forEach(builder::append);
    return builder.build();
  }

  private FixedColumn fixed(DataType type, long... values) {
    SegmentAllocator allocator = scratch;
    MemorySegment segment = allocator.allocateFrom(FixedColumn.LONG, values);
    return new FixedColumn(type, values.length, segment, null);
  }

  private static void assertSame(Column column, DataType type, List<@Nullable Object> expected) {
    assertThat(column.type()).isEqualTo(type);
    assertThat(column.length()).isEqualTo(expected.size());
    assertThat(contents(column)).as(type.arrowName()).isEqualTo(contents(expected));
    int nulls = 0;
    for (int i = 0; i < expected.size(); i++) {
      assertThat(column.isNull(i)).isEqualTo(expected.get(i) == null);
      nulls += expected.get(i) == null ? 1 : 0;
    }
    assertThat(column.nullCount()).isEqualTo(nulls);
  }
}
