package io.lancelot.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.file.proto.ColumnMetadata;
import io.lancelot.file.proto.Encodings20;
import io.lancelot.file.proto.Encodings20.ArrayEncoding;
import io.lancelot.file.proto.Field;
import io.lancelot.file.proto.FileDescriptor;
import io.lancelot.file.proto.FileSchema;
import io.lancelot.file.proto.StoredEncoding;
import io.lancelot.kernels.BitPacking;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Encodings of version 2.0 that releases wrote only when told to, in files made here byte by byte,
/// and pages that claim what is not there.
class Version20EncodingsTest {

  private static final long SEED = Long.getLong("lancelot.seed", 20261121L);

  @ParameterizedTest
  @CsvSource({
    "int8,8,1",
    "int8,8,7",
    "int16,16,9",
    "int32,32,5",
    "int32,32,17",
    "int64,64,3",
    "int64,64,33",
    "int64,64,57",
    "int64,64,61",
    "int64,64,64"
  })
  void readsBitpackedIntegersWithTheirSign(String type, int plainBits, int bits) {
    Random random = new Random(SEED + bits);
    long[] values = random.longs(300).map(v -> v >> (64 - bits)).toArray();
    byte[] packed = new byte[(300 * bits + 7) / 8];
    for (int i = 0; i < values.length; i++) {
      for (int b = 0; b < bits; b++) {
        int at = i * bits + b;
        packed[at / 8] |= (byte) ((values[i] >>> b & 1) << (at % 8));
      }
    }
    var encoding =
        ArrayEncoding.newBuilder()
            .setBitpacked(
                Encodings20.Bitpacked.newBuilder()
                    .setCompressedBitsPerValue(bits)
                    .setUncompressedBitsPerValue(plainBits)
                    .setBuffer(page(0))
                    .setSigned(true))
            .build();
    List<String> expected = LongStream.of(values).mapToObj(Long::toString).toList();
    assertRows(new FileOf(type).page(300, valid(encoding), packed), expected);
  }

  @ParameterizedTest
  @CsvSource({"uint8,8,3", "uint16,16,0", "uint32,32,11", "uint64,64,40", "uint64,64,64"})
  void readsBlocksOfBitpackedIntegers(String type, int plainBits, int bits) {
    Random random = new Random(SEED + bits);
    int rows = 2500;
    long[] values = random.longs(rows).map(v -> bits == 0 ? 0 : v >>> (64 - bits)).toArray();
    byte[] plain = new byte[3 * 1024 * plainBits / 8];
    for (int i = 0; i < rows; i++) {
      for (int b = 0; b < plainBits / 8; b++) {
        plain[i * (plainBits / 8) + b] = (byte) (values[i] >>> (8 * b));
      }
    }
    byte[] packed = new byte[3 * BitPacking.packedBytes(bits)];
    for (int block = 0; block < 3; block++) {
      new BitPacking()
          .pack(
              plainBits,
              bits,
              MemorySegment.ofArray(plain),
              block * 128L * plainBits,
              MemorySegment.ofArray(packed),
              (long) block * BitPacking.packedBytes(bits));
    }
    var encoding =
        ArrayEncoding.newBuilder()
            .setBitpackedForNonNeg(
                Encodings20.BitpackedForNonNeg.newBuilder()
                    .setCompressedBitsPerValue(bits)
                    .setUncompressedBitsPerValue(plainBits)
                    .setBuffer(page(0)))
            .build();
    List<String> expected = LongStream.of(values).mapToObj(Long::toUnsignedString).toList();
    assertRows(new FileOf(type).page(rows, valid(encoding), packed), expected);
  }

  @Test
  void readsTextOfOneLength() {
    var encoding =
        ArrayEncoding.newBuilder()
            .setFixedSizeBinary(
                Encodings20.FixedSizeBinary.newBuilder()
                    .setBytes(valid(flat(8, page(0))))
                    .setByteWidth(3))
            .build();
    byte[] bytes = "abcdefghi".getBytes(StandardCharsets.UTF_8);
    assertRows(
        new FileOf("string").page(3, encoding, bytes), List.of("\"abc\"", "\"def\"", "\"ghi\""));
  }

  @Test
  void readsValuesThatAreAllTheSame() {
    var encoding =
        ArrayEncoding.newBuilder()
            .setConstant(
                Encodings20.Constant.newBuilder()
                    .setValue(ByteString.copyFrom(new byte[] {7, 0, 0, 0})))
            .build();
    assertRows(
        new FileOf("int32").page(5, encoding), IntStream.range(0, 5).mapToObj(_ -> "7").toList());
  }

  @Test
  void readsBuffersOfTheColumn() {
    var encoding =
        flat(32, Encodings20.Buffer.newBuilder().setBufferTypeValue(1).setBufferIndex(0).build());
    FileOf file = new FileOf("int32");
    file.columnBuffer(ints(4, 5));
    assertRows(file.page(2, encoding), List.of("4", "5"));
  }

  @Test
  void pagesMayFollowOneAnotherWithAnyEncoding() {
    FileOf file = new FileOf("int32");
    file.page(2, valid(flat(32, page(0))), ints(1, 2));
    file.page(
        3,
        ArrayEncoding.newBuilder()
            .setNullable(
                Encodings20.Nullable.newBuilder()
                    .setAllNulls(Encodings20.Nullable.AllNulls.getDefaultInstance()))
            .build());
    file.page(0, flat(32, page(0)), ints());
    file.page(
        2,
        ArrayEncoding.newBuilder()
            .setNullable(
                Encodings20.Nullable.newBuilder()
                    .setSomeNulls(
                        Encodings20.Nullable.SomeNulls.newBuilder()
                            .setValidity(flat(1, page(0)))
                            .setValues(flat(32, page(1)))))
            .build(),
        new byte[] {2},
        ints(8, 9));
    assertRows(file, List.of("1", "2", "null", "null", "null", "null", "9"));
  }

  @Test
  void indicesOfPlainTextCountFromOne() {
    assertRows(dictionary(new byte[] {1, 0, 2, 1}), List.of("\"a\"", "null", "\"bc\"", "\"a\""));
  }

  @Test
  void refusesWhatIsNotThere() {
    assertCorrupt(
        new FileOf("int32").page(3, flat(32, page(0)), ints(1, 2)), "range of a page buffer");
    assertCorrupt(new FileOf("int32").page(3, flat(32, page(2)), ints(1, 2)), "buffer");
    assertCorrupt(new FileOf("int32").page(1, flat(64, page(0)), ints(1, 2)), "bits per value");
    assertCorrupt(new FileOf("int32").page(1, ArrayEncoding.getDefaultInstance()), "encoding of");
    assertCorrupt(dictionary(new byte[] {1, 3}), "dictionary index");
    assertCorrupt(texts(9, 2, 1), "ends of values");
    assertCorrupt(texts(9, 2, 90, 3), "ends of values");
    assertCorrupt(texts(99, 50), "range of a page buffer");
    var zero =
        ArrayEncoding.newBuilder()
            .setList(Encodings20.List.newBuilder().setOffsets(flat(64, page(0))).setNumItems(1))
            .build();
    assertCorrupt(new FileOf("list").page(1, zero, new byte[8]).item("int32"), "null offset");
    var falling =
        ArrayEncoding.newBuilder()
            .setList(
                Encodings20.List.newBuilder()
                    .setOffsets(flat(64, page(0)))
                    .setNullOffsetAdjustment(9)
                    .setNumItems(2))
            .build();
    assertCorrupt(new FileOf("list").page(2, falling, longs(2, 1)).item("int32"), "end of a list");
    assertCorrupt(new FileOf("list").page(2, falling, longs(1, 5)).item("int32"), "end of a list");
  }

  @Test
  void refusesEncodingsItDoesNotKnow() {
    FileOf file = new FileOf("int32");
    file.pageUrl = "/lance.encodings21.PageLayout";
    file.page(1, flat(32, page(0)), ints(1));
    assertThatThrownBy(() -> assertRows(file, List.of("1")))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("page encoding is not known");
  }

  private static FileOf dictionary(byte[] indices) {
    ArrayEncoding items =
        ArrayEncoding.newBuilder()
            .setBinary(
                Encodings20.Binary.newBuilder()
                    .setIndices(valid(flat(64, page(1))))
                    .setBytes(flat(8, page(2)))
                    .setNullAdjustment(4))
            .build();
    var encoding =
        ArrayEncoding.newBuilder()
            .setDictionary(
                Encodings20.Dictionary.newBuilder()
                    .setIndices(valid(flat(8, page(0))))
                    .setItems(items)
                    .setNumDictionaryItems(2))
            .build();
    return new FileOf("string")
        .page(
            indices.length, encoding, indices, longs(1, 3), "abc".getBytes(StandardCharsets.UTF_8));
  }

  private static FileOf texts(long adjustment, long... ends) {
    var encoding =
        ArrayEncoding.newBuilder()
            .setBinary(
                Encodings20.Binary.newBuilder()
                    .setIndices(valid(flat(64, page(0))))
                    .setBytes(flat(8, page(1)))
                    .setNullAdjustment(adjustment))
            .build();
    return new FileOf("string")
        .page(ends.length, encoding, longs(ends), "abcdef".getBytes(StandardCharsets.UTF_8));
  }

  private static Encodings20.Buffer page(int index) {
    return Encodings20.Buffer.newBuilder().setBufferIndex(index).build();
  }

  private static ArrayEncoding flat(int bits, Encodings20.Buffer buffer) {
    return ArrayEncoding.newBuilder()
        .setFlat(Encodings20.Flat.newBuilder().setBitsPerValue(bits).setBuffer(buffer))
        .build();
  }

  private static ArrayEncoding valid(ArrayEncoding values) {
    return ArrayEncoding.newBuilder()
        .setNullable(
            Encodings20.Nullable.newBuilder()
                .setNoNulls(Encodings20.Nullable.NoNulls.newBuilder().setValues(values)))
        .build();
  }

  private static byte[] ints(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    IntStream.of(values).forEach(bytes::putInt);
    return bytes.array();
  }

  private static byte[] longs(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    LongStream.of(values).forEach(bytes::putLong);
    return bytes.array();
  }

  private static void assertRows(FileOf made, List<String> expected) {
    try (Memory memory = Memory.ofLimit(64L << 20);
        Scratch scratch = memory.scratch();
        DataFileReader file = DataFileReader.open(GoldenFiles.reader(made.bytes(), "made"))) {
      assertThat(file.version()).isEqualTo(FileVersion.V2_0);
      LanceField field = file.schema().fields().getFirst();
      ColumnReader reader = file.column(field, file.columnsOf(field));
      assertThat(texts(reader.read(0, expected.size(), scratch))).isEqualTo(expected);
      for (int from = 0; from < expected.size(); from += 1 + expected.size() / 7) {
        int count = Math.min(3, expected.size() - from);
        assertThat(texts(reader.read(from, count, scratch)))
            .isEqualTo(expected.subList(from, from + count));
      }
      int last = expected.size() - 1;
      long[] rows = {0, last / 2, last, last};
      assertThat(texts(reader.take(rows, 4, scratch)))
          .containsExactly(
              expected.get(0), expected.get(last / 2), expected.get(last), expected.get(last));
    }
  }

  private static void assertCorrupt(FileOf made, String message) {
    assertThatThrownBy(() -> assertRows(made, Collections.nCopies(made.rows, "?")))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("path=made");
  }

  private static List<String> texts(Column column) {
    WellFormed.check(column);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < column.length(); i++) {
      texts.add(CanonicalText.of(column, i));
    }
    return texts;
  }

  /// A file of one field, put together from its parts.
  private static final class FileOf {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ColumnMetadata.Builder column = ColumnMetadata.newBuilder();
    private final String type;
    private String item = "";
    private String pageUrl = "/lance.encodings.ArrayEncoding";
    private int rows;

    FileOf(String type) {
      this.type = type;
    }

    FileOf item(String itemType) {
      item = itemType;
      return this;
    }

    void columnBuffer(byte[] bytes) {
      column.addBufferOffsets(out.size()).addBufferSizes(bytes.length);
      out.writeBytes(bytes);
    }

    FileOf page(int length, ArrayEncoding encoding, byte[]... buffers) {
      var page = column.addPagesBuilder().setLength(length).setPriority(rows);
      for (byte[] buffer : buffers) {
        page.addBufferOffsets(out.size()).addBufferSizes(buffer.length);
        out.writeBytes(buffer);
      }
      page.setEncoding(direct(pageUrl, encoding.toByteString()));
      rows += length;
      return this;
    }

    private static StoredEncoding direct(String url, ByteString message) {
      Any any = Any.newBuilder().setTypeUrl(url).setValue(message).build();
      return StoredEncoding.newBuilder()
          .setDirect(StoredEncoding.Direct.newBuilder().setEncoding(any.toByteString()))
          .build();
    }

    byte[] bytes() {
      FileSchema.Builder schema = FileSchema.newBuilder();
      schema.addFields(field("c", 0, -1, type));
      if (!item.isEmpty()) {
        schema.addFields(field("item", 1, 0, item));
      }
      byte[] descriptor =
          FileDescriptor.newBuilder().setSchema(schema).setLength(rows).build().toByteArray();
      long descriptorAt = out.size();
      out.writeBytes(descriptor);
      column.setEncoding(
          direct(
              "/lance.encodings.ColumnEncoding",
              Encodings20.ColumnEncoding.newBuilder()
                  .setValues(Encodings20.ColumnEncoding.Values.getDefaultInstance())
                  .build()
                  .toByteString()));
      byte[] metadata = column.build().toByteArray();
      long metadataAt = out.size();
      out.writeBytes(metadata);
      int columns = item.isEmpty() ? 1 : 2;
      long tableAt = out.size();
      for (int i = 0; i < columns; i++) {
        out.writeBytes(longs(metadataAt, metadata.length));
      }
      long globalAt = out.size();
      out.writeBytes(longs(descriptorAt, descriptor.length));
      out.writeBytes(longs(metadataAt, tableAt, globalAt));
      out.writeBytes(ints(1, columns, 3 << 16));
      out.writeBytes("LANC".getBytes(StandardCharsets.UTF_8));
      return out.toByteArray();
    }

    private static Field field(String name, int id, int parent, String type) {
      return Field.newBuilder()
          .setName(name)
          .setId(id)
          .setParentId(parent)
          .setLogicalType(type)
          .setNullable(true)
          .build();
    }
  }
}
