package io.lancelot.kernels;

import io.lancelot.base.InvalidInputException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Decodes strings coded with a Fast Static Symbol Table: each byte stands for a symbol of one to
/// eight bytes, 255 escapes a literal byte. Every value is coded by itself, so one can be read
/// without its neighbours.
///
/// An instance holds one table at a time and its work area, and is not thread-safe. [FsstEncoder]
/// writes what this reads.
///
/// Format: `Fsst` of Lance; FSST, VLDB 2020.
public final class Fsst {

  /// The length of a stored symbol table.
  public static final int TABLE_BYTES = 2312;

  /// The most plain bytes a coded byte stands for.
  public static final int MAX_SYMBOL_BYTES = 8;

  static final int ESCAPE = 255;
  static final int MAGIC = 0x46535354;
  static final int SYMBOLS_AT = 8;

  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final String FORMAT = "fsst";
  private static final int STAGED = 8 << 10;

  private final long[] symbols = new long[256];
  private final int[] lengths = new int[256];
  private final byte[] staged = new byte[STAGED + Bytes.SLACK];
  private final byte[] decoded = new byte[STAGED * MAX_SYMBOL_BYTES + Bytes.SLACK];
  private boolean verbatim;

  /// Whether every code but the escape has a symbol.
  private boolean complete;

  /// Bytes of the last decoded piece that were used: one less than given if it ended in an escape.
  private int used;

  /// A decoder without a table: [#load] one first.
  public Fsst() {}

  /// Takes over a stored symbol table.
  ///
  /// @throws io.lancelot.base.CorruptDataException if it is not one
  public void load(MemorySegment table) {
    if (table.byteSize() != TABLE_BYTES) {
      throw Bytes.corrupt(FORMAT, "symbol table bytes", TABLE_BYTES, table.byteSize(), 0);
    }
    long info = table.get(LONG, 0);
    if ((int) (info >>> 32) != MAGIC) {
      throw Bytes.corrupt(
          FORMAT,
          "symbol table magic",
          Integer.toHexString(MAGIC),
          Integer.toHexString((int) (info >>> 32)),
          4);
    }
    int mode = (int) (info >>> 24) & 0xff;
    if (mode > 1) {
      throw Bytes.corrupt(FORMAT, "symbol table switch", "0 or 1", mode, 3);
    }
    verbatim = mode == 0;
    int count = (int) info & 0xff;
    for (int i = 0; i < 256; i++) {
      symbols[i] = 0;
      lengths[i] = 0;
    }
    for (int i = 0; i < count && !verbatim; i++) {
      int lengthAt = SYMBOLS_AT + count * MAX_SYMBOL_BYTES + i;
      int length = table.get(ValueLayout.JAVA_BYTE, lengthAt) & 0xff;
      if (length < 1 || length > MAX_SYMBOL_BYTES) {
        throw Bytes.corrupt(FORMAT, "length of symbol " + i, "1..8", length, lengthAt);
      }
      symbols[i] = table.get(LONG, SYMBOLS_AT + (long) i * MAX_SYMBOL_BYTES);
      lengths[i] = length;
    }
    complete = count == ESCAPE;
  }

  /// A bound on the plain length of `codedBytes` coded bytes, reached only by symbols of full
  /// length.
  public static long maxDecodedBytes(long codedBytes) {
    return codedBytes * MAX_SYMBOL_BYTES;
  }

  /// The exact plain length of the coded bytes `from..to`, found by a walk over them.
  public long decodedBytes(MemorySegment source, long from, long to) {
    checkRange(source, from, to);
    if (verbatim) {
      return to - from;
    }
    long sum = 0;
    while (from < to) {
      int piece = stage(source, from, to);
      int at = 0;
      while (at < piece) {
        int code = staged[at] & 0xff;
        if (code == ESCAPE && at + 1 == piece) {
          break;
        }
        sum += code == ESCAPE ? 1 : lengths[code];
        at += code == ESCAPE ? 2 : 1;
      }
      checkProgress(to, at);
      from += at;
    }
    return sum;
  }

  /// Decodes one value, the coded bytes `from..to`, to `targetOffset` and returns its plain length.
  ///
  /// @throws io.lancelot.base.CorruptDataException if it is damaged or `target` too short
  public long decodeValue(
      MemorySegment source, long from, long to, MemorySegment target, long targetOffset) {
    checkRange(source, from, to);
    long at = targetOffset;
    if (verbatim) {
      checkRoom(target, at, to - from);
      MemorySegment.copy(source, from, target, at, to - from);
      return to - from;
    }
    while (from < to) {
      int bytes = decodePiece(0, stage(source, from, to), 0, from);
      checkProgress(to, used);
      flush(target, at, bytes);
      at += bytes;
      from += used;
    }
    return at - targetOffset;
  }

  /// Decodes `count` neighbouring values. `sourceOffsets` holds `count + 1` positions in `source`
  /// and `targetOffsets` receives as many positions in `target`, the first being `targetOffset`;
  /// both in words of `offsetBits`, 32 or 64. Returns the last of them: where the plain bytes end.
  ///
  /// A target of [#maxDecodedBytes] or [#decodedBytes] has room for all.
  ///
  /// @throws io.lancelot.base.CorruptDataException if offsets or codes are damaged or the plain
  ///   bytes do not fit
  public long decode(
      int offsetBits,
      MemorySegment source,
      MemorySegment sourceOffsets,
      long count,
      MemorySegment target,
      long targetOffset,
      MemorySegment targetOffsets) {
    checkOffsets(offsetBits, sourceOffsets, count);
    long from = offset(offsetBits, sourceOffsets, 0);
    long spanEnd = offset(offsetBits, sourceOffsets, count);
    checkRange(source, from, spanEnd);
    long position = targetOffset;
    putOffset(offsetBits, targetOffsets, 0, position);
    if (verbatim) {
      return copyValues(
          offsetBits, source, sourceOffsets, count, target, targetOffset, targetOffsets);
    }
    long value = 0;
    while (value < count) {
      int piece = stage(source, from, spanEnd);
      int at = 0;
      int out = 0;
      while (value < count) {
        long end = offset(offsetBits, sourceOffsets, value + 1);
        if (end < from + at || end > spanEnd) {
          throw Bytes.corrupt(
              FORMAT, "offset of value " + (value + 1), (from + at) + ".." + spanEnd, end, from);
        }
        boolean whole = end - from <= piece;
        out = decodePiece(at, whole ? (int) (end - from) : piece, out, from);
        at = used;
        if (!whole) {
          break;
        }
        checkProgress(end, end - from == at ? 1 : 0);
        value++;
        putOffset(offsetBits, targetOffsets, value, position + out);
      }
      flush(target, position, out);
      position += out;
      from += at;
    }
    return position;
  }

  private long copyValues(
      int offsetBits,
      MemorySegment source,
      MemorySegment sourceOffsets,
      long count,
      MemorySegment target,
      long targetOffset,
      MemorySegment targetOffsets) {
    long from = offset(offsetBits, sourceOffsets, 0);
    long previous = from;
    for (long i = 1; i <= count; i++) {
      long end = offset(offsetBits, sourceOffsets, i);
      if (end < previous || end > source.byteSize()) {
        throw Bytes.corrupt(
            FORMAT, "offset of value " + i, previous + ".." + source.byteSize(), end, previous);
      }
      putOffset(offsetBits, targetOffsets, i, targetOffset + end - from);
      previous = end;
    }
    checkRoom(target, targetOffset, previous - from);
    MemorySegment.copy(source, from, target, targetOffset, previous - from);
    return targetOffset + previous - from;
  }

  /// Decodes `staged[at..end)` to `decoded[out…)`, sets `used` to where it stopped and returns the
  /// end of the output.
  private int decodePiece(int at, int end, int out, long from) {
    byte[] in = staged;
    byte[] to = decoded;
    long[] words = symbols;
    int[] sizes = lengths;
    int shortest = 1;
    boolean allUsed = complete;
    while (at < end) {
      // Eight codes at once where every code has a symbol and none of the eight is an escape.
      if (allUsed && end - at >= Long.BYTES) {
        long eight = Bytes.longAt(in, at);
        if ((((eight & 0x7f7f7f7f_7f7f7f7fL) + 0x01010101_01010101L) & eight & 0x80808080_80808080L)
            == 0) {
          for (int i = 0; i < Long.BYTES; i++) {
            int code = (int) eight & 0xff;
            eight >>>= Byte.SIZE;
            Bytes.putLong(to, out, words[code]);
            out += sizes[code];
          }
          at += Long.BYTES;
          continue;
        }
      }
      if (end - at >= 4) {
        int four = Bytes.intAt(in, at);
        // True if no byte of the four is 255, the escape.
        if ((((four & 0x7f7f7f7f) + 0x01010101) & four & 0x80808080) == 0) {
          int a = four & 0xff;
          int b = four >>> 8 & 0xff;
          int c = four >>> 16 & 0xff;
          int d = four >>> 24;
          int second = out + sizes[a];
          int third = second + sizes[b];
          int fourth = third + sizes[c];
          Bytes.putLong(to, out, words[a]);
          Bytes.putLong(to, second, words[b]);
          Bytes.putLong(to, third, words[c]);
          Bytes.putLong(to, fourth, words[d]);
          shortest |= sizes[a] - 1 | sizes[b] - 1 | sizes[c] - 1 | sizes[d] - 1;
          out = fourth + sizes[d];
          at += 4;
          continue;
        }
      }
      int code = in[at] & 0xff;
      if (code == ESCAPE) {
        if (at + 1 == end) {
          break;
        }
        to[out++] = in[at + 1];
        at += 2;
      } else {
        Bytes.putLong(to, out, words[code]);
        shortest |= sizes[code] - 1;
        out += sizes[code];
        at++;
      }
    }
    if (shortest < 0) {
      throw Bytes.corrupt(FORMAT, "codes", "codes of the symbol table", "an unused code", from);
    }
    used = at;
    return out;
  }

  private int stage(MemorySegment source, long from, long to) {
    int piece = (int) Math.min(STAGED, to - from);
    MemorySegment.copy(source, ValueLayout.JAVA_BYTE, from, staged, 0, piece);
    return piece;
  }

  private void flush(MemorySegment target, long at, int bytes) {
    checkRoom(target, at, bytes);
    MemorySegment.copy(decoded, 0, target, ValueLayout.JAVA_BYTE, at, bytes);
  }

  private static void checkRoom(MemorySegment target, long at, long bytes) {
    if (bytes > target.byteSize() - at) {
      throw Bytes.corrupt(FORMAT, "plain bytes", "at most " + target.byteSize(), at + bytes, at);
    }
  }

  private static void checkProgress(long to, int progress) {
    if (progress == 0) {
      throw Bytes.corrupt(FORMAT, "escape", "a literal byte", "the end of the value", to - 1);
    }
  }

  private static void checkRange(MemorySegment source, long from, long to) {
    if (from < 0 || to < from || to > source.byteSize()) {
      throw Bytes.corrupt(
          FORMAT, "range of the values", "within 0.." + source.byteSize(), from + ".." + to, from);
    }
  }

  static void checkOffsets(int offsetBits, MemorySegment offsets, long count) {
    if (offsetBits != 32 && offsetBits != 64) {
      throw new InvalidInputException("fsst: offset bits: expected 32 or 64, found " + offsetBits);
    }
    if (count < 0 || offsets.byteSize() / (offsetBits / Byte.SIZE) <= count) {
      throw Bytes.corrupt(
          FORMAT, "offsets", (count + 1) + " words", offsets.byteSize() + " bytes", 0);
    }
  }

  static long offset(int bits, MemorySegment offsets, long index) {
    return bits == 32
        ? offsets.get(INT, index * Integer.BYTES) & 0xffffffffL
        : offsets.get(LONG, index * Long.BYTES);
  }

  static void putOffset(int bits, MemorySegment offsets, long index, long value) {
    if (bits == 64) {
      offsets.set(LONG, index * Long.BYTES, value);
      return;
    }
    if (value > Integer.MAX_VALUE) {
      throw Bytes.corrupt(
          FORMAT, "plain bytes with 32-bit offsets", "at most " + Integer.MAX_VALUE, value, index);
    }
    offsets.set(INT, index * Integer.BYTES, (int) value);
  }
}
