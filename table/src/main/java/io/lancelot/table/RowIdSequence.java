package io.lancelot.table;

import com.google.protobuf.ByteString;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.table.proto.RowIdsProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The stable row ids of one fragment, one per physical row. Format: lance-format section 3.7.
final class RowIdSequence {

  private final long[] ids;

  private RowIdSequence(long[] ids) {
    this.ids = ids;
  }

  /// The serialised sequence `first, first + 1, …`.
  static ByteString ofRange(long first, long count) {
    return RowIdsProto.RowIdSequence.newBuilder()
        .addSegments(range(first, count))
        .build()
        .toByteString();
  }

  /// The serialised sequence of versions for `count` rows of one version.
  static ByteString ofVersion(long count, long version) {
    return RowIdsProto.RowDatasetVersionSequence.newBuilder()
        .addRuns(
            RowIdsProto.RowDatasetVersionRun.newBuilder()
                .setSpan(range(0, count))
                .setVersion(version))
        .build()
        .toByteString();
  }

  /// A serialised sequence, followed by `count` ids from `first` on.
  static ByteString append(ByteString before, long first, long count, String where) {
    return parseProto(before, where).toBuilder()
        .addSegments(range(first, count))
        .build()
        .toByteString();
  }

  /// How many ids a serialised sequence has.
  static long count(ByteString bytes, String where) {
    long count = 0;
    for (RowIdsProto.U64Segment segment : parseProto(bytes, where).getSegmentsList()) {
      count += length(segment, where);
    }
    return count;
  }

  private static RowIdsProto.RowIdSequence parseProto(ByteString bytes, String where) {
    return ManifestFile.parse(RowIdsProto.RowIdSequence.parser(), bytes, "row ids", where);
  }

  static RowIdsProto.U64Segment range(long first, long count) {
    return RowIdsProto.U64Segment.newBuilder()
        .setRange(RowIdsProto.U64Segment.Range.newBuilder().setStart(first).setEnd(first + count))
        .build();
  }

  /// Shorter runs of consecutive ids cost more as a segment of their own than among others.
  private static final int MIN_RANGE = 16;

  /// The serialised sequence `ids[from, to)`, in that order.
  static ByteString of(long[] ids, int from, int to) {
    RowIdsProto.RowIdSequence.Builder proto = RowIdsProto.RowIdSequence.newBuilder();
    int pending = from;
    int run = from;
    while (run < to) {
      int end = run + 1;
      while (end < to && ids[end] == ids[end - 1] + 1) {
        end++;
      }
      if (end - run >= MIN_RANGE || pending == run && end == to) {
        addArray(ids, pending, run, proto);
        proto.addSegments(range(ids[run], end - run));
        pending = end;
      }
      run = end;
    }
    addArray(ids, pending, to, proto);
    return proto.build().toByteString();
  }

  private static void addArray(
      long[] ids, int from, int to, RowIdsProto.RowIdSequence.Builder proto) {
    if (from == to) {
      return;
    }
    long min = ids[from];
    long max = ids[from];
    boolean ascending = true;
    for (int i = from + 1; i < to; i++) {
      ascending &= ids[i] > ids[i - 1];
      min = Math.min(min, ids[i]);
      max = Math.max(max, ids[i]);
    }
    RowIdsProto.EncodedU64Array array = encode(ids, from, to, min, max - min);
    RowIdsProto.U64Segment.Builder segment = proto.addSegmentsBuilder();
    if (ascending) {
      segment.setSortedArray(array);
    } else {
      segment.setArray(array);
    }
  }

  private static RowIdsProto.EncodedU64Array encode(
      long[] ids, int from, int to, long base, long spread) {
    RowIdsProto.EncodedU64Array.Builder array = RowIdsProto.EncodedU64Array.newBuilder();
    int width = spread <= 0xFFFF ? 2 : spread <= 0xFFFF_FFFFL ? 4 : 8;
    ByteBuffer bytes = ByteBuffer.allocate(width * (to - from)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = from; i < to; i++) {
      switch (width) {
        case 2 -> bytes.putShort((short) (ids[i] - base));
        case 4 -> bytes.putInt((int) (ids[i] - base));
        default -> bytes.putLong(ids[i]);
      }
    }
    ByteString values = ByteString.copyFrom(bytes.array());
    switch (width) {
      case 2 -> array.getU16ArrayBuilder().setBase(base).setOffsets(values);
      case 4 -> array.getU32ArrayBuilder().setBase(base).setOffsets(values);
      default -> array.getU64ArrayBuilder().setValues(values);
    }
    return array.build();
  }

  /// How many values a segment has, without making them.
  static long length(RowIdsProto.U64Segment segment, String where) {
    Output out = new Output(0, where);
    return switch (segment.getSegmentCase()) {
      case RANGE -> span(segment.getRange().getStart(), segment.getRange().getEnd(), out);
      case RANGE_WITH_HOLES -> {
        var range = segment.getRangeWithHoles();
        long span = span(range.getStart(), range.getEnd(), out);
        long length = span - decode(range.getHoles(), out).length;
        if (length < 0) {
          throw out.corrupt("expected=fewer holes than values, found=" + span + " values");
        }
        yield length;
      }
      case RANGE_WITH_BITMAP -> {
        long length = 0;
        for (byte bits : segment.getRangeWithBitmap().getBitmap()) {
          length += Integer.bitCount(bits & 0xFF);
        }
        yield length;
      }
      case SORTED_ARRAY -> decode(segment.getSortedArray(), out).length;
      case ARRAY -> decode(segment.getArray(), out).length;
      case SEGMENT_NOT_SET -> throw out.corrupt("expected=a known segment, found=none");
    };
  }

  private static long span(long start, long end, Output out) {
    checkRange(start, end, out);
    long span = end - start;
    if (span < 0 || span > Fragment.MAX_ID + 1) {
      throw out.corrupt("expected=at most 2^32 rows, found=" + Long.toUnsignedString(span));
    }
    return span;
  }

  /// Decodes a serialised sequence.
  ///
  /// @param count how many ids it must have
  /// @param where for messages
  static RowIdSequence parse(ByteString bytes, long count, String where) {
    RowIdsProto.RowIdSequence proto = parseProto(bytes, where);
    if (count > Integer.MAX_VALUE - 8) {
      throw new UnsupportedFeatureException(
          "stable row ids of a fragment of " + count + " rows cannot be read (path=" + where + ")");
    }
    Output out = new Output((int) count, where);
    for (RowIdsProto.U64Segment segment : proto.getSegmentsList()) {
      append(segment, out);
    }
    if (out.size != out.ids.length) {
      throw out.corrupt("expected=" + count + " ids, found=" + out.size);
    }
    return new RowIdSequence(out.ids);
  }

  int size() {
    return ids.length;
  }

  /// The id of a physical row.
  long at(int row) {
    return ids[row];
  }

  private static final class Output {
    private final long[] ids;
    private final String where;
    private int size;

    Output(int count, String where) {
      this.ids = new long[count];
      this.where = where;
    }

    void add(long id) {
      if (size == ids.length) {
        throw corrupt("expected=" + ids.length + " ids, found=more");
      }
      ids[size++] = id;
    }

    CorruptDataException corrupt(String what) {
      return new CorruptDataException("row ids: " + what + " (path=" + where + ")");
    }
  }

  private static void append(RowIdsProto.U64Segment segment, Output out) {
    switch (segment.getSegmentCase()) {
      case RANGE -> {
        var range = segment.getRange();
        appendRange(range.getStart(), range.getEnd(), out);
      }
      case RANGE_WITH_HOLES -> {
        var range = segment.getRangeWithHoles();
        appendRangeWithHoles(range.getStart(), range.getEnd(), range.getHoles(), out);
      }
      case RANGE_WITH_BITMAP -> {
        var range = segment.getRangeWithBitmap();
        appendBitmap(range.getStart(), range.getEnd(), range.getBitmap(), out);
      }
      case SORTED_ARRAY -> appendArray(segment.getSortedArray(), out);
      case ARRAY -> appendArray(segment.getArray(), out);
      case SEGMENT_NOT_SET -> throw out.corrupt("expected=a known segment, found=none");
    }
  }

  private static void checkRange(long start, long end, Output out) {
    if (Long.compareUnsigned(start, end) > 0) {
      throw out.corrupt("expected=start before end, found=" + start + " to " + end);
    }
  }

  private static void appendRange(long start, long end, Output out) {
    checkRange(start, end, out);
    for (long id = start; id != end; id++) {
      out.add(id);
    }
  }

  private static void appendRangeWithHoles(
      long start, long end, RowIdsProto.EncodedU64Array encoded, Output out) {
    checkRange(start, end, out);
    long[] holes = decode(encoded, out);
    int hole = 0;
    for (long id = start; id != end; id++) {
      if (hole < holes.length && holes[hole] == id) {
        hole++;
      } else {
        out.add(id);
      }
    }
    if (hole != holes.length) {
      throw out.corrupt("expected=ascending holes inside the range, found=" + holes[hole]);
    }
  }

  /// Least significant bit first, whatever upstream's comment says.
  private static void appendBitmap(long start, long end, ByteString bitmap, Output out) {
    checkRange(start, end, out);
    long length = end - start;
    if (length < 0 || length > bitmap.size() * 8L) {
      throw out.corrupt(
          "expected=a bit for each of " + length + " ids, found=" + bitmap.size() * 8L);
    }
    for (int i = 0; i < length; i++) {
      if ((bitmap.byteAt(i >>> 3) >>> (i & 7) & 1) != 0) {
        out.add(start + i);
      }
    }
  }

  private static void appendArray(RowIdsProto.EncodedU64Array encoded, Output out) {
    for (long id : decode(encoded, out)) {
      out.add(id);
    }
  }

  private static long[] decode(RowIdsProto.EncodedU64Array encoded, Output out) {
    return switch (encoded.getArrayCase()) {
      case U16_ARRAY ->
          decode(encoded.getU16Array().getOffsets(), 2, encoded.getU16Array().getBase(), out);
      case U32_ARRAY ->
          decode(encoded.getU32Array().getOffsets(), 4, encoded.getU32Array().getBase(), out);
      case U64_ARRAY -> decode(encoded.getU64Array().getValues(), 8, 0, out);
      // An empty array may be stored as nothing at all.
      case ARRAY_NOT_SET -> new long[0];
    };
  }

  private static long[] decode(ByteString bytes, int width, long base, Output out) {
    if (bytes.size() % width != 0) {
      throw out.corrupt("expected=values of " + width + " bytes, found=" + bytes.size() + " bytes");
    }
    ByteBuffer buffer = bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    long[] values = new long[bytes.size() / width];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (width) {
            case 2 -> base + Short.toUnsignedLong(buffer.getShort());
            case 4 -> base + Integer.toUnsignedLong(buffer.getInt());
            default -> buffer.getLong();
          };
    }
    return values;
  }
}
