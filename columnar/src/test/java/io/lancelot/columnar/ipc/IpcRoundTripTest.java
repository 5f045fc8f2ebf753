package io.lancelot.columnar.ipc;

import static io.lancelot.columnar.RandomData.contents;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.Memory;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.RandomData;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.Values;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IpcRoundTripTest {

  private final RandomData data = RandomData.seeded("IpcRoundTripTest");
  private final Random random = data.random();
  private final Memory memory = Memory.ofLimit(256 << 20);
  private final Scratch scratch = memory.scratch();

  @AfterEach
  void nothingLeaks() {
    scratch.close();
    assertThat(memory.usedBytes()).isZero();
    memory.close();
  }

  static byte[] write(boolean file, Schema schema, List<Batch> batches, Memory memory) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    WritableByteChannel channel = Channels.newChannel(out);
    try (IpcWriter writer =
        file
            ? IpcWriter.file(channel, schema, memory)
            : IpcWriter.stream(channel, schema, memory)) {
      batches.forEach(writer::write);
      writer.finish();
    }
    return out.toByteArray();
  }

  private static void check(IpcReader reader, Schema schema, List<Batch> expected) {
    try (reader) {
      assertThat(reader.schema()).isEqualTo(schema);
      for (Batch batch : expected) {
        Batch found = Objects.requireNonNull(reader.next());
        assertThat(found.rowCount()).isEqualTo(batch.rowCount());
        for (int i = 0; i < schema.fields().size(); i++) {
          assertThat(found.column(i).type()).isEqualTo(schema.fields().get(i).type());
          assertThat(contents(found.column(i)))
              .as(schema.fields().get(i).type().arrowName())
              .isEqualTo(contents(batch.column(i)));
        }
      }
      assertThat(reader.next()).isNull();
      assertThat(reader.next()).isNull();
    }
  }

  private void checkRoundTrip(Schema schema, List<Batch> batches) {
    byte[] stream = write(false, schema, batches, memory);
    check(IpcReader.open("stream", MemorySegment.ofArray(stream), memory), schema, batches);
    var channel = Channels.newChannel(new ByteArrayInputStream(stream));
    check(IpcReader.stream("channel", channel, memory), schema, batches);
    byte[] file = write(true, schema, batches, memory);
    check(IpcReader.open("file", MemorySegment.ofArray(file), memory), schema, batches);
  }

  @Test
  void everyTypeAndEveryTypeInsideEveryOther() {
    for (DataType leaf : RandomData.leaves()) {
      List<DataType> types = new ArrayList<>(RandomData.nested(leaf));
      types.add(leaf);
      List<Field> fields = new ArrayList<>();
      for (DataType type : types) {
        fields.add(new Field("c" + fields.size(), type, true, data.metadata()));
      }
      Schema schema = new Schema(fields, Map.of("k", "v", "empty", ""));
      checkRoundTrip(
          schema,
          List.of(data.batch(schema, data.length(), scratch), data.batch(schema, 3, scratch)));
      scratch.reset();
    }
  }

  @Test
  void randomSchemasAndBatches() {
    for (int round = 0; round < 150; round++) {
      Schema schema = data.schema(4);
      List<Batch> batches = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        int rows = data.length();
        Batch batch = data.batch(schema, rows, scratch);
        int from = random.nextInt(rows + 1);
        batches.add(
            random.nextBoolean() ? batch : batch.slice(from, random.nextInt(rows - from + 1)));
      }
      checkRoundTrip(schema, batches);
      scratch.reset();
    }
  }

  @Test
  void noColumnsNoBatchesNoRows() {
    Schema none = Schema.of(List.of());
    checkRoundTrip(none, List.of());
    checkRoundTrip(none, List.of(new Batch(none, 7, List.of()), new Batch(none, 0, List.of())));
    Schema one = Schema.of(Field.required("a", Types.UTF8));
    checkRoundTrip(one, List.of());
    checkRoundTrip(one, List.of(Batches.concat(one, List.of(), scratch)));
  }

  @Test
  void dictionariesThatChangeFromBatchToBatch() {
    DataType inner = new DataType.Dictionary(Types.INT8, Types.UTF8, false);
    DataType outer = new DataType.Dictionary(Types.INT16, Types.listOf(inner), true);
    Schema schema =
        Schema.of(
            Field.nullable("inner", inner),
            Field.nullable("outer", outer),
            Field.nullable("list", Types.listOf(outer)),
            Field.nullable("inner again", inner));
    List<Batch> batches = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      batches.add(
          batch(
              schema,
              Arrays.asList("a", "b" + i % 4, null),
              Arrays.asList(List.of("x", "y" + i % 5), null, Arrays.asList("z", null)),
              Arrays.asList(List.of(List.of("p" + i % 3)), null, List.of()),
              Arrays.asList("c", "b" + i % 2, "a")));
    }
    checkRoundTrip(schema, batches);
  }

  @Test
  void aStreamStartsADictionaryAnewWhenItsIndexIsTooNarrowAFileRefuses() {
    DataType type = new DataType.Dictionary(Types.INT8, Types.INT32, false);
    Schema schema = Schema.of(Field.nullable("a", type));
    List<Batch> batches = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      List<@Nullable Object> values = new ArrayList<>();
      for (int j = 0; j < 100; j++) {
        values.add(j % 7 == 0 ? null : i * 50 + j);
      }
      batches.add(batch(schema, values));
    }
    byte[] stream = write(false, schema, batches, memory);
    check(IpcReader.open("stream", MemorySegment.ofArray(stream), memory), schema, batches);
    assertThatThrownBy(() -> write(true, schema, batches, memory))
        .isInstanceOf(ResourceExhaustedException.class)
        .hasMessageMatching(
            "too many dictionary values for an Arrow IPC file: found=\\d+ in"
                + " dictionary<values=int32, indices=int8, ordered=0>; use a wider index type");
  }

  @Test
  void dictionaryValuesThatLookAlikeStayApart() {
    DataType type = new DataType.Dictionary(Types.INT32, Types.DATE64, false);
    Schema schema = Schema.of(Field.nullable("a", type));
    var ticks = scratch.allocateFrom(FixedColumn.LONG, 1, 2, 86_400_000);
    var values = new FixedColumn(Types.DATE64, 3, ticks, null);
    var indices =
        new FixedColumn(Types.INT32, 3, scratch.allocateFrom(FixedColumn.INT, 2, 1, 0), null);
    Column column = new DictionaryColumn((DataType.Dictionary) type, indices, values);
    byte[] file = write(true, schema, List.of(new Batch(schema, 3, List.of(column))), memory);
    try (IpcReader reader = IpcReader.open("file", MemorySegment.ofArray(file), memory)) {
      Batch batch = Objects.requireNonNull(reader.next());
      Column read = batch.column(0);
      assertThat(List.of(Values.key(read, 0), Values.key(read, 1), Values.key(read, 2)))
          .isEqualTo(List.of(86_400_000L, 2L, 1L));
    }
  }

  @Test
  void nullsAmongDictionaryValuesBecomeNullsOfTheColumn() {
    DataType type = new DataType.Dictionary(Types.INT8, Types.UTF8, false);
    Schema schema = Schema.of(Field.nullable("a", type));
    ColumnBuilder values = ColumnBuilder.of(Types.UTF8, scratch);
    Arrays.asList("x", null).forEach(values::append);
    ColumnBuilder indices = ColumnBuilder.of(Types.INT8, scratch);
    Arrays.asList(1, 0, null, 1).forEach(indices::append);
    Column column =
        new DictionaryColumn(
            (DataType.Dictionary) type, (FixedColumn) indices.build(), values.build());
    byte[] file = write(false, schema, List.of(new Batch(schema, 4, List.of(column))), memory);
    try (IpcReader reader = IpcReader.open("file", MemorySegment.ofArray(file), memory)) {
      Batch batch = Objects.requireNonNull(reader.next());
      assertThat(contents(batch.column(0))).isEqualTo(Arrays.asList(null, "x", null, null));
      assertThat(batch.column(0).nullCount()).isEqualTo(3);
    }
  }

  @Test
  void vectorsInAFloatArrayAreWritten() {
    Schema schema = Schema.of(Field.nullable("v", Types.vector(2)));
    var items =
        new FixedColumn(Types.FLOAT32, 4, MemorySegment.ofArray(new float[] {1, 2, 3, 4}), null);
    checkRoundTrip(
        schema,
        List.of(
            new Batch(schema, 2, List.of(new FixedListColumn(Types.vector(2), 2, items, null)))));
  }

  @Test
  void theSameBatchesAreTheSameBytes() {
    Schema schema =
        Schema.of(new Field("a", Types.INT32, true, Map.of("x", "1", "y", "2", "z", "3")));
    Batch batch = data.batch(schema, 9, scratch);
    assertThat(write(true, schema, List.of(batch), memory))
        .isEqualTo(write(true, schema, List.of(batch), memory));
  }

  @Test
  void aBatchIsDeadAfterTheNextPull() {
    Schema schema = Schema.of(Field.nullable("a", Types.INT32));
    Batch batch = data.batch(schema, 9, scratch);
    byte[] stream = write(false, schema, List.of(batch, batch), memory);
    var channel = Channels.newChannel(new ByteArrayInputStream(stream));
    try (IpcReader reader = IpcReader.stream("channel", channel, memory)) {
      Batch first = Objects.requireNonNull(reader.next());
      reader.next();
      assertThatThrownBy(() -> ((FixedColumn) first.column(0)).intAt(0))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void aFailedWriteIsSaidAndNothingFollowsIt() {
    Schema schema = Schema.of(Field.nullable("a", Types.INT32));
    Batch batch = data.batch(schema, 9, scratch);
    WritableByteChannel full =
        new WritableByteChannel() {
          private int left = 400;

          @Override
          public int write(ByteBuffer source) throws IOException {
            left -= source.remaining();
            if (left < 0) {
              throw new IOException("no space left on device");
            }
            int bytes = source.remaining();
            source.position(source.limit());
            return bytes;
          }

          @Override
          public boolean isOpen() {
            return true;
          }

          @Override
          public void close() {}
        };
    try (IpcWriter writer = IpcWriter.stream(full, schema, memory)) {
      assertThatThrownBy(
              () -> {
                writer.write(batch);
                writer.write(batch);
              })
          .isInstanceOf(StorageException.class)
          .hasMessage("cannot write Arrow IPC: no space left on device");
      assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> writer.write(batch))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("an earlier write of this Arrow IPC output failed");
    }
  }

  private Batch batch(Schema schema, List<? extends @Nullable Object>... columns) {
    List<Column> built = new ArrayList<>();
    for (int i = 0; i < columns.length; i++) {
      ColumnBuilder builder = ColumnBuilder.of(schema.fields().get(i).type(), scratch);
      columns[i].forEach(builder::append);
      built.add(builder.build());
    }
    return new Batch(schema, columns[0].size(), built);
  }
}
