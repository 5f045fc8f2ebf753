package io.lancelot.kernels;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Decodes Zstandard frames: headers here, blocks and their sequences below.
///
/// The plain bytes pass through a window of fixed size; a match that reaches farther back is copied
/// from the target, where everything before the window already lies. So the memory a frame needs
/// does not depend on the window size it declares.
final class ZstdDecoder {

  static final int MAGIC = 0xFD2FB528;
  static final int SKIPPABLE = 0x184D2A50;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Free room before a block: bit streams are read backwards in words of eight bytes, and a
  /// damaged one is noticed only after a step beyond its start.
  private static final int FRONT = 64;

  private static final int HISTORY = 512 << 10;
  private static final int WINDOW = HISTORY + 2 * ZstdTables.MAX_BLOCK;

  private static final ZstdFse LITERAL_LENGTHS =
      ZstdFse.predefined(
          ZstdTables.PREDEFINED_LITERALS,
          ZstdTables.PREDEFINED_LITERAL_LOG,
          ZstdTables.LITERAL_BASE,
          ZstdTables.LITERAL_BITS);
  private static final ZstdFse MATCH_LENGTHS =
      ZstdFse.predefined(
          ZstdTables.PREDEFINED_MATCHES,
          ZstdTables.PREDEFINED_MATCH_LOG,
          ZstdTables.MATCH_BASE,
          ZstdTables.MATCH_BITS);
  private static final ZstdFse OFFSETS =
      ZstdFse.predefined(
          ZstdTables.PREDEFINED_OFFSETS,
          ZstdTables.PREDEFINED_OFFSET_LOG,
          ZstdTables.OFFSET_BASE,
          ZstdTables.OFFSET_BITS);

  private final byte[] in = new byte[FRONT + ZstdTables.MAX_BLOCK + Bytes.SLACK];
  private final byte[] decodedLiterals = new byte[ZstdTables.MAX_BLOCK + Bytes.SLACK];
  private byte[] window = new byte[0];

  private final ZstdHuffman huffman = new ZstdHuffman();
  private final ZstdFse ownLiteralLengths = new ZstdFse();
  private final ZstdFse ownMatchLengths = new ZstdFse();
  private final ZstdFse ownOffsets = new ZstdFse();

  /// The tables in use, predefined or own.
  private ZstdFse literalLengths = LITERAL_LENGTHS;

  private ZstdFse matchLengths = MATCH_LENGTHS;
  private ZstdFse offsets = OFFSETS;
  private boolean tablesPresent;

  private final long[] repeated = new long[3];

  /// The literals of the block being decoded, in `in` or in `decodedLiterals`.
  private byte[] literals = decodedLiterals;

  private int literalsAt;
  private int literalsEnd;

  private MemorySegment source = MemorySegment.NULL;
  private MemorySegment target = MemorySegment.NULL;
  private long sourceAt;
  private long frameStart;
  private long windowBase;
  private int windowAt;
  private int windowFlushed;

  /// Decodes all frames of `source` into the head of `target` and returns their plain length.
  long decode(MemorySegment source, MemorySegment target) {
    this.source = source;
    this.target = target;
    int capacity = (int) Math.min(WINDOW, target.byteSize()) + Bytes.SLACK;
    if (window.length < capacity) {
      window = new byte[capacity];
    }
    sourceAt = 0;
    windowBase = 0;
    windowAt = 0;
    windowFlushed = 0;
    try {
      while (sourceAt < source.byteSize()) {
        decodeFrame();
      }
      flush();
      return windowBase + windowAt;
    } catch (CorruptDataException e) {
      throw new CorruptDataException(e.getMessage() + " at byte " + sourceAt, e);
    } finally {
      this.source = MemorySegment.NULL;
      this.target = MemorySegment.NULL;
    }
  }

  /// The plain length of all frames, if all of them declare it.
  OptionalLong contentBytes(MemorySegment source) {
    this.source = source;
    sourceAt = 0;
    try {
      long sum = 0;
      while (sourceAt < source.byteSize()) {
        Header header = readHeader();
        if (header == null) {
          continue;
        }
        if (header.contentBytes < 0) {
          return OptionalLong.empty();
        }
        sum += header.contentBytes;
        if (sum < 0) {
          throw corrupt("content size", "a sum below 2^63", "more");
        }
        skipBlocks(header.checksum);
      }
      return OptionalLong.of(sum);
    } catch (CorruptDataException e) {
      throw new CorruptDataException(e.getMessage() + " at byte " + sourceAt, e);
    } finally {
      this.source = MemorySegment.NULL;
    }
  }

  /// A bound on the plain length of all frames: what they declare, or what their blocks can hold.
  long maxContentBytes(MemorySegment source) {
    this.source = source;
    sourceAt = 0;
    try {
      long sum = 0;
      while (sourceAt < source.byteSize()) {
        Header header = readHeader();
        if (header != null) {
          long most = skipBlocks(header.checksum);
          sum += header.contentBytes < 0 ? most : Math.min(most, header.contentBytes);
        }
      }
      return sum;
    } catch (CorruptDataException e) {
      throw new CorruptDataException(e.getMessage() + " at byte " + sourceAt, e);
    } finally {
      this.source = MemorySegment.NULL;
    }
  }

  /// `contentBytes` is -1 where the frame does not say.
  private record Header(long contentBytes, boolean checksum) {}

  /// Reads the header of a frame, or skips a skippable frame and returns null.
  private @Nullable Header readHeader() {
    int magic = (int) take(4);
    if ((magic & 0xfffffff0) == SKIPPABLE) {
      long length = take(4);
      need(length);
      sourceAt += length;
      return null;
    }
    if (magic != MAGIC) {
      throw corrupt("frame magic", Integer.toHexString(MAGIC), Integer.toHexString(magic));
    }
    int descriptor = (int) take(1);
    if ((descriptor & 8) != 0) {
      throw corrupt("reserved bit of the frame header", 0, 1);
    }
    boolean single = (descriptor & 0x20) != 0;
    if (!single) {
      take(1);
    }
    int dictionaryBytes = (1 << (descriptor & 3)) >> 1;
    long dictionary = dictionaryBytes == 0 ? 0 : take(dictionaryBytes);
    if (dictionary != 0) {
      throw new UnsupportedFeatureException("zstd frame with dictionary id " + dictionary);
    }
    long content =
        switch (descriptor >>> 6) {
          case 0 -> single ? take(1) : -1;
          case 1 -> take(2) + 256;
          case 2 -> take(4);
          default -> take(8);
        };
    if (descriptor >>> 6 == 3 && content < 0) {
      throw corrupt("content size", "below 2^63", Long.toUnsignedString(content));
    }
    return new Header(content, (descriptor & 4) != 0);
  }

  /// Skips the blocks of a frame and returns how many plain bytes they hold at most.
  private long skipBlocks(boolean checksum) {
    long most = 0;
    boolean last = false;
    while (!last) {
      int block = (int) take(3);
      last = (block & 1) != 0;
      int type = block >>> 1 & 3;
      int length = type == 1 ? 1 : block >>> 3;
      need(length);
      sourceAt += length;
      most += type == 2 ? ZstdTables.MAX_BLOCK : block >>> 3;
    }
    if (checksum) {
      take(4);
    }
    return most;
  }

  private void decodeFrame() {
    Header header = readHeader();
    if (header == null) {
      return;
    }
    frameStart = windowBase + windowAt;
    if (header.contentBytes > target.byteSize() - frameStart) {
      throw corrupt(
          "content size", "at most " + (target.byteSize() - frameStart), header.contentBytes);
    }
    repeated[0] = 1;
    repeated[1] = 4;
    repeated[2] = 8;
    huffman.present = false;
    tablesPresent = false;
    boolean last = false;
    while (!last) {
      int block = (int) take(3);
      last = (block & 1) != 0;
      decodeBlock(block >>> 1 & 3, block >>> 3);
    }
    long length = windowBase + windowAt - frameStart;
    if (header.contentBytes >= 0 && length != header.contentBytes) {
      throw corrupt("frame content", header.contentBytes + " bytes", length);
    }
    if (header.checksum) {
      flush();
      int expected = (int) take(4);
      int found = (int) XxHash64.hash(target.asSlice(frameStart, length));
      if (expected != found) {
        throw corrupt(
            "content checksum", Integer.toHexString(expected), Integer.toHexString(found));
      }
    }
  }

  private void decodeBlock(int type, int length) {
    if (length > ZstdTables.MAX_BLOCK) {
      throw corrupt("block length", "at most " + ZstdTables.MAX_BLOCK, length);
    }
    long room = target.byteSize() - windowBase - windowAt;
    if (type < 2 && length > room) {
      throw corrupt("plain block", "at most " + room, length);
    }
    makeRoom();
    switch (type) {
      case 0 -> {
        need(length);
        MemorySegment.copy(source, ValueLayout.JAVA_BYTE, sourceAt, window, windowAt, length);
        sourceAt += length;
        windowAt += length;
      }
      case 1 -> {
        Arrays.fill(window, windowAt, windowAt + length, (byte) take(1));
        windowAt += length;
      }
      case 2 -> {
        need(length);
        MemorySegment.copy(source, ValueLayout.JAVA_BYTE, sourceAt, in, FRONT, length);
        // What lies beyond must not depend on the block before.
        Arrays.fill(in, FRONT + length, FRONT + length + Bytes.SLACK, (byte) 0);
        int sequencesAt = decodeLiterals(FRONT, FRONT + length);
        decodeSequences(sequencesAt, FRONT + length, (int) Math.min(room, ZstdTables.MAX_BLOCK));
        sourceAt += length;
      }
      default -> throw corrupt("block type", "0..2", type);
    }
  }

  private void makeRoom() {
    if (window.length - Bytes.SLACK - windowAt >= ZstdTables.MAX_BLOCK
        || window.length - Bytes.SLACK >= target.byteSize() - windowBase) {
      return;
    }
    flush();
    int slide = windowAt - HISTORY;
    System.arraycopy(window, slide, window, 0, HISTORY);
    windowBase += slide;
    windowAt = HISTORY;
    windowFlushed = HISTORY;
  }

  private void flush() {
    MemorySegment.copy(
        window,
        windowFlushed,
        target,
        ValueLayout.JAVA_BYTE,
        windowBase + windowFlushed,
        windowAt - windowFlushed);
    windowFlushed = windowAt;
  }

  /// Decodes the literals section at `in[at…limit)` and returns where it ends.
  private int decodeLiterals(int at, int limit) {
    if (limit - at < 2) {
      throw corrupt("compressed block", "at least 2 bytes", limit - at);
    }
    long header = Bytes.longAt(in, at);
    int type = (int) header & 3;
    int format = (int) header >>> 2 & 3;
    if (type < 2) {
      int headerBytes = format == 1 ? 2 : format == 3 ? 3 : 1;
      int count =
          (format & 1) == 0
              ? (int) header >>> 3 & 0x1f
              : (int) header >>> 4 & (format == 1 ? 0xfff : 0xfffff);
      return plainLiterals(type == 0, at + headerBytes, limit, count);
    }
    int headerBytes = format < 2 ? 3 : format + 2;
    int width = format < 2 ? 10 : format == 2 ? 14 : 18;
    int count = (int) (header >>> 4) & ((1 << width) - 1);
    int length = (int) (header >>> (4 + width)) & ((1 << width) - 1);
    at += headerBytes;
    checkLiteralCount(count);
    if (length > limit - at) {
      throw corrupt("literals", "at most " + (limit - at) + " bytes", length);
    }
    int end = at + length;
    if (type == 2) {
      at = huffman.read(in, at, end);
    } else if (!huffman.present) {
      throw corrupt("literals", "a huffman tree to repeat", "none");
    }
    if (format == 0) {
      huffman.decodeOne(in, at, end, decodedLiterals, 0, count);
    } else {
      huffman.decodeFour(in, at, end, decodedLiterals, 0, count);
    }
    literals = decodedLiterals;
    literalsAt = 0;
    literalsEnd = count;
    return end;
  }

  private int plainLiterals(boolean raw, int at, int limit, int count) {
    checkLiteralCount(count);
    int length = raw ? count : 1;
    if (length > limit - at) {
      throw corrupt("literals", length + " bytes", limit - at);
    }
    if (raw) {
      literals = in;
      literalsAt = at;
      literalsEnd = at + count;
    } else {
      Arrays.fill(decodedLiterals, 0, count, in[at]);
      literals = decodedLiterals;
      literalsAt = 0;
      literalsEnd = count;
    }
    return at + length;
  }

  private static void checkLiteralCount(int count) {
    if (count > ZstdTables.MAX_BLOCK) {
      throw corrupt("literals", "at most " + ZstdTables.MAX_BLOCK, count);
    }
  }

  private void decodeSequences(int at, int limit, int room) {
    if (at >= limit) {
      throw corrupt("sequences", "a byte", "the end of the block");
    }
    int count = in[at++] & 0xff;
    if (count > 127) {
      if (count < 255) {
        count = ((count - 128) << 8) + (in[at++] & 0xff);
      } else {
        count = Bytes.unsignedShort(in, at) + 0x7F00;
        at += 2;
      }
    }
    int roomEnd = windowAt + room;
    if (count > 0) {
      at = readTables(at, limit);
      runSequences(count, at, limit, roomEnd);
    } else if (at != limit) {
      throw corrupt("block without sequences", "its end", (limit - at) + " more bytes");
    }
    int rest = literalsEnd - literalsAt;
    if (rest > roomEnd - windowAt) {
      throw corrupt("plain block", "at most " + room, "more");
    }
    System.arraycopy(literals, literalsAt, window, windowAt, rest);
    windowAt += rest;
  }

  private int readTables(int at, int limit) {
    if (at >= limit) {
      throw corrupt("sequence modes", "a byte", "the end of the block");
    }
    int modes = in[at++] & 0xff;
    if ((modes & 3) != 0) {
      throw corrupt("reserved bits of the sequence modes", 0, modes & 3);
    }
    int mode = modes >>> 6;
    literalLengths = chooseTable(mode, literalLengths, LITERAL_LENGTHS, ownLiteralLengths);
    at =
        readTable(
            mode,
            ownLiteralLengths,
            at,
            limit,
            ZstdTables.MAX_LITERAL_LOG,
            ZstdTables.LITERAL_BASE,
            ZstdTables.LITERAL_BITS);
    mode = modes >>> 4 & 3;
    offsets = chooseTable(mode, offsets, OFFSETS, ownOffsets);
    at =
        readTable(
            mode,
            ownOffsets,
            at,
            limit,
            ZstdTables.MAX_OFFSET_LOG,
            ZstdTables.OFFSET_BASE,
            ZstdTables.OFFSET_BITS);
    mode = modes >>> 2 & 3;
    matchLengths = chooseTable(mode, matchLengths, MATCH_LENGTHS, ownMatchLengths);
    at =
        readTable(
            mode,
            ownMatchLengths,
            at,
            limit,
            ZstdTables.MAX_MATCH_LOG,
            ZstdTables.MATCH_BASE,
            ZstdTables.MATCH_BITS);
    tablesPresent = true;
    return at;
  }

  private ZstdFse chooseTable(int mode, ZstdFse previous, ZstdFse predefined, ZstdFse own) {
    if (mode == 3 && !tablesPresent) {
      throw corrupt("sequence mode", "a table to repeat", "none");
    }
    return switch (mode) {
      case 0 -> predefined;
      case 3 -> previous;
      default -> own;
    };
  }

  private int readTable(
      int mode, ZstdFse table, int at, int limit, int maxLog, int[] bases, byte[] bits) {
    if (mode == 1) {
      int symbol = at < limit ? in[at] & 0xff : -1;
      if (symbol < 0 || symbol >= bases.length) {
        throw corrupt("repeated symbol", "0.." + (bases.length - 1), symbol);
      }
      table.single(bases[symbol], bits[symbol]);
      return at + 1;
    }
    if (mode == 2) {
      table.read(in, at, limit, bases.length - 1, maxLog, bases, bits);
      return table.end;
    }
    return at;
  }

  /// Decodes the sequences and carries them out.
  private void runSequences(int count, int at, int limit, int roomEnd) {
    byte[] from = in;
    byte[] out = window;
    byte[] text = literals;
    long[] literalEntries = literalLengths.entries;
    long[] matchEntries = matchLengths.entries;
    long[] offsetEntries = offsets.entries;
    int op = windowAt;
    int lp = literalsAt;
    int literalEnd = literalsEnd;
    int frameFloor = (int) Math.max(0, frameStart - windowBase);
    long start = at * 8L;
    long position = streamEnd(from, at, limit);
    position -= literalLengths.log;
    int literalState = bitsAt(from, position, literalLengths.log);
    position -= offsets.log;
    int offsetState = bitsAt(from, position, offsets.log);
    position -= matchLengths.log;
    int matchState = bitsAt(from, position, matchLengths.log);
    for (int i = 1; i <= count; i++) {
      long literalEntry = literalEntries[literalState];
      long matchEntry = matchEntries[matchState];
      long offsetEntry = offsetEntries[offsetState];
      int offsetBits = (int) offsetEntry >>> 8 & 0xff;
      int matchBits = (int) matchEntry >>> 8 & 0xff;
      int literalBits = (int) literalEntry >>> 8 & 0xff;

      long word = bitsBelow(from, position);
      long offset = (offsetEntry >>> 32) + (word >>> 1 >>> (63 - offsetBits));
      word <<= offsetBits;
      int match = (int) (matchEntry >>> 32) + (int) (word >>> 1 >>> (63 - matchBits));
      position -= offsetBits + matchBits;
      word = bitsBelow(from, position);
      int run = (int) (literalEntry >>> 32) + (int) (word >>> 1 >>> (63 - literalBits));
      word <<= literalBits;
      position -= literalBits;
      if (i < count) {
        int width = (int) literalEntry & 0xff;
        literalState = ((int) literalEntry >>> 16) + (int) (word >>> 1 >>> (63 - width));
        word <<= width;
        position -= width;
        width = (int) matchEntry & 0xff;
        matchState = ((int) matchEntry >>> 16) + (int) (word >>> 1 >>> (63 - width));
        word <<= width;
        position -= width;
        width = (int) offsetEntry & 0xff;
        offsetState = ((int) offsetEntry >>> 16) + (int) (word >>> 1 >>> (63 - width));
        position -= width;
      }
      if (position < start) {
        throw corrupt("sequences", count, i);
      }
      long distance = distance(offset, run);
      if (run > literalEnd - lp || run + match > roomEnd - op) {
        throw corrupt(
            "sequence " + i,
            "at most " + (literalEnd - lp) + " literals and " + (roomEnd - op) + " bytes",
            run + " and " + (run + match));
      }
      if (run <= 16) {
        Bytes.putLong(out, op, Bytes.longAt(text, lp));
        Bytes.putLong(out, op + 8, Bytes.longAt(text, lp + 8));
      } else {
        Bytes.copyLoosely(text, lp, out, op, run);
      }
      lp += run;
      op += run;
      if (distance > op - frameFloor || distance <= 0) {
        copyFar(op, distance, match);
      } else if (distance >= 16 && match <= 32) {
        copyShort(out, op - (int) distance, op);
      } else {
        Bytes.copyMatch(out, op, (int) distance, match);
      }
      op += match;
    }
    if (position != start) {
      throw corrupt("sequences", "all bits used", (position - start) + " left");
    }
    windowAt = op;
    literalsAt = lp;
  }

  private static void copyShort(byte[] out, int from, int to) {
    Bytes.putLong(out, to, Bytes.longAt(out, from));
    Bytes.putLong(out, to + 8, Bytes.longAt(out, from + 8));
    Bytes.putLong(out, to + 16, Bytes.longAt(out, from + 16));
    Bytes.putLong(out, to + 24, Bytes.longAt(out, from + 24));
  }

  /// Turns the offset of a sequence into a distance and keeps the last three of them.
  private long distance(long offset, int run) {
    long[] last = repeated;
    if (offset > 3) {
      last[2] = last[1];
      last[1] = last[0];
      last[0] = offset - 3;
      return offset - 3;
    }
    int which = (int) offset - (run == 0 ? 0 : 1);
    if (which == 0) {
      return last[0];
    }
    long distance = which == 3 ? last[0] - 1 : last[which];
    if (which > 1) {
      last[2] = last[1];
    }
    last[1] = last[0];
    last[0] = distance;
    return distance;
  }

  /// A match that starts before the window, if not before the frame.
  private void copyFar(int op, long distance, int match) {
    long produced = windowBase + op - frameStart;
    if (distance <= 0 || distance > produced) {
      throw corrupt("match distance", "1.." + produced, distance);
    }
    long from = windowBase + op - distance;
    int before = (int) Math.min(match, windowBase - from);
    MemorySegment.copy(target, ValueLayout.JAVA_BYTE, from, window, op, before);
    if (match > before) {
      System.arraycopy(window, 0, window, op + before, match - before);
    }
  }

  /// The position in bits after the last bit of the backward stream `in[at…limit)`: below the
  /// highest bit set in its last byte.
  static long streamEnd(byte[] in, int at, int limit) {
    if (at >= limit || in[limit - 1] == 0) {
      throw corrupt("bit stream", "an end mark", at >= limit ? "no bytes" : "0");
    }
    return limit * 8L - 1 - Integer.numberOfLeadingZeros((in[limit - 1] & 0xff) << 24);
  }

  /// The 56 or more bits below a position, the first of them in the highest bit.
  static long bitsBelow(byte[] in, long position) {
    return Bytes.longAt(in, (int) (position >>> 3) - 7) << (8 - (int) (position & 7));
  }

  private static int bitsAt(byte[] in, long position, int width) {
    return (int) (Bytes.longAt(in, (int) (position >>> 3)) >>> (position & 7)) & ((1 << width) - 1);
  }

  private void need(long bytes) {
    if (bytes > source.byteSize() - sourceAt) {
      throw corrupt("frame", bytes + " more bytes", source.byteSize() - sourceAt);
    }
  }

  private long take(int bytes) {
    need(bytes);
    long value;
    if (bytes == 8) {
      value = source.get(LONG, sourceAt);
    } else if (bytes == 4) {
      value = source.get(INT, sourceAt) & 0xffffffffL;
    } else {
      value = 0;
      for (int i = 0; i < bytes; i++) {
        value |= (source.get(ValueLayout.JAVA_BYTE, sourceAt + i) & 0xffL) << (8 * i);
      }
    }
    sourceAt += bytes;
    return value;
  }

  static CorruptDataException corrupt(String what, Object expected, Object found) {
    return new CorruptDataException(
        "zstd frame: " + what + ": expected=" + expected + ", found=" + found);
  }
}
