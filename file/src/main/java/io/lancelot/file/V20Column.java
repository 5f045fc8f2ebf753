package io.lancelot.file;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.file.proto.ColumnMetadata;
import io.lancelot.file.proto.Encodings20.ArrayEncoding;
import io.lancelot.file.proto.Encodings20.ColumnEncoding;
import io.lancelot.file.proto.StoredEncoding;
import io.lancelot.storage.ObjectReader;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// The pages of one column of a 2.0 file: where they start, and what they hold, made when first
/// needed and shared by all readers.
///
/// @param <P> what a page holds
final class V20Column<P> {

  private static final String PAGE_URL = "/lance.encodings.ArrayEncoding";
  private static final String COLUMN_URL = "/lance.encodings.ColumnEncoding";

  private final ObjectReader file;
  private final String name;
  private final ColumnMetadata metadata;
  private final long[] columnBuffers;
  private final long[] fileBuffers;
  private final long[] firstRow;
  private final Decoding<P> decoding;
  private final AtomicReferenceArray<@Nullable P> pages;

  /// Makes what a page holds of its encoding.
  interface Decoding<P> {
    P page(ArrayEncoding encoding, V20Page page);
  }

  V20Column(
      ObjectReader file,
      String name,
      ColumnMetadata metadata,
      long[] fileBuffers,
      Decoding<P> decoding) {
    this.file = file;
    this.name = name;
    this.metadata = metadata;
    this.fileBuffers = fileBuffers;
    this.decoding = decoding;
    int count = metadata.getPagesCount();
    pages = new AtomicReferenceArray<>(count);
    columnBuffers =
        buffers(metadata.getBufferOffsetsList(), metadata.getBufferSizesList(), "column");
    firstRow = new long[count + 1];
    for (int i = 0; i < count; i++) {
      long length = metadata.getPages(i).getLength();
      firstRow[i + 1] = firstRow[i] + length;
      if (length < 0 || firstRow[i + 1] < 0) {
        throw corrupt("page rows", "not negative", Long.toUnsignedString(length));
      }
    }
  }

  /// Whether the column holds positions of values that lie elsewhere in the file.
  static boolean blobs(ObjectReader file, ColumnMetadata metadata, String place) {
    if (!metadata.hasEncoding()) {
      return false;
    }
    try {
      Any any = any(file, metadata.getEncoding(), place);
      if (!any.getTypeUrl().equals(COLUMN_URL)) {
        throw new UnsupportedFeatureException(
            "column encoding is not known: expected="
                + COLUMN_URL
                + ", found="
                + any.getTypeUrl()
                + " "
                + place);
      }
      ColumnEncoding encoding = ColumnEncoding.parseFrom(any.getValue());
      while (encoding.hasZoneIndex()) {
        encoding = encoding.getZoneIndex().getInner();
      }
      return encoding.hasBlob();
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptDataException(
          "column encoding: expected=a protobuf message, found=" + e.getMessage() + " " + place, e);
    }
  }

  String place() {
    return "(path=" + file.path() + ", column=" + name + ")";
  }

  int pageCount() {
    return pages.length();
  }

  long rowCount() {
    return firstRow[pages.length()];
  }

  long firstRow(int page) {
    return firstRow[page];
  }

  /// The page that holds a row.
  int pageOf(long row) {
    int low = 0;
    int high = pages.length() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (firstRow[middle] <= row) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  P page(int number) {
    P known = pages.get(number);
    if (known == null) {
      known = newPage(number);
      if (!pages.compareAndSet(number, null, known)) {
        known = Objects.requireNonNull(pages.get(number));
      }
    }
    return known;
  }

  private P newPage(int number) {
    ColumnMetadata.Page page = metadata.getPages(number);
    long[] pairs = buffers(page.getBufferOffsetsList(), page.getBufferSizesList(), "page");
    long[] positions = new long[pairs.length / 2];
    long[] sizes = new long[pairs.length / 2];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = pairs[2 * i];
      sizes[i] = pairs[2 * i + 1];
    }
    var context = new PageContext(file, name, number, positions, sizes, page.getLength());
    try {
      Any any = any(file, page.getEncoding(), context.place());
      if (!any.getTypeUrl().equals(PAGE_URL)) {
        throw new UnsupportedFeatureException(
            "page encoding is not known: expected="
                + PAGE_URL
                + ", found="
                + any.getTypeUrl()
                + " "
                + context.place());
      }
      return decoding.page(
          ArrayEncoding.parseFrom(any.getValue()),
          new V20Page(context, columnBuffers, fileBuffers));
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptDataException(
          "page encoding: expected=a protobuf message, found="
              + e.getMessage()
              + " "
              + context.place(),
          e);
    }
  }

  private static Any any(ObjectReader file, StoredEncoding stored, String place)
      throws InvalidProtocolBufferException {
    return switch (stored.getLocationCase()) {
      case DIRECT -> Any.parseFrom(stored.getDirect().getEncoding());
      case INDIRECT ->
          Any.parseFrom(
              ColumnPages.bytes(
                  file,
                  stored.getIndirect().getBufferLocation(),
                  stored.getIndirect().getBufferLength(),
                  place));
      case NONE, LOCATION_NOT_SET ->
          throw new CorruptDataException("encoding: expected=present, found=none " + place);
    };
  }

  /// Positions and sizes, in pairs, checked to lie inside the file.
  private long[] buffers(List<Long> positions, List<Long> sizes, String owner) {
    if (positions.size() != sizes.size()) {
      throw corrupt("sizes of " + owner + " buffers", positions.size(), sizes.size());
    }
    long[] pairs = new long[2 * positions.size()];
    for (int i = 0; i < positions.size(); i++) {
      long position = positions.get(i);
      long size = sizes.get(i);
      if (position < 0 || size < 0 || position > file.sizeBytes() - size) {
        throw corrupt(
            owner + " buffer " + i,
            "inside " + file.sizeBytes() + " bytes",
            Long.toUnsignedString(position) + "+" + Long.toUnsignedString(size));
      }
      pairs[2 * i] = position;
      pairs[2 * i + 1] = size;
    }
    return pairs;
  }

  CorruptDataException corrupt(String what, Object expected, Object found) {
    return new CorruptDataException(
        what + ": expected=" + expected + ", found=" + found + " " + place());
  }
}
