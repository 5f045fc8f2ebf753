package io.lancelot.kernels;

import io.lancelot.base.InvalidInputException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Raw LZ4 blocks (not frames), read and written without native code.
///
/// An instance holds its work area of fixed size, whatever the size of the block, and is not
/// thread-safe.
///
/// Format: lz4's `doc/lz4_Block_format.md`.
public final class Lz4 {

  private static final String FORMAT = "lz4 block";
  private static final int HISTORY = 1 << 16;
  private static final int STAGED = 1 << 16;
  private static final int WINDOW = HISTORY + (128 << 10);
  private static final int MIN_MATCH = 4;
  private static final int MAX_HASH_BITS = 14;
  private static final int MAX_SOURCE = 0x7E000000;

  /// The last match starts at least 12 bytes before the end, and the last 5 bytes are literals.
  private static final int LAST_MATCH_START = 12;

  private static final int LAST_LITERALS = 5;

  private final byte[] staged = new byte[STAGED + Bytes.SLACK];
  private final byte[] window = new byte[WINDOW + Bytes.SLACK];
  private int[] table = new int[0];

  private MemorySegment source = MemorySegment.NULL;
  private MemorySegment target = MemorySegment.NULL;

  /// Where `staged[0]` lies in the compressed bytes, and how much of it is filled and used.
  private long stagedBase;

  private int stagedEnd;
  private int stagedAt;

  /// Where `window[0]` lies in the plain bytes.
  private long windowBase;

  private int windowAt;
  private int windowEnd;
  private int windowFlushed;

  /// The most bytes [#compress] writes for `bytes` plain bytes.
  public static long maxCompressedBytes(long bytes) {
    return bytes + bytes / 255 + 16;
  }

  /// Decompresses the block that fills `source` into all of `target`.
  ///
  /// @throws io.lancelot.base.CorruptDataException if the block is damaged or is not exactly as
  ///   long as `target`
  public void decompress(MemorySegment source, MemorySegment target) {
    if (source.byteSize() == 0 && target.byteSize() == 0) {
      return;
    }
    long end = decompressBehind(source, target, 0);
    if (end != target.byteSize()) {
      throw Bytes.corrupt(FORMAT, "plain length", target.byteSize(), end, source.byteSize());
    }
  }

  /// Decompresses the block that fills `source` into `target` from position `at` on, and returns
  /// where it ends. The block may refer to the bytes before `at`, as the linked blocks of a frame
  /// do.
  ///
  /// @throws io.lancelot.base.CorruptDataException if the block is damaged or `target` too short
  public long decompressBehind(MemorySegment source, MemorySegment target, long at) {
    this.source = source;
    this.target = target;
    try {
      stagedBase = 0;
      stagedEnd = 0;
      stagedAt = 0;
      windowAt = (int) Math.min(at, HISTORY);
      windowBase = at - windowAt;
      windowFlushed = windowAt;
      MemorySegment.copy(target, ValueLayout.JAVA_BYTE, windowBase, window, 0, windowAt);
      makeRoom();
      do {
        refill();
        decodeSafeSequences();
      } while (decodeSequence());
      flushWindow();
      return windowBase + windowAt;
    } finally {
      release();
    }
  }

  /// Decodes sequences that stay clear of the ends of both buffers; whatever is long, damaged or
  /// near an end is left to [#decodeSequence()].
  private void decodeSafeSequences() {
    byte[] in = staged;
    byte[] out = window;
    int ip = stagedAt;
    int op = windowAt;
    int inLimit = stagedEnd - 32;
    int outLimit = windowEnd - 32;
    while (ip < inLimit && op < outLimit) {
      int sequenceStart = ip;
      int outStart = op;
      int token = in[ip++];
      int literals = token >>> 4 & 15;
      if (literals == 15) {
        int more = 255;
        while (more == 255 && ip < inLimit) {
          more = in[ip++] & 0xff;
          literals += more;
        }
        if (more == 255 || literals > inLimit - ip || literals > outLimit - op) {
          ip = sequenceStart;
          break;
        }
        Bytes.copyLoosely(in, ip, out, op, literals);
      } else {
        Bytes.putLong(out, op, Bytes.longAt(in, ip));
        Bytes.putLong(out, op + 8, Bytes.longAt(in, ip + 8));
      }
      ip += literals;
      op += literals;
      int distance = Bytes.unsignedShort(in, ip);
      ip += 2;
      int length = token & 15;
      if (length == 15) {
        int more = 255;
        while (more == 255 && ip < inLimit) {
          more = in[ip++] & 0xff;
          length += more;
        }
        if (more == 255) {
          ip = sequenceStart;
          op = outStart;
          break;
        }
      }
      length += MIN_MATCH;
      if (distance == 0 || distance > op || length > windowEnd - op) {
        ip = sequenceStart;
        op = outStart;
        break;
      }
      if (distance >= 8 && length <= 24) {
        int from = op - distance;
        Bytes.putLong(out, op, Bytes.longAt(out, from));
        Bytes.putLong(out, op + 8, Bytes.longAt(out, from + 8));
        Bytes.putLong(out, op + 16, Bytes.longAt(out, from + 16));
      } else {
        Bytes.copyMatch(out, op, distance, length);
      }
      op += length;
    }
    stagedAt = ip;
    windowAt = op;
  }

  /// Decodes one sequence with every check; false after the last one.
  private boolean decodeSequence() {
    int token = next();
    long literals = (long) token >>> 4;
    if (literals == 15) {
      literals += extendedLength();
    }
    copyLiterals(literals);
    if (stagedAt == stagedEnd && stagedBase + stagedEnd == source.byteSize()) {
      return false;
    }
    int distance = next();
    distance |= next() << 8;
    if (distance == 0 || distance > windowBase + windowAt) {
      throw corrupt("match distance", "1.." + (windowBase + windowAt), distance);
    }
    long length = token & 15;
    if (length == 15) {
      length += extendedLength();
    }
    length += MIN_MATCH;
    checkRoom("match length", length);
    while (length > 0) {
      makeRoom();
      int part = (int) Math.min(length, windowEnd - windowAt);
      Bytes.copyMatch(window, windowAt, distance, part);
      windowAt += part;
      length -= part;
    }
    makeRoom();
    return true;
  }

  private void copyLiterals(long literals) {
    checkRoom("literal length", literals);
    while (literals > 0) {
      makeRoom();
      if (stagedAt == stagedEnd) {
        refill();
        if (stagedAt == stagedEnd) {
          throw corrupt("literals", literals + " more bytes", "the end");
        }
      }
      int part = (int) Math.min(literals, Math.min(stagedEnd - stagedAt, windowEnd - windowAt));
      System.arraycopy(staged, stagedAt, window, windowAt, part);
      stagedAt += part;
      windowAt += part;
      literals -= part;
    }
  }

  private void checkRoom(String what, long bytes) {
    long room = target.byteSize() - windowBase - windowAt;
    if (bytes > room) {
      throw corrupt(what, "at most " + room, bytes);
    }
  }

  private long extendedLength() {
    long length = 0;
    int more;
    do {
      more = next();
      length += more;
    } while (more == 255);
    return length;
  }

  private int next() {
    if (stagedAt == stagedEnd) {
      refill();
      if (stagedAt == stagedEnd) {
        throw corrupt("block", "another byte", "the end");
      }
    }
    return staged[stagedAt++] & 0xff;
  }

  /// Stages more compressed bytes when few are left.
  private void refill() {
    int left = stagedEnd - stagedAt;
    if (left >= Bytes.SLACK || stagedBase + stagedEnd == source.byteSize()) {
      return;
    }
    System.arraycopy(staged, stagedAt, staged, 0, left);
    stagedBase += stagedAt;
    stagedAt = 0;
    int fresh = (int) Math.min(STAGED - left, source.byteSize() - stagedBase - left);
    MemorySegment.copy(source, ValueLayout.JAVA_BYTE, stagedBase + left, staged, left, fresh);
    stagedEnd = left + fresh;
  }

  /// Flushes and slides the window when little room is left in it.
  private void makeRoom() {
    if (WINDOW - windowAt < Bytes.SLACK) {
      flushWindow();
      int slide = windowAt - HISTORY;
      System.arraycopy(window, slide, window, 0, HISTORY);
      windowBase += slide;
      windowAt = HISTORY;
      windowFlushed = HISTORY;
    }
    windowEnd = (int) Math.min(WINDOW, target.byteSize() - windowBase);
  }

  private void flushWindow() {
    MemorySegment.copy(
        window,
        windowFlushed,
        target,
        ValueLayout.JAVA_BYTE,
        windowBase + windowFlushed,
        windowAt - windowFlushed);
    windowFlushed = windowAt;
  }

  private RuntimeException corrupt(String what, Object expected, Object found) {
    return Bytes.corrupt(FORMAT, what, expected, found, stagedBase + stagedAt);
  }

  /// Compresses `source` into the head of `target` and returns the compressed length.
  ///
  /// @throws InvalidInputException if `target` is shorter than [#maxCompressedBytes] or `source`
  ///   longer than the 2,113,929,216 bytes a block can hold
  public long compress(MemorySegment source, MemorySegment target) {
    long length = source.byteSize();
    if (length > MAX_SOURCE) {
      throw new InvalidInputException(
          "lz4 block: source length: expected at most " + MAX_SOURCE + ", found " + length);
    }
    if (target.byteSize() < maxCompressedBytes(length)) {
      throw new InvalidInputException(
          "lz4 block: target length: expected at least "
              + maxCompressedBytes(length)
              + ", found "
              + target.byteSize());
    }
    this.source = source;
    this.target = target;
    try {
      stagedBase = 0;
      stagedAt = 0;
      windowBase = 0;
      compressWindows(length);
      flushStaged();
      return stagedBase;
    } finally {
      release();
    }
  }

  private void compressWindows(long length) {
    int hashBits = Math.clamp(Long.SIZE - Long.numberOfLeadingZeros(length), 6, MAX_HASH_BITS);
    prepareTable(1 << hashBits);
    int filled = 0;
    int at = 0;
    long anchor = 0;
    while (true) {
      int fresh = (int) Math.min(WINDOW - filled, length - windowBase - filled);
      MemorySegment.copy(source, ValueLayout.JAVA_BYTE, windowBase + filled, window, filled, fresh);
      filled += fresh;
      boolean last = windowBase + filled == length;
      int startLimit = filled - LAST_MATCH_START;
      int endLimit = last ? filled - LAST_LITERALS : filled;
      anchor = compressWindow(at, startLimit, endLimit, anchor, Integer.SIZE - hashBits);
      if (last) {
        break;
      }
      at = Math.max(startLimit, (int) (anchor - windowBase));
      int slide = at - HISTORY;
      System.arraycopy(window, slide, window, 0, filled - slide);
      windowBase += slide;
      filled -= slide;
      at = HISTORY;
    }
    putSequence(anchor, length - anchor, 0, 0);
  }

  private void prepareTable(int size) {
    if (table.length < size) {
      table = new int[size];
    }
    Arrays.fill(table, 0, size, -1);
  }

  /// Greedy matching; the table holds positions in the whole source. Returns where the literals not
  /// yet written start.
  private long compressWindow(int at, int startLimit, int endLimit, long anchor, int hashShift) {
    byte[] in = window;
    int[] positions = table;
    int base = (int) windowBase;
    int misses = 0;
    while (at < startLimit) {
      int word = Bytes.intAt(in, at);
      int hash = (word * 0x9E3779B1) >>> hashShift;
      int candidate = positions[hash] - base;
      positions[hash] = base + at;
      if (candidate < 0 || at - candidate >= HISTORY || Bytes.intAt(in, candidate) != word) {
        at += 1 + (misses++ >>> 6);
        continue;
      }
      misses = 0;
      int literalStart = (int) Math.max(anchor - base, 0);
      while (at > literalStart && candidate > 0 && in[at - 1] == in[candidate - 1]) {
        at--;
        candidate--;
      }
      int length = MIN_MATCH + Bytes.matchLength(in, candidate + 4, at + 4, endLimit);
      putSequence(anchor, base + at - anchor, at - candidate, length);
      at += length;
      anchor = windowBase + at;
      if (at < startLimit) {
        positions[(Bytes.intAt(in, at - 2) * 0x9E3779B1) >>> hashShift] = base + at - 2;
      }
    }
    return anchor;
  }

  /// A length of zero writes the final literals.
  private void putSequence(long literalStart, long literals, int distance, int length) {
    int extra = length == 0 ? 0 : length - MIN_MATCH;
    int token = ((int) Math.min(literals, 15) << 4) | Math.min(extra, 15);
    put(token);
    if (literals >= 15) {
      putExtendedLength(literals - 15);
    }
    putLiterals(literalStart, literals);
    if (length == 0) {
      return;
    }
    put(distance);
    put(distance >>> 8);
    if (extra >= 15) {
      putExtendedLength(extra - 15);
    }
  }

  private void putExtendedLength(long length) {
    while (length >= 255) {
      put(255);
      length -= 255;
    }
    put((int) length);
  }

  private void put(int value) {
    if (stagedAt == STAGED) {
      flushStaged();
    }
    staged[stagedAt++] = (byte) value;
  }

  private void putLiterals(long start, long count) {
    if (start >= windowBase && count <= 1024) {
      if (STAGED - stagedAt < count) {
        flushStaged();
      }
      System.arraycopy(window, (int) (start - windowBase), staged, stagedAt, (int) count);
      stagedAt += (int) count;
      return;
    }
    flushStaged();
    MemorySegment.copy(source, start, target, stagedBase, count);
    stagedBase += count;
  }

  private void flushStaged() {
    MemorySegment.copy(staged, 0, target, ValueLayout.JAVA_BYTE, stagedBase, stagedAt);
    stagedBase += stagedAt;
    stagedAt = 0;
  }

  private void release() {
    source = MemorySegment.NULL;
    target = MemorySegment.NULL;
  }
}
