package io.lancelot.columnar.ipc;

import static io.lancelot.columnar.RandomData.contents;
import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.RandomData;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.ArrowWriter;
import org.apache.arrow.vector.util.ByteArrayReadableSeekableByteChannel;
import org.apache.arrow.vector.validate.ValidateVectorBufferVisitor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What we write is read, validated and written again by Arrow Java, and read by us: the values
/// must survive, and Arrow Java must see the types we meant.
class ArrowJavaTest {

  private final RandomData data = RandomData.seeded("ArrowJavaTest");
  private final Memory memory = Memory.ofLimit(256 << 20);
  private final Scratch scratch = memory.scratch();
  private final RootAllocator allocator = new RootAllocator();

  @AfterEach
  void nothingLeaks() {
    scratch.close();
    assertThat(memory.usedBytes()).isZero();
    memory.close();
    allocator.close();
  }

  /// The types of Lance, with what Arrow Java calls them.
  private static Map<DataType, String> leaves() {
    Map<DataType, String> names = new java.util.LinkedHashMap<>();
    for (DataType type : RandomData.leaves()) {
      String name =
          switch (type) {
            case DataType.Null _ -> "Null";
            case DataType.Bool _ -> "Bool";
            case DataType.Int(int bits, boolean signed) -> "Int(" + bits + ", " + signed + ")";
            case DataType.Floating(int bits) ->
                "FloatingPoint(" + (bits == 16 ? "HALF" : bits == 32 ? "SINGLE" : "DOUBLE") + ")";
            case DataType.Decimal(int bits, int precision, int scale) ->
                "Decimal(" + precision + ", " + scale + ", " + bits + ")";
            case DataType.Utf8(boolean large) -> large ? "LargeUtf8" : "Utf8";
            case DataType.Binary(boolean large) -> large ? "LargeBinary" : "Binary";
            case DataType.FixedSizeBinary(int width) -> "FixedSizeBinary(" + width + ")";
            case DataType.Date(var unit) -> "Date(" + unit + ")";
            case DataType.Time(var unit) ->
                "Time(" + unit + ", " + (unit.digits() <= 3 ? 32 : 64) + ")";
            case DataType.Timestamp(var unit, var zone) ->
                "Timestamp(" + unit + ", " + zone.orElse("null") + ")";
            case DataType.Duration(var unit) -> "Duration(" + unit + ")";
            case DataType.ListOf _,
                DataType.FixedSizeList _,
                DataType.Struct _,
                DataType.MapOf _,
                DataType.Dictionary _ ->
                throw new IllegalStateException(type.arrowName());
          };
      if (!type.equals(new DataType.FixedSizeBinary(0))) {
        names.put(type, name);
      }
    }
    return names;
  }

  @Test
  void arrowJavaSeesTheTypesWeMean() throws Exception {
    for (var entry : leaves().entrySet()) {
      Schema schema =
          new Schema(
              List.of(
                  new Field("plain", entry.getKey(), true, Map.of("k", "v")),
                  Field.required("required", entry.getKey()),
                  Field.nullable("list", Types.listOf(entry.getKey()))),
              Map.of("schema", "metadata"));
      byte[] bytes = IpcRoundTripTest.write(false, schema, List.of(), memory);
      try (var reader = new ArrowStreamReader(new ByteArrayInputStream(bytes), allocator)) {
        var seen = reader.getVectorSchemaRoot().getSchema();
        assertThat(seen.getCustomMetadata()).isEqualTo(schema.metadata());
        var plain = seen.findField("plain");
        assertThat(plain.getType().toString()).isEqualTo(entry.getValue());
        assertThat(plain.isNullable()).isTrue();
        assertThat(plain.getMetadata()).isEqualTo(Map.of("k", "v"));
        assertThat(seen.findField("required").isNullable()).isFalse();
        assertThat(seen.findField("list").getChildren().getFirst().getType().toString())
            .isEqualTo(entry.getValue());
      }
    }
  }

  @Test
  void everyTypeThereAndBack() throws Exception {
    for (DataType leaf : leaves().keySet()) {
      List<Field> fields = new ArrayList<>();
      fields.add(Field.nullable("leaf", leaf));
      for (DataType type : RandomData.nested(leaf)) {
        // Arrow Java knows no lists of size zero.
        if (!(type instanceof DataType.FixedSizeList list && list.size() == 0)) {
          fields.add(Field.nullable("c" + fields.size(), type));
        }
      }
      Schema schema = Schema.of(fields);
      int rows = data.length();
      // One batch: Arrow Java reads no dictionary deltas.
      checkThereAndBack(schema, List.of(data.batch(schema, rows, scratch)));
      scratch.reset();
    }
  }

  @Test
  void severalBatches() throws Exception {
    List<Field> fields = new ArrayList<>();
    for (DataType leaf : leaves().keySet()) {
      fields.add(Field.nullable("c" + fields.size(), leaf));
    }
    Schema schema = Schema.of(fields);
    List<Batch> batches = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      batches.add(data.batch(schema, data.length(), scratch));
    }
    checkThereAndBack(schema, batches);
  }

  private void checkThereAndBack(Schema schema, List<Batch> batches) throws Exception {
    for (boolean file : new boolean[] {false, true}) {
      byte[] ours = IpcRoundTripTest.write(file, schema, batches, memory);
      byte[] theirs;
      try (ArrowReader reader =
          file
              ? new ArrowFileReader(new ByteArrayReadableSeekableByteChannel(ours), allocator)
              : new ArrowStreamReader(new ByteArrayInputStream(ours), allocator)) {
        theirs = rewrite(reader, file);
      }
      try (IpcReader reader = IpcReader.open("theirs", MemorySegment.ofArray(theirs), memory)) {
        for (Batch batch : batches) {
          Batch found = Objects.requireNonNull(reader.next());
          for (int i = 0; i < schema.fields().size(); i++) {
            assertThat(found.column(i).type().arrowName())
                .isEqualTo(schema.fields().get(i).type().arrowName());
            assertThat(contents(found.column(i)))
                .as(schema.fields().get(i).type().arrowName())
                .isEqualTo(contents(batch.column(i)));
          }
        }
        assertThat(reader.next()).isNull();
      }
    }
  }

  private static byte[] rewrite(ArrowReader reader, boolean file) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    VectorSchemaRoot root = reader.getVectorSchemaRoot();
    ArrowWriter writer = null;
    try {
      while (reader.loadNextBatch()) {
        root.getFieldVectors().forEach(ArrowJavaTest::validate);
        if (writer == null) {
          writer =
              file
                  ? new ArrowFileWriter(root, reader, Channels.newChannel(out))
                  : new ArrowStreamWriter(root, reader, out);
          writer.start();
        }
        writer.writeBatch();
      }
    } finally {
      if (writer != null) {
        writer.end();
        writer.close();
      }
    }
    return out.toByteArray();
  }

  private static void validate(FieldVector vector) {
    try {
      vector.accept(new ValidateVectorBufferVisitor(), null);
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      // Its checks do not know all of its types, such as half floats. Failed ones are of a type of
      // their own.
      assertThat(e.getMessage() == null ? "Unknown type" : e.getMessage()).contains("Unknown type");
    }
  }
}
