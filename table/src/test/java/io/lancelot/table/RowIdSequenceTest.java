package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.lancelot.base.CorruptDataException;
import io.lancelot.table.proto.RowIdsProto.EncodedU64Array;
import io.lancelot.table.proto.RowIdsProto.U64Segment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class RowIdSequenceTest {

  private static ByteString sequence(U64Segment... segments) {
    var sequence = io.lancelot.table.proto.RowIdsProto.RowIdSequence.newBuilder();
    for (U64Segment segment : segments) {
      sequence.addSegments(segment);
    }
    return sequence.build().toByteString();
  }

  private static U64Segment range(long start, long end) {
    return U64Segment.newBuilder()
        .setRange(U64Segment.Range.newBuilder().setStart(start).setEnd(end))
        .build();
  }

  private static EncodedU64Array u16(long base, int... offsets) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * offsets.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int offset : offsets) {
      bytes.putShort((short) offset);
    }
    return EncodedU64Array.newBuilder()
        .setU16Array(
            EncodedU64Array.U16Array.newBuilder()
                .setBase(base)
                .setOffsets(ByteString.copyFrom(bytes.array())))
        .build();
  }

  private static EncodedU64Array u32(long base, int... offsets) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * offsets.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int offset : offsets) {
      bytes.putInt(offset);
    }
    return EncodedU64Array.newBuilder()
        .setU32Array(
            EncodedU64Array.U32Array.newBuilder()
                .setBase(base)
                .setOffsets(ByteString.copyFrom(bytes.array())))
        .build();
  }

  private static EncodedU64Array u64(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      bytes.putLong(value);
    }
    return EncodedU64Array.newBuilder()
        .setU64Array(
            EncodedU64Array.U64Array.newBuilder().setValues(ByteString.copyFrom(bytes.array())))
        .build();
  }

  private static long[] ids(ByteString bytes, int count) {
    RowIdSequence sequence = RowIdSequence.parse(bytes, count, "test");
    long[] ids = new long[sequence.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = sequence.at(i);
    }
    return ids;
  }

  @Test
  void everyArmIsRead() {
    U64Segment holes =
        U64Segment.newBuilder()
            .setRangeWithHoles(
                U64Segment.RangeWithHoles.newBuilder()
                    .setStart(10)
                    .setEnd(15)
                    .setHoles(u16(10, 1, 3)))
            .build();
    U64Segment bitmap =
        U64Segment.newBuilder()
            .setRangeWithBitmap(
                U64Segment.RangeWithBitmap.newBuilder()
                    .setStart(100)
                    .setEnd(110)
                    // Least significant bit first: 0x57 keeps 0, 1, 2, 4 and 6.
                    .setBitmap(ByteString.copyFrom(new byte[] {0x57, 0x02})))
            .build();
    U64Segment sorted = U64Segment.newBuilder().setSortedArray(u32(1L << 40, 0, -1)).build();
    U64Segment array = U64Segment.newBuilder().setArray(u64(9, -1L, 7)).build();
    assertThat(ids(sequence(range(3, 5), holes, bitmap, sorted, array), 16))
        .containsExactly(
            3,
            4,
            10,
            12,
            14,
            100,
            101,
            102,
            104,
            106,
            109,
            1L << 40,
            (1L << 40) + 0xFFFFFFFFL,
            9,
            -1L,
            7);
  }

  @Test
  void writtenRangesAreRead() {
    assertThat(ids(RowIdSequence.ofRange(7, 3), 3)).containsExactly(7, 8, 9);
    assertThat(ids(RowIdSequence.ofRange(0, 0), 0)).isEmpty();
  }

  @Test
  void damageIsTyped() {
    for (ByteString bytes :
        new ByteString[] {
          sequence(range(0, 3)),
          sequence(range(0, 5)),
          sequence(range(0, -1)),
          sequence(range(5, 1)),
          sequence(U64Segment.getDefaultInstance()),
          sequence(
              U64Segment.newBuilder()
                  .setRangeWithHoles(
                      U64Segment.RangeWithHoles.newBuilder().setEnd(6).setHoles(u16(0, 3, 1)))
                  .build()),
          sequence(
              U64Segment.newBuilder()
                  .setRangeWithBitmap(
                      U64Segment.RangeWithBitmap.newBuilder()
                          .setEnd(40)
                          .setBitmap(ByteString.copyFrom(new byte[1])))
                  .build()),
          sequence(
              U64Segment.newBuilder()
                  .setArray(
                      EncodedU64Array.newBuilder()
                          .setU64Array(
                              EncodedU64Array.U64Array.newBuilder()
                                  .setValues(ByteString.copyFrom(new byte[31]))))
                  .build()),
          ByteString.copyFrom(new byte[] {(byte) 0xFF})
        }) {
      assertThatThrownBy(() -> RowIdSequence.parse(bytes, 4, "here"))
          .isInstanceOf(CorruptDataException.class)
          .hasMessageContaining("here");
    }
  }
}
