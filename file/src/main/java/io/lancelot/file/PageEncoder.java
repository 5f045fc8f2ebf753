package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.file.EncodingOptions.ByteStreams;
import io.lancelot.file.EncodingOptions.Compression;
import io.lancelot.file.EncodingOptions.Structure;
import io.lancelot.file.proto.BlobLayout;
import io.lancelot.file.proto.PageLayout;
import io.lancelot.kernels.Zstd;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Chooses the layout and the encodings of a leaf's pages. Format: lance-format section 2.7.
final class PageEncoder {

  private static final int WIDE_BYTES = 256;
  private static final int MIN_COMPRESSED_BYTES = 32 << 10;
  private static final int MAX_PIECE_LEVELS = 0xFFFF;

  private final FileVersion version;
  private final EncodingOptions options;
  private final Scratch scratch;
  private final Leaf leaf;
  private final MiniBlockEncoder miniBlock;
  private final DictionaryEncoder dictionaries;

  /// What matters here about a leaf.
  ///
  /// @param options what its metadata asks for
  /// @param rowUnit how many rows of the leaf's pages make a row of the table: more than one below
  ///   fixed-size lists of structs
  /// @param nullable whether values themselves can be null
  /// @param blob whether the values are positions of large ones in the file
  /// @param packedOptions the options of each field of a packed struct
  record Leaf(
      FileVersion version,
      EncodingOptions options,
      String path,
      int rowUnit,
      boolean nullable,
      boolean blob,
      List<EncodingOptions> packedOptions) {

    Leaf {
      packedOptions = List.copyOf(packedOptions);
    }

    /// Whether slots of that size, none of them null, are stored one after the other as they are.
    boolean storesRaw(int slotBits) {
      return slotBits % 8 == 0
          && options.structure() != Structure.MINI_BLOCK
          && (slotBits / 8 >= WIDE_BYTES || options.structure() == Structure.FULL_ZIP);
    }
  }

  /// A page with the rows it holds.
  ///
  /// @param firstRow number of the first row among the leaf's rows
  record Rows(EncodedPage page, int count, long firstRow) {}

  /// @param scratch memory of the encoded pages; nothing in it is reset here
  PageEncoder(Leaf leaf, Scratch scratch) {
    this.version = leaf.version();
    this.options = leaf.options();
    this.scratch = scratch;
    this.leaf = leaf;
    this.miniBlock = new MiniBlockEncoder(version);
    this.dictionaries = new DictionaryEncoder(version, options, scratch);
  }

  /// The rows as one page, or as several if one cannot hold them, in memory of the scratch or of
  /// the slots themselves.
  ///
  /// @param firstRow number of the first row among the leaf's rows
  List<Rows> encode(LevelStreams levels, PageSlots slots, int rows, long firstRow) {
    List<Rows> pages = new ArrayList<>();
    encode(levels, slots, rows, firstRow, pages);
    return pages;
  }

  private void encode(
      LevelStreams levels, PageSlots slots, int rows, long firstRow, List<Rows> pages) {
    EncodedPage page = encodeWhole(levels, slots);
    if (page != null) {
      pages.add(new Rows(page, rows, firstRow));
      return;
    }
    if (rows <= leaf.rowUnit()) {
      if (!FullZipEncoder.handles(slots)) {
        throw new InvalidInputException(
            "row too large for its encoding: expected<="
                + MAX_PIECE_LEVELS
                + " items, found="
                + levels.count()
                + " (column="
                + leaf.path()
                + ")");
      }
      pages.add(new Rows(FullZipEncoder.encode(levels, slots, scratch), rows, firstRow));
      return;
    }
    encodePieces(levels, slots, rows, firstRow, pages);
  }

  private void encodePieces(
      LevelStreams levels, PageSlots slots, int rows, long firstRow, List<Rows> pages) {
    int limit = levels.count() > 2 * MAX_PIECE_LEVELS ? MAX_PIECE_LEVELS : (levels.count() + 1) / 2;
    int level = 0;
    int slot = 0;
    int row = 0;
    while (row < rows) {
      int endLevel = level;
      int endRow = row;
      while (endRow < rows) {
        int next = rowEnd(levels, endLevel);
        if (endRow > row && next - level > limit) {
          break;
        }
        endLevel = next;
        endRow += leaf.rowUnit();
      }
      int visible = levels.visible(level, endLevel);
      encode(
          levels.slice(level, endLevel - level),
          slots.slice(slot, visible, scratch),
          endRow - row,
          firstRow + row,
          pages);
      level = endLevel;
      slot += visible;
      row = endRow;
    }
  }

  private int rowEnd(LevelStreams levels, int from) {
    if (levels.rep() == null) {
      return from + leaf.rowUnit();
    }
    int end = from + 1;
    while (end < levels.count() && levels.repAt(end) != levels.maxRep()) {
      end++;
    }
    return end;
  }

  /// The page, or null if the rows do not fit into one.
  private @Nullable EncodedPage encodeWhole(LevelStreams levels, PageSlots slots) {
    if (leaf.blob() && slots instanceof PageSlots.Packed descriptors) {
      return blobs(levels, descriptors);
    }
    if (slots instanceof PageSlots.Absent
        || slots.count() == 0
        || leaf.nullable() && levels.allNull()) {
      return ConstantEncoder.allNull(levels, version != FileVersion.V2_1, scratch);
    }
    if (version != FileVersion.V2_1) {
      EncodedPage constant = ConstantEncoder.constant(levels, slots);
      if (constant != null) {
        return constant;
      }
    }
    return switch (slots) {
      case PageSlots.Absent _ ->
          ConstantEncoder.allNull(levels, version != FileVersion.V2_1, scratch);
      case PageSlots.Coded coded -> coded(levels, coded);
      case PageSlots.Fixed fixed -> fixed(levels, fixed);
      case PageSlots.Variable variable -> variable(levels, variable);
      case PageSlots.Packed packed -> packed(levels, packed);
    };
  }

  private @Nullable EncodedPage fixed(LevelStreams levels, PageSlots.Fixed slots) {
    PageSlots.Coded coded = dictionaries.code(levels, slots);
    if (coded != null) {
      return coded(levels, coded);
    }
    return wide(slots.width())
        ? FullZipEncoder.encode(levels, slots, scratch)
        : miniBlock.encode(levels, numbers(slots), null, scratch);
  }

  private @Nullable EncodedPage variable(LevelStreams levels, PageSlots.Variable slots) {
    PageSlots.Coded coded = dictionaries.code(levels, slots);
    if (coded != null) {
      return coded(levels, coded);
    }
    long maxBytes = slots.maxBytes();
    if (wide(maxBytes)) {
      TextEncoder.Coded values = wideValues(slots, maxBytes);
      return FullZipEncoder.variable(levels, values.slots(), values.encoding(), scratch);
    }
    TextEncoder.Coded text = TextEncoder.encode(slots, maxBytes, options, scratch);
    return miniBlock.encode(
        levels,
        compressed(
            ValueChunks.variable(text.slots(), text.encoding(), options.chunkBytes(), scratch)),
        null,
        scratch);
  }

  /// Values of varying size under general compression where it was asked for, or where values are
  /// so large that the time for each does not matter.
  private TextEncoder.Coded wideValues(PageSlots.Variable slots, long maxBytes) {
    TextEncoder.Coded plain = new TextEncoder.Coded(slots, Encodings.variable(slots.offsetBits()));
    if (slots.totalBytes() >= MIN_COMPRESSED_BYTES) {
      GeneralCodec codec = options.codec();
      if (codec != null) {
        return GeneralValues.each(plain, codec, scratch);
      }
      if (options.compression() == Compression.AUTOMATIC && maxBytes > MIN_COMPRESSED_BYTES) {
        GeneralCodec zstd = new GeneralCodec.ZstdCodec(new Zstd(), 0);
        if (GeneralValues.promising(slots, zstd, scratch)) {
          return GeneralValues.each(plain, zstd, scratch);
        }
      }
    }
    return TextEncoder.encode(slots, maxBytes, options, scratch);
  }

  private ValueChunks compressed(ValueChunks chunks) {
    GeneralCodec codec = options.codec();
    ValueChunks smaller = codec == null ? null : GeneralValues.chunks(chunks, codec, scratch);
    return smaller == null ? chunks : smaller;
  }

  private ValueChunks numbers(PageSlots.Fixed slots) {
    ValueChunks plain = compressed(FixedEncoder.encode(slots, options, scratch));
    GeneralCodec codec = options.codec();
    if (codec == null || options.byteStreams() == ByteStreams.OFF) {
      return plain;
    }
    ValueChunks streams = FixedEncoder.byteStreams(slots, scratch);
    ValueChunks split = streams == null ? null : GeneralValues.chunks(streams, codec, scratch);
    if (split == null) {
      return plain;
    }
    boolean better =
        options.byteStreams() == ByteStreams.ON || split.totalBytes() < plain.totalBytes();
    return better ? split : plain;
  }

  private @Nullable EncodedPage blobs(LevelStreams levels, PageSlots.Packed descriptors) {
    BlobSlotBuffer.markMissing(descriptors, levels);
    EncodedPage inner = packed(LevelStreams.allValid(levels.count()), descriptors);
    return inner == null
        ? null
        : new EncodedPage(
            PageLayout.newBuilder()
                .setBlobLayout(
                    BlobLayout.newBuilder()
                        .setInnerLayout(inner.layout())
                        .addAllLayers(levels.layers()))
                .build(),
            inner.buffers());
  }

  private @Nullable EncodedPage packed(LevelStreams levels, PageSlots.Packed slots) {
    if (slots.fixed()) {
      return miniBlock.encode(levels, PackedRows.fixed(slots, scratch), null, scratch);
    }
    PackedRows rows = new PackedRows(scratch);
    for (int i = 0; i < slots.children().size(); i++) {
      switch (slots.children().get(i)) {
        case PageSlots.Fixed fixed -> rows.add(fixed);
        case PageSlots.Variable variable ->
            rows.add(
                TextEncoder.encode(
                    variable, variable.maxBytes(), leaf.packedOptions().get(i), scratch));
        case PageSlots.Coded _, PageSlots.Absent _, PageSlots.Packed _ ->
            throw new IllegalArgumentException("no row form: " + slots.children().get(i));
      }
    }
    return FullZipEncoder.variable(levels, rows.rows(slots.count()), rows.encoding(), scratch);
  }

  private @Nullable EncodedPage coded(LevelStreams levels, PageSlots.Coded coded) {
    return miniBlock.encode(
        levels,
        FixedEncoder.encode(coded.indices(), options, scratch),
        dictionaries.encode(coded.values()),
        scratch);
  }

  private boolean wide(long bytes) {
    return switch (options.structure()) {
      case AUTOMATIC -> bytes >= WIDE_BYTES;
      case MINI_BLOCK -> false;
      case FULL_ZIP -> true;
    };
  }
}
