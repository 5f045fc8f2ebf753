package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Writes one Zstandard frame: cuts the source into blocks and finds their matches. The fast way is
/// greedy, by a hash of eight bytes and one of five; the thorough one follows chains of earlier
/// places with the same hash and looks one byte ahead for something better.
final class ZstdEncoder {

  private static final int WINDOW_LOG = 19;
  private static final int HISTORY = 1 << WINDOW_LOG;
  private static final int BLOCK = ZstdTables.MAX_BLOCK;
  private static final int WINDOW = HISTORY + 4 * BLOCK;
  private static final int MAX_HEADER = 18;
  private static final int LONG_BITS = 16;
  private static final int SHORT_BITS = 15;
  private static final int CHAIN_BITS = 17;
  private static final int MIN_TABLE_BITS = 10;
  private static final int MIN_MATCH = 5;

  /// Candidates that the thorough search looks at, and the length that is good enough to stop.
  private static final int CHAIN_DEPTH = 24;

  private static final int GOOD_LENGTH = 96;

  private final int[] byLong = new int[1 << LONG_BITS];
  private final int[] byShort = new int[1 << SHORT_BITS];

  /// For the thorough search: the last place of each hash, and per place the one before it.
  private int[] heads = new int[0];

  private int[] chain = new int[0];
  private int indexed;
  private int tableBits;
  private final byte[] header = new byte[MAX_HEADER + Long.BYTES];
  private final ZstdBlock block = new ZstdBlock();
  private final int[] repeated = new int[3];
  private byte[] window = new byte[0];

  static long maxCompressedBytes(long bytes) {
    return bytes + 3 * (bytes / BLOCK + 1) + MAX_HEADER;
  }

  long encode(MemorySegment source, MemorySegment target, boolean thorough) {
    long length = source.byteSize();
    int capacity = (int) Math.min(WINDOW, length) + Bytes.SLACK;
    if (window.length < capacity) {
      window = new byte[capacity];
    }
    // Small sources use a part of the tables, because clearing them would cost more than the rest.
    tableBits =
        Math.clamp(Long.SIZE - Long.numberOfLeadingZeros(length), MIN_TABLE_BITS, CHAIN_BITS);
    if (thorough) {
      startChains(capacity);
    } else {
      Arrays.fill(byLong, 0, 1 << longBits(), -1);
      Arrays.fill(byShort, 0, 1 << shortBits(), -1);
    }
    repeated[0] = 1;
    repeated[1] = 4;
    repeated[2] = 8;
    long at = writeHeader(length, target);
    long base = 0;
    int filled = 0;
    int start = 0;
    do {
      if (start > WINDOW - BLOCK) {
        int slide = start - HISTORY;
        System.arraycopy(window, slide, window, 0, HISTORY);
        base += slide;
        start = HISTORY;
        filled = HISTORY;
        if (thorough) {
          rebase(heads, slide);
          System.arraycopy(chain, slide, chain, 0, HISTORY);
          rebase(chain, slide);
          indexed -= slide;
        } else {
          rebase(byLong, slide);
          rebase(byShort, slide);
        }
      }
      int size = (int) Math.min(BLOCK, length - base - start);
      MemorySegment.copy(source, ValueLayout.JAVA_BYTE, base + start, window, start, size);
      filled = start + size;
      at = writeBlock(start, filled, base + filled == length, thorough, target, at);
      start = filled;
    } while (base + filled < length);
    return at;
  }

  private static void rebase(int[] positions, int slide) {
    for (int i = 0; i < positions.length; i++) {
      positions[i] = Math.max(positions[i] - slide, -1);
    }
  }

  private long writeHeader(long length, MemorySegment target) {
    Bytes.putInt(header, 0, ZstdDecoder.MAGIC);
    int flag = length < 256 ? 0 : length < 65_536 + 256 ? 1 : length < 1L << 32 ? 2 : 3;
    boolean single = length <= HISTORY;
    header[4] = (byte) ((flag << 6) | (single ? 0x20 : 0));
    int at = 5;
    if (!single) {
      header[at++] = (byte) ((WINDOW_LOG - 10) << 3);
    }
    Bytes.putLong(header, at, flag == 1 ? length - 256 : length);
    at += 1 << flag;
    MemorySegment.copy(header, 0, target, ValueLayout.JAVA_BYTE, 0, at);
    return at;
  }

  private void startChains(int capacity) {
    if (heads.length == 0) {
      heads = new int[1 << CHAIN_BITS];
    }
    if (chain.length < capacity) {
      chain = new int[capacity];
    }
    Arrays.fill(heads, 0, 1 << tableBits, -1);
    indexed = 0;
  }

  private int longBits() {
    return Math.min(tableBits, LONG_BITS);
  }

  private int shortBits() {
    return Math.min(tableBits, SHORT_BITS);
  }

  private long writeBlock(
      int from, int to, boolean last, boolean thorough, MemorySegment target, long at) {
    int size = to - from;
    int type = 0;
    int length = size;
    if (size > 1 && Bytes.matchLength(window, from, from + 1, to) == size - 1) {
      type = 1;
      length = 1;
    } else if (size > 16) {
      int first = repeated[0];
      int second = repeated[1];
      int third = repeated[2];
      if (thorough) {
        searchMatches(from, to);
      } else {
        findMatches(from, to);
      }
      int compressed = block.write(size);
      if (compressed > 0) {
        type = 2;
        length = compressed;
      } else {
        // A decoder sees none of the sequences of a plain block.
        repeated[0] = first;
        repeated[1] = second;
        repeated[2] = third;
      }
    }
    int stated = type == 2 ? length : size;
    int blockHeader = (last ? 1 : 0) | (type << 1) | (stated << 3);
    for (int i = 0; i < 3; i++) {
      target.set(ValueLayout.JAVA_BYTE, at + i, (byte) (blockHeader >>> (8 * i)));
    }
    byte[] bytes = type == 2 ? block.out : window;
    MemorySegment.copy(bytes, type == 2 ? 0 : from, target, ValueLayout.JAVA_BYTE, at + 3, length);
    return at + 3 + length;
  }

  private void findMatches(int from, int to) {
    byte[] in = window;
    int[] longs = byLong;
    int[] shorts = byShort;
    block.clear();
    int anchor = from;
    int at = from;
    int limit = to - 8;
    while (at < limit) {
      long word = Bytes.longAt(in, at);
      int longSlot = longHash(word);
      int shortSlot = shortHash(word);
      int longCandidate = longs[longSlot];
      int shortCandidate = shorts[shortSlot];
      longs[longSlot] = at;
      shorts[shortSlot] = at;
      int distance = 0;
      int length = 0;
      int next = at + 1;
      int repeat = next - repeated[0];
      if (repeat >= 0 && Bytes.intAt(in, repeat) == Bytes.intAt(in, next)) {
        at = next;
        distance = repeated[0];
        length = 4 + Bytes.matchLength(in, repeat + 4, at + 4, to);
      } else if (inReach(longCandidate, at) && Bytes.longAt(in, longCandidate) == word) {
        distance = at - longCandidate;
        length = 8 + Bytes.matchLength(in, longCandidate + 8, at + 8, to);
      } else if (inReach(shortCandidate, at) && Bytes.intAt(in, shortCandidate) == (int) word) {
        distance = at - shortCandidate;
        length = 4 + Bytes.matchLength(in, shortCandidate + 4, at + 4, to);
        // A long match one byte on is worth a literal.
        long nextWord = Bytes.longAt(in, next);
        int candidate = longs[longHash(nextWord)];
        if (inReach(candidate, next) && Bytes.longAt(in, candidate) == nextWord) {
          longs[longHash(nextWord)] = next;
          at = next;
          distance = at - candidate;
          length = 8 + Bytes.matchLength(in, candidate + 8, at + 8, to);
        }
      }
      if (length < (distance == repeated[0] ? 4 : MIN_MATCH)) {
        at = Math.max(at, anchor) + (length == 0 ? 1 + ((at - anchor) >> 8) : 1);
        continue;
      }
      while (at > anchor && at > distance && in[at - 1] == in[at - distance - 1]) {
        at--;
        length++;
      }
      put(anchor, at, distance, length);
      int end = at + length;
      if (end < limit) {
        index(at + 2);
        index(end - 2);
      }
      at = end;
      anchor = end;
    }
    putLiterals(anchor, to);
  }

  private void searchMatches(int from, int to) {
    block.clear();
    int anchor = from;
    int at = from;
    int limit = to - 8;
    while (at < limit) {
      long match = search(at, to, at > anchor);
      if (match == 0) {
        at += 1 + ((at - anchor) >> 8);
        continue;
      }
      while (at + 1 < limit && length(match) < GOOD_LENGTH) {
        long next = search(at + 1, to, true);
        // The byte between costs a literal.
        if (next == 0 || gain(next) <= gain(match) + 4) {
          break;
        }
        match = next;
        at++;
      }
      int distance = (int) match;
      int length = length(match);
      while (at > anchor && at > distance && window[at - 1] == window[at - distance - 1]) {
        at--;
        length++;
      }
      put(anchor, at, distance, length);
      at += length;
      anchor = at;
    }
    putLiterals(anchor, to);
  }

  /// The best match at a place: its length above, its distance below; 0 for none.
  private long search(int at, int to, boolean mayRepeat) {
    byte[] in = window;
    indexUpTo(at);
    long best = 0;
    int bestGain = 0;
    int repeat = at - repeated[0];
    if (mayRepeat && repeat >= 0 && Bytes.intAt(in, repeat) == Bytes.intAt(in, at)) {
      best = match(4 + Bytes.matchLength(in, repeat + 4, at + 4, to), repeated[0]);
      bestGain = gain(best);
    }
    int candidate = heads[chainSlot(Bytes.longAt(in, at))];
    int word = Bytes.intAt(in, at);
    int bestLength = Math.max(MIN_MATCH - 1, length(best));
    for (int depth = CHAIN_DEPTH; depth > 0 && inReach(candidate, at); depth--) {
      if (at + bestLength < to
          && in[candidate + bestLength] == in[at + bestLength]
          && Bytes.intAt(in, candidate) == word) {
        int length = 4 + Bytes.matchLength(in, candidate + 4, at + 4, to);
        long found = match(length, at - candidate);
        if (length >= MIN_MATCH && gain(found) > bestGain) {
          best = found;
          bestGain = gain(found);
          bestLength = length;
          if (length >= GOOD_LENGTH) {
            break;
          }
        }
      }
      candidate = chain[candidate];
    }
    return best;
  }

  private void indexUpTo(int at) {
    for (int i = indexed; i < at; i++) {
      int slot = chainSlot(Bytes.longAt(window, i));
      chain[i] = heads[slot];
      heads[slot] = i;
    }
    indexed = Math.max(indexed, at);
  }

  private int chainSlot(long word) {
    return (int) (((word << 24) * 0x9E3779B97F4A7C15L) >>> (Long.SIZE - tableBits));
  }

  private static long match(int length, int distance) {
    return (long) length << 32 | distance;
  }

  private static int length(long match) {
    return (int) (match >> 32);
  }

  /// What a match is worth: four for each byte, less the bits of its distance.
  private int gain(long match) {
    int distance = (int) match;
    int bits = distance == repeated[0] ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(distance);
    return 4 * length(match) - bits;
  }

  private static boolean inReach(int candidate, int at) {
    return candidate >= 0 && at - candidate <= HISTORY;
  }

  private void index(int at) {
    long word = Bytes.longAt(window, at);
    byLong[longHash(word)] = at;
    byShort[shortHash(word)] = at;
  }

  private int longHash(long word) {
    return (int) ((word * 0x9E3779B97F4A7C15L) >>> (Long.SIZE - longBits()));
  }

  private int shortHash(long word) {
    return (int) (((word << 24) * 0x9E3779B97F4A7C15L) >>> (Long.SIZE - shortBits()));
  }

  private void put(int anchor, int at, int distance, int length) {
    int run = at - anchor;
    putLiterals(anchor, at);
    int offset = distance + 3;
    if (run > 0 && distance == repeated[0]) {
      block.add(run, length, 1);
      return;
    }
    if (distance == repeated[1]) {
      offset = run > 0 ? 2 : 1;
    } else if (distance == repeated[2]) {
      offset = run > 0 ? 3 : 2;
      repeated[2] = repeated[1];
    } else {
      if (run == 0 && distance == repeated[0] - 1) {
        offset = 3;
      }
      repeated[2] = repeated[1];
    }
    repeated[1] = repeated[0];
    repeated[0] = distance;
    block.add(run, length, offset);
  }

  private void putLiterals(int from, int to) {
    System.arraycopy(window, from, block.literals, block.literalCount, to - from);
    block.literalCount += to - from;
  }
}
