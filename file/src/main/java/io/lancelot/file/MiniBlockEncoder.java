package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.MiniBlockLayout;
import io.lancelot.file.proto.PageLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes pages of small values: chunks of a few KiB with levels and values together. Format:
/// lance-format section 2.3.
final class MiniBlockEncoder {

  private static final int MAX_LEVELS = 0xFFFF;
  private static final int MAX_CHUNK_BYTES_2_1 = 32 << 10;
  private static final byte PAD = (byte) 0xFE;

  private final FileVersion version;

  MiniBlockEncoder(FileVersion version) {
    this.version = version;
  }

  private boolean largeChunks() {
    return version != FileVersion.V2_1;
  }

  /// A dictionary that the values are positions in.
  record Dictionary(
      io.lancelot.file.proto.CompressiveEncoding encoding, int count, MemorySegment bytes) {}

  /// The page, or null if a chunk would be larger than the format allows.
  @Nullable EncodedPage encode(
      LevelStreams levels, ValueChunks values, @Nullable Dictionary dictionary, Scratch scratch) {
    int[] ends = levelEnds(levels, values.counts());
    if (levels.present()) {
      for (int i = 0; i < ends.length; i++) {
        if (ends[i] - (i == 0 ? 0 : ends[i - 1]) > MAX_LEVELS) {
          return null;
        }
      }
    }
    LevelChunks rep = levelChunks(levels.rep(), ends, scratch);
    LevelChunks def = levelChunks(levels.def(), ends, scratch);
    if (rep == null && levels.rep() != null || def == null && levels.def() != null) {
      return null;
    }
    long[] chunkBytes = chunkBytes(values, rep, def);
    if (chunkBytes == null) {
      return null;
    }
    MiniBlockLayout.Builder layout =
        MiniBlockLayout.newBuilder()
            .setValueCompression(values.encoding())
            .addAllLayers(levels.layers())
            .setNumBuffers(values.buffers())
            .setHasLargeChunk(largeChunks());
    long items = 0;
    for (int count : values.counts()) {
      items += count;
    }
    layout.setNumItems(items);
    if (rep != null) {
      layout.setRepCompression(rep.encoding()).setRepetitionIndexDepth(1);
    }
    if (def != null) {
      layout.setDefCompression(def.encoding());
    }
    List<MemorySegment> buffers = new ArrayList<>();
    buffers.add(words(values.counts(), chunkBytes, scratch));
    buffers.add(chunks(values, levels.present(), ends, rep, def, chunkBytes, scratch));
    if (dictionary != null) {
      layout.setDictionary(dictionary.encoding()).setNumDictionaryItems(dictionary.count());
      buffers.add(dictionary.bytes());
    }
    if (levels.rep() != null) {
      buffers.add(repetitionIndex(levels, ends, scratch));
    }
    return new EncodedPage(PageLayout.newBuilder().setMiniBlockLayout(layout).build(), buffers);
  }

  /// Where the levels of each chunk end: right after the level of its last value; items without a
  /// value go with the next chunk, the last chunk takes what is left.
  private static int[] levelEnds(LevelStreams levels, int[] counts) {
    int[] ends = new int[counts.length];
    int at = 0;
    for (int i = 0; i < counts.length; i++) {
      if (!levels.hasInvisible()) {
        at += counts[i];
      } else {
        for (int visible = 0; visible < counts[i]; at++) {
          visible += levels.defAt(at) <= levels.maxVisibleDef() ? 1 : 0;
        }
      }
      ends[i] = at;
    }
    ends[counts.length - 1] = levels.count();
    return ends;
  }

  private @Nullable LevelChunks levelChunks(
      @Nullable MemorySegment levels, int[] ends, Scratch scratch) {
    return levels == null ? null : LevelChunks.of(levels, ends, largeChunks(), scratch);
  }

  private int headerBytes(int buffers, boolean rep, boolean def) {
    int bytes = 2 + (rep ? 2 : 0) + (def ? 2 : 0) + buffers * (largeChunks() ? 4 : 2);
    return (bytes + 7) & -8;
  }

  private long @Nullable [] chunkBytes(
      ValueChunks values, @Nullable LevelChunks rep, @Nullable LevelChunks def) {
    long[] bytes = new long[values.counts().length];
    int header = headerBytes(values.buffers(), rep != null, def != null);
    for (int i = 0; i < bytes.length; i++) {
      long size = header;
      if (rep != null) {
        size += align8(rep.sizes()[i]);
      }
      if (def != null) {
        size += align8(def.sizes()[i]);
      }
      for (int b = 0; b < values.buffers(); b++) {
        size += align8(values.sizes()[i * values.buffers() + b]);
      }
      if (size > (largeChunks() ? Integer.MAX_VALUE : MAX_CHUNK_BYTES_2_1)) {
        return null;
      }
      bytes[i] = size;
    }
    return bytes;
  }

  private MemorySegment words(int[] counts, long[] chunkBytes, Scratch scratch) {
    int width = largeChunks() ? 4 : 2;
    MemorySegment words = scratch.allocateBytes((long) counts.length * width);
    for (int i = 0; i < counts.length; i++) {
      int log = i == counts.length - 1 ? 0 : Integer.numberOfTrailingZeros(counts[i]);
      int word = (int) ((chunkBytes[i] / 8 - 1) << 4) | log;
      if (width == 4) {
        words.set(FixedColumn.INT, 4L * i, word);
      } else {
        words.set(FixedColumn.SHORT, 2L * i, (short) word);
      }
    }
    return words;
  }

  private MemorySegment chunks(
      ValueChunks values,
      boolean levels,
      int[] ends,
      @Nullable LevelChunks rep,
      @Nullable LevelChunks def,
      long[] chunkBytes,
      Scratch scratch) {
    long total = 0;
    for (long bytes : chunkBytes) {
      total += bytes;
    }
    MemorySegment target = scratch.allocateBytes(total);
    long at = 0;
    long repAt = 0;
    long defAt = 0;
    long valueAt = 0;
    int buffers = values.buffers();
    for (int i = 0; i < chunkBytes.length; i++) {
      int count = levels ? ends[i] - (i == 0 ? 0 : ends[i - 1]) : 0;
      long start = at;
      at = put16(target, at, count);
      at = rep == null ? at : put16(target, at, rep.sizes()[i]);
      at = def == null ? at : put16(target, at, def.sizes()[i]);
      for (int b = 0; b < buffers; b++) {
        int size = values.sizes()[i * buffers + b];
        if (largeChunks()) {
          target.set(FixedColumn.INT, at, size);
          at += 4;
        } else {
          at = put16(target, at, size);
        }
      }
      at = pad(target, at);
      if (rep != null) {
        at = put(target, at, rep.bytes(), repAt, rep.sizes()[i]);
        repAt += rep.sizes()[i];
      }
      if (def != null) {
        at = put(target, at, def.bytes(), defAt, def.sizes()[i]);
        defAt += def.sizes()[i];
      }
      for (int b = 0; b < buffers; b++) {
        int size = values.sizes()[i * buffers + b];
        at = put(target, at, values.bytes(), valueAt, size);
        valueAt += size;
      }
      assert at - start == chunkBytes[i];
    }
    return target;
  }

  private static long put(
      MemorySegment target, long at, MemorySegment source, long from, int size) {
    MemorySegment.copy(source, from, target, at, size);
    return pad(target, at + size);
  }

  private static long put16(MemorySegment target, long at, int value) {
    target.set(FixedColumn.SHORT, at, (short) value);
    return at + 2;
  }

  private static long pad(MemorySegment target, long at) {
    long end = align8(at);
    for (long i = at; i < end; i++) {
      target.set(java.lang.foreign.ValueLayout.JAVA_BYTE, i, PAD);
    }
    return end;
  }

  private static long align8(long size) {
    return (size + 7) & -8;
  }

  /// Rows that end in each chunk, and levels left over of the row that does not.
  private static MemorySegment repetitionIndex(LevelStreams levels, int[] ends, Scratch scratch) {
    int chunks = ends.length;
    long[] pairs = new long[2 * chunks];
    int rowStart = levels.maxRep();
    for (int i = 0; i < chunks; i++) {
      int from = i == 0 ? 0 : ends[i - 1];
      int rows = 0;
      int last = from;
      for (int j = from + 1; j < ends[i]; j++) {
        if (levels.repAt(j) == rowStart) {
          rows++;
          last = j;
        }
      }
      if (i > 0 && ends[i] > from && levels.repAt(from) == rowStart && pairs[2 * i - 1] != 0) {
        pairs[2 * i - 2]++;
        pairs[2 * i - 1] = 0;
      }
      boolean end = i == chunks - 1;
      pairs[2 * i] = end ? rows + 1 : rows;
      pairs[2 * i + 1] = end ? 0 : ends[i] - last;
    }
    MemorySegment index = scratch.allocateBytes(16L * chunks);
    MemorySegment.copy(pairs, 0, index, FixedColumn.LONG, 0, pairs.length);
    return index;
  }
}
