package io.lancelot.file;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.file.proto.ColumnMetadata;
import io.lancelot.file.proto.PageLayout;
import io.lancelot.storage.ObjectReader;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// The pages of one column: where they start, and their decoders, made when first needed and shared
/// by all readers.
final class ColumnPages {

  private static final String LAYOUT_URL = "/lance.encodings21.PageLayout";

  private final ObjectReader file;
  private final int ordinal;
  private final String name;
  private final List<ColumnMetadata.Page> pages;

  /// First row of each page and the end, in items of the outermost layer.
  private final long[] firstRow;

  private final LevelLayers layers;
  private final LeafShape shape;
  private final @Nullable LeafShape indices;
  private final AtomicReferenceArray<@Nullable PageDecoder> decoders;

  ColumnPages(ObjectReader file, int ordinal, ColumnMetadata metadata, LeafPath leaf, long rows) {
    this.file = file;
    this.ordinal = ordinal;
    name = leaf.name();
    layers = leaf.layers();
    shape = leaf.shape();
    indices = leaf.indices();
    pages = metadata.getPagesList();
    decoders = new AtomicReferenceArray<>(pages.size());
    firstRow = new long[pages.size() + 1];
    long expected = Math.multiplyExact(rows, (long) leaf.itemsPerRow());
    for (int i = 0; i < pages.size(); i++) {
      long length = pages.get(i).getLength();
      if (length < 0 || length > expected - firstRow[i]) {
        throw corrupt("page rows", "at most " + (expected - firstRow[i]), length, i);
      }
      firstRow[i + 1] = firstRow[i] + length;
    }
    if (firstRow[pages.size()] != expected) {
      throw corrupt("rows of all pages", expected, firstRow[pages.size()], pages.size() - 1);
    }
  }

  LevelLayers layers() {
    return layers;
  }

  LeafShape shape() {
    return shape;
  }

  @Nullable LeafShape indices() {
    return indices;
  }

  /// A place for messages about the whole column.
  String place() {
    return "(path=" + file.path() + ", column=" + name + ")";
  }

  /// A place for messages about a page.
  String place(int page) {
    return "(path=" + file.path() + ", column=" + name + ", page=" + page + ")";
  }

  int count() {
    return pages.size();
  }

  long firstRow(int page) {
    return firstRow[page];
  }

  /// The page that holds a row.
  int pageOf(long row) {
    int low = 0;
    int high = pages.size() - 1;
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

  /// The decoder of a page.
  PageDecoder decoder(int page) {
    PageDecoder known = decoders.get(page);
    if (known == null) {
      known = newDecoder(page);
      if (!decoders.compareAndSet(page, null, known)) {
        known = java.util.Objects.requireNonNull(decoders.get(page));
      }
    }
    return known;
  }

  private PageDecoder newDecoder(int number) {
    ColumnMetadata.Page page = pages.get(number);
    int buffers = page.getBufferOffsetsCount();
    if (page.getBufferSizesCount() != buffers) {
      throw corrupt("page buffer sizes", buffers, page.getBufferSizesCount(), number);
    }
    long[] positions = new long[buffers];
    long[] sizes = new long[buffers];
    for (int i = 0; i < buffers; i++) {
      positions[i] = page.getBufferOffsets(i);
      sizes[i] = page.getBufferSizes(i);
      if (positions[i] < 0 || sizes[i] < 0 || positions[i] > file.sizeBytes() - sizes[i]) {
        throw corrupt(
            "page buffer " + i,
            "inside " + file.sizeBytes() + " bytes",
            Long.toUnsignedString(positions[i]) + "+" + Long.toUnsignedString(sizes[i]),
            number);
      }
    }
    long rows = firstRow[number + 1] - firstRow[number];
    var context = new PageContext(file, name, number, positions, sizes, rows);
    try {
      return PageLayouts.decoder(context, layout(page, number), layers, shape, indices);
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptDataException(
          "page encoding: expected=a protobuf message, found="
              + e.getMessage()
              + " "
              + context.place(),
          e);
    }
  }

  private PageLayout layout(ColumnMetadata.Page page, int number)
      throws InvalidProtocolBufferException {
    com.google.protobuf.Any any;
    switch (page.getEncoding().getLocationCase()) {
      case DIRECT ->
          any = com.google.protobuf.Any.parseFrom(page.getEncoding().getDirect().getEncoding());
      case INDIRECT -> {
        var indirect = page.getEncoding().getIndirect();
        any =
            com.google.protobuf.Any.parseFrom(
                bytes(file, indirect.getBufferLocation(), indirect.getBufferLength(), place()));
      }
      case NONE, LOCATION_NOT_SET -> throw corrupt("page encoding", "present", "none", number);
      default -> throw corrupt("page encoding", "present", "unknown", number);
    }
    if (!any.getTypeUrl().equals(LAYOUT_URL)) {
      throw new UnsupportedFeatureException(
          "page encoding is not known: expected="
              + LAYOUT_URL
              + ", found="
              + any.getTypeUrl()
              + " (path="
              + file.path()
              + ", column="
              + name
              + ", page="
              + number
              + ")");
    }
    return PageLayout.parseFrom(any.getValue());
  }

  /// A message's bytes on the heap.
  static byte[] bytes(ObjectReader file, long position, long length, String place) {
    if (position < 0
        || length < 0
        || length > Integer.MAX_VALUE - 8
        || position > file.sizeBytes() - length) {
      throw new CorruptDataException(
          "metadata range: expected=inside "
              + file.sizeBytes()
              + " bytes, found="
              + Long.toUnsignedString(position)
              + "+"
              + Long.toUnsignedString(length)
              + " "
              + place);
    }
    if (file.mayBeCold()) {
      file.expect(List.of(new ObjectReader.Range(position, length)));
    }
    try (Arena arena = Arena.ofConfined()) {
      return file.view(position, length, arena).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private CorruptDataException corrupt(String what, Object expected, Object found, int page) {
    return new CorruptDataException(
        what
            + ": expected="
            + expected
            + ", found="
            + found
            + " (path="
            + file.path()
            + ", column="
            + name
            + " #"
            + ordinal
            + ", page="
            + page
            + ")");
  }
}
