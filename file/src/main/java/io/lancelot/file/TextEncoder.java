package io.lancelot.file;

import com.google.protobuf.ByteString;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.EncodingOptions.Compression;
import io.lancelot.file.proto.CompressiveEncoding;
import io.lancelot.kernels.Fsst;
import io.lancelot.kernels.FsstEncoder;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Codes text with a table of frequent substrings, value by value, where that saves space. Format:
/// lance-format sections 2.6.9 and 2.7.
final class TextEncoder {

  private static final int MIN_TOTAL_BYTES = 32 << 10;
  private static final int MIN_MAX_BYTES = 5;

  private TextEncoder() {}

  /// Values, coded or as they were, and what a reader has to undo.
  record Coded(PageSlots.Variable slots, CompressiveEncoding encoding) {}

  /// @param maxBytes length of the longest value
  static Coded encode(
      PageSlots.Variable slots, long maxBytes, EncodingOptions options, Scratch scratch) {
    CompressiveEncoding plain = Encodings.variable(slots.offsetBits());
    boolean automatic = slots.text() && options.compression() == Compression.AUTOMATIC;
    boolean wanted =
        options.compression() == Compression.FSST
            || automatic && maxBytes >= MIN_MAX_BYTES && slots.totalBytes() >= MIN_TOTAL_BYTES;
    if (!wanted || slots.totalBytes() > Integer.MAX_VALUE / 2 - 64) {
      return new Coded(slots, plain);
    }
    FsstEncoder encoder = new FsstEncoder();
    encoder.train(32, slots.data(), slots.offsets(), slots.count());
    MemorySegment bytes = scratch.allocateBytes(FsstEncoder.maxEncodedBytes(slots.totalBytes()));
    MemorySegment offsets = scratch.allocateBytes(4L * slots.count() + 4);
    long end = encoder.encode(32, slots.data(), slots.offsets(), slots.count(), bytes, 0, offsets);
    if (end + Fsst.TABLE_BYTES >= slots.totalBytes()) {
      return new Coded(slots, plain);
    }
    MemorySegment table = MemorySegment.ofArray(new byte[Fsst.TABLE_BYTES]);
    encoder.writeTable(table);
    assert offsets.get(FixedColumn.INT, 4L * slots.count()) == end;
    return new Coded(
        new PageSlots.Variable(
            slots.count(), slots.offsetBits(), slots.text(), offsets, bytes.asSlice(0, end)),
        Encodings.fsst(ByteString.copyFrom(table.toArray(ValueLayout.JAVA_BYTE)), plain));
  }
}
