package io.lancelot.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.proto.RepDefLayer;
import io.lancelot.storage.MemoryStore;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectStore;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DataFileWriterTest {

  private static final Schema EXAMPLE =
      Schema.of(Field.nullable("a", Types.INT32), Field.nullable("s", Types.UTF8));

  private final ObjectStore store = MemoryStore.create();
  private final Memory memory = Memory.ofLimit(256 << 20);

  private static FixedColumn ints(int... values) {
    return new FixedColumn(Types.INT32, values.length, MemorySegment.ofArray(values), null);
  }

  private static Batch example() {
    VarColumn text =
        new VarColumn(
            Types.UTF8,
            3,
            MemorySegment.ofArray(new int[] {0, 1, 1, 3}),
            MemorySegment.ofArray("xzz".getBytes(StandardCharsets.UTF_8)),
            Bits.of(MemorySegment.ofArray(new byte[] {0b101}), 3));
    return new Batch(EXAMPLE, 3, List.of(ints(1, 2, 3), text));
  }

  private byte[] write(Schema schema, FileVersion version, Batch... batches) {
    try (DataFileWriter writer =
        DataFileWriter.create(
            store.create("f.lance"), LanceSchema.of(schema, 0), version, memory)) {
      for (Batch batch : batches) {
        writer.write(batch);
      }
      DataFileWriter.Summary summary = writer.finish();
      try (ObjectReader reader = store.open("f.lance");
          Arena arena = Arena.ofConfined()) {
        assertThat(summary.sizeBytes()).isEqualTo(reader.sizeBytes());
        return reader.view(0, reader.sizeBytes(), arena).toArray(ValueLayout.JAVA_BYTE);
      }
    }
  }

  private static String hex(byte[] file, int from, int to) {
    return HexFormat.of().formatHex(file, from, to);
  }

  /// The worked example of lance-format section 1.7, byte for byte except the file's metadata.
  @Test
  void writesTheWorkedExample() {
    byte[] file = write(EXAMPLE, FileVersion.V2_1, example());

    assertThat(hex(file, 0, 2)).isEqualTo("2000");
    assertThat(hex(file, 2, 64)).matches("(48)+");
    assertThat(hex(file, 0x40, 0x58)).isEqualTo("00000c00fefefefe010000000200000003000000fefefefe");
    assertThat(hex(file, 0x80, 0x82)).isEqualTo("4000");
    assertThat(hex(file, 0xc0, 0xe8))
        .isEqualTo(
            "030006001400fefe"
                + "000001000000fefe"
                + "10000000110000001100000013000000"
                + "787a7a48fefefefe");
    assertThat(hex(file, file.length - 8, file.length)).isEqualTo("020001004c414e43");
    assertThat(file).hasSizeLessThan(700);
  }

  @Test
  void widensChunkHeadersInVersion22() {
    byte[] file = write(EXAMPLE, FileVersion.V2_2, example());

    assertThat(hex(file, 0x80, 0x84)).isEqualTo("40000000");
    assertThat(hex(file, 0xc0, 0xc8)).isEqualTo("0300060014000000");
  }

  @ParameterizedTest
  @EnumSource(names = {"V2_1", "V2_2"})
  void placesTablesBeforeTheFooter(FileVersion version) {
    byte[] file = write(EXAMPLE, version, example());
    MemorySegment bytes = MemorySegment.ofArray(file);
    long footer = file.length - 40;
    long columns = bytes.get(FixedColumn.LONG, footer);
    long columnTable = bytes.get(FixedColumn.LONG, footer + 8);
    long bufferTable = bytes.get(FixedColumn.LONG, footer + 16);

    assertThat(bytes.get(FixedColumn.INT, footer + 24)).isEqualTo(1);
    assertThat(bytes.get(FixedColumn.INT, footer + 28)).isEqualTo(2);
    assertThat(columnTable + 2 * 16).isEqualTo(bufferTable);
    assertThat(bufferTable + 16).isEqualTo(footer);
    assertThat(bytes.get(FixedColumn.LONG, columnTable)).isEqualTo(columns);
    assertThat(bytes.get(FixedColumn.LONG, bufferTable) % 64).isZero();
  }

  @Test
  void writesTheSameFileWithThreadsBeside() {
    Batch[] batches = new Batch[400];
    java.util.Arrays.fill(batches, example());
    byte[] alone = write(EXAMPLE, FileVersion.V2_2, batches);
    try (io.lancelot.base.Context context = io.lancelot.base.Context.ofMemory(256 << 20);
        DataFileWriter writer =
            DataFileWriter.create(
                store.create("threads.lance"),
                LanceSchema.of(EXAMPLE, 0),
                FileVersion.V2_2,
                context)) {
      for (Batch batch : batches) {
        writer.write(batch);
      }
      writer.finish();
    }
    try (ObjectReader reader = store.open("threads.lance");
        Arena arena = Arena.ofConfined()) {
      assertThat(reader.view(0, reader.sizeBytes(), arena).toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(alone);
    }
  }

  @Test
  void writesFilesWithoutRows() {
    assertThat(write(EXAMPLE, FileVersion.V2_2)).isNotEmpty();
  }

  /// All four situations of a nullable list of nullable items: lance-format section 2.2.2.
  @Test
  void countsLevelsFromTheInside() {
    DataType type = Types.listOf(Types.INT32);
    ListColumn list =
        new ListColumn(
            type,
            4,
            MemorySegment.ofArray(new int[] {0, 2, 4, 4, 5}),
            ints(1, 2, 3, 4, 5),
            Bits.of(MemorySegment.ofArray(new byte[] {0b1101}), 4));
    LevelItems items = LevelItems.rows(4).mark(list.validity(), 1).expand(list, 1, 2);
    LevelItems leaf = items.mark(Bits.of(MemorySegment.ofArray(new byte[] {0b11101}), 5), 3);

    assertThat(leaf.starts()).containsExactly(0, 1, 0, 0, 0);
    assertThat(leaf.defs()).containsExactly(0, 3, 1, 2, 0);
    assertThat(leaf.positions()).containsExactly(0, 1, 4);
    LevelStreams levels =
        LevelStreams.of(
            List.of(
                new LevelLayer(LevelLayer.Kind.LIST, 1, true, "c"),
                new LevelLayer(LevelLayer.Kind.ITEM, 3, true, "c.item")),
            5,
            MemorySegment.ofArray(leaf.starts()),
            MemorySegment.ofArray(leaf.defs()));
    assertThat(levels.layers())
        .containsExactly(RepDefLayer.REPDEF_NULLABLE_ITEM, RepDefLayer.REPDEF_NULL_AND_EMPTY_LIST);
    assertThat(levels.rep().toArray(FixedColumn.SHORT)).containsExactly(1, 0, 1, 1, 1);
    assertThat(levels.def().toArray(FixedColumn.SHORT)).containsExactly(0, 1, 2, 3, 0);
    assertThat(levels.maxVisibleDef()).isEqualTo(1);
  }

  @Test
  void refusesNullsInRequiredFieldsAndLeavesNothing() {
    Schema schema = Schema.of(Field.required("a", Types.INT32));
    FixedColumn nulls =
        new FixedColumn(
            Types.INT32,
            2,
            MemorySegment.ofArray(new int[2]),
            Bits.of(MemorySegment.ofArray(new byte[] {1}), 2));
    try (DataFileWriter writer =
        DataFileWriter.create(
            store.create("bad.lance"), LanceSchema.of(schema, 0), FileVersion.V2_2, memory)) {
      assertThatThrownBy(() -> writer.write(new Batch(schema, 2, List.of(nulls))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage("null in a non-nullable field: expected=no nulls (column=a)");
      assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
    }
    assertThat(store.size("bad.lance")).isEmpty();
    assertThat(memory.usedBytes()).isZero();
  }

  @Test
  void namesWhatAVersionCannotStore() {
    DataType map =
        new DataType.MapOf(
            Field.required(
                "entries",
                new DataType.Struct(
                    List.of(
                        Field.required("key", Types.UTF8), Field.nullable("value", Types.INT32)))),
            false);
    assertThatThrownBy(() -> write(Schema.of(Field.nullable("m", map)), FileVersion.V2_1))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("version 2.1")
        .hasMessageContaining("map")
        .hasMessageContaining("column=m");
  }

  @Test
  void refusesOptionsItDoesNotKnow() {
    Field field = new Field("a", Types.INT32, true, Map.of("lance-encoding:compression", "brotli"));
    assertThatThrownBy(() -> write(Schema.of(field), FileVersion.V2_2))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("brotli");
    Field blob = new Field("a", Types.INT32, true, Map.of("lance-encoding:blob", "true"));
    assertThatThrownBy(() -> write(Schema.of(blob), FileVersion.V2_2))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("type of a blob column: expected=large_binary, found=int32 (column=a)");
  }

  /// What could not be read again is not written.
  @Test
  void refusesValuesThatTheirTypeDoesNotAllow() {
    Schema times = Schema.of(Field.nullable("t", new DataType.Time(DataType.TimeUnit.MILLISECOND)));
    var late =
        new FixedColumn(
            times.fields().getFirst().type(),
            2,
            MemorySegment.ofArray(new int[] {86_399_999, 86_400_000}),
            null);
    assertThatThrownBy(() -> write(times, FileVersion.V2_2, new Batch(times, 2, List.of(late))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("time value: expected=0 to 86399999, found=86400000 (column=t)");
    Bits firstOnly = Bits.of(MemorySegment.ofArray(new byte[] {1}), 2);
    var absent = new FixedColumn(late.type(), 2, late.data(), firstOnly);
    assertThat(write(times, FileVersion.V2_2, new Batch(times, 2, List.of(absent)))).isNotEmpty();

    Schema texts = Schema.of(Field.nullable("s", Types.UTF8));
    var torn =
        new VarColumn(
            Types.UTF8,
            1,
            MemorySegment.ofArray(new int[] {0, 1}),
            MemorySegment.ofArray(new byte[] {(byte) 0xC3}),
            null);
    assertThatThrownBy(() -> write(texts, FileVersion.V2_1, new Batch(texts, 1, List.of(torn))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("text value: expected=UTF-8, found=other bytes (column=s)");
  }

  /// The format has no place for it, and the real Lance loses it without a word.
  @Test
  void refusesNullsInPackedStructs() {
    DataType.Struct type = new DataType.Struct(List.of(Field.nullable("x", Types.INT32)));
    Schema schema = Schema.of(new Field("p", type, true, Map.of("lance-encoding:packed", "true")));
    FixedColumn child =
        new FixedColumn(
            Types.INT32,
            2,
            MemorySegment.ofArray(new int[] {7, 8}),
            Bits.of(MemorySegment.ofArray(new byte[] {1}), 2));
    StructColumn nullField = new StructColumn(type, 2, List.of(child), null);
    StructColumn nullStruct =
        new StructColumn(
            type, 2, List.of(child), Bits.of(MemorySegment.ofArray(new byte[] {1}), 2));

    assertThatThrownBy(
            () -> write(schema, FileVersion.V2_1, new Batch(schema, 2, List.of(nullField))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("null in a field of a packed struct")
        .hasMessageContaining("column=p.x");
    assertThat(write(schema, FileVersion.V2_1, new Batch(schema, 2, List.of(nullStruct))))
        .isNotEmpty();
  }

  @Test
  void refusesBatchesOfOtherTypes() {
    Schema schema = Schema.of(Field.nullable("a", Types.INT64));
    Column column = ints(1);
    Batch batch = new Batch(Schema.of(Field.nullable("a", Types.INT32)), 1, List.of(column));
    assertThatThrownBy(() -> write(schema, FileVersion.V2_2, batch))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("column type mismatch: expected=int64, found=int32 (column=a)");
  }
}
