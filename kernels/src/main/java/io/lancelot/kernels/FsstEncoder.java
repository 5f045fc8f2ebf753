package io.lancelot.kernels;

import io.lancelot.base.InvalidInputException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Trains a Fast Static Symbol Table on a sample of the values and codes values with it.
///
/// Training starts from no symbols at all: each round codes the sample with the symbols of the
/// round before, counts which symbols were used and which followed each other, and keeps the 255
/// symbols, old ones and joined pairs, that would cover most bytes.
///
/// An instance holds one table at a time and its work area, and is not thread-safe.
///
/// Format: `Fsst` of Lance; FSST, VLDB 2020.
public final class FsstEncoder {

  private static final int MAX_SYMBOLS = 255;
  private static final int SAMPLE = 16 << 10;
  private static final int SAMPLE_PIECE = 512;
  private static final int ROUNDS = 5;

  /// Bytes and values coded at once, in as many runs side by side as there are lanes.
  private static final int BLOCK_BYTES = 16 << 10;

  private static final int BLOCK_VALUES = 2048;
  private static final int LANES = 4;

  /// Codes of the training: symbols first, then one for every literal byte.
  private static final int LITERAL = 256;

  private static final int TRAINING_CODES = 512;

  /// Symbols of three and more bytes are found by a hash of their first three.
  private static final int HASH_BITS = 12;

  /// The entry of a byte that needs an escape: code 255, one byte, and a bit for the second one.
  private static final short ESCAPED = 1 << 12 | 255 << 4 | 1;

  private int count;
  private final long[] symbols = new long[MAX_SYMBOLS];
  private final int[] lengths = new int[MAX_SYMBOLS];

  /// Code and length, `code << 4 | length`, by first byte and by first two bytes; 0 for none.
  private final short[] ones = new short[256];

  private final short[] twos = new short[1 << 16];
  private final long[] hashedSymbols = new long[1 << HASH_BITS];
  private final short[] hashed = new short[1 << HASH_BITS];

  /// For coding without branches: the symbol of each hash and the bytes of it that count, and for
  /// the first two bytes of what is no such symbol the code to write, escapes included.
  private final long[] fastSymbols = new long[1 << HASH_BITS];

  private final long[] fastMasks = new long[1 << HASH_BITS];
  private final short[] shorts = new short[1 << 16];

  private final byte[] staged = new byte[Math.max(SAMPLE, BLOCK_BYTES) + Bytes.SLACK];
  private final byte[] coded = new byte[2 * BLOCK_BYTES + Bytes.SLACK];

  /// Where the values of a block end, and their codes.
  private final int[] ends = new int[BLOCK_VALUES];

  private final int[] codedEnds = new int[BLOCK_VALUES];
  private final Lane[] lanes = {new Lane(), new Lane(), new Lane(), new Lane()};
  private @Nullable Training training;

  /// Trains a table for the `count` values of `source` that start at `offsets[0…count]`.
  public void train(int offsetBits, MemorySegment source, MemorySegment offsets, long count) {
    Fsst.checkOffsets(offsetBits, offsets, count);
    int[] pieceEnds = new int[SAMPLE];
    int pieces = sample(offsetBits, source, offsets, count, pieceEnds);
    if (training == null) {
      training = new Training();
    }
    clear();
    for (int round = 1; round <= ROUNDS; round++) {
      training.count(pieceEnds, pieces);
      training.choose(round < ROUNDS);
    }
    prepareCoding();
  }

  private void prepareCoding() {
    for (int slot = 0; slot < hashed.length; slot++) {
      int length = hashed[slot] & 15;
      // No word equals a symbol outside its mask.
      fastMasks[slot] = length == 0 ? 0 : mask(length);
      fastSymbols[slot] = length == 0 ? 1 : hashedSymbols[slot];
    }
    for (int first = 0; first < ones.length; first++) {
      short one = ones[first] == 0 ? ESCAPED : ones[first];
      for (int word = first; word < shorts.length; word += 256) {
        shorts[word] = twos[word] == 0 ? one : twos[word];
      }
    }
  }

  /// Fills `staged` with evenly spread values, long ones in part.
  private int sample(
      int offsetBits, MemorySegment source, MemorySegment offsets, long count, int[] pieceEnds) {
    if (count == 0) {
      return 0;
    }
    long total = Fsst.offset(offsetBits, offsets, count) - Fsst.offset(offsetBits, offsets, 0);
    long values = Math.min(count, Math.max(SAMPLE / Math.max(total / count, 1), 32));
    int filled = 0;
    int pieces = 0;
    for (long i = 0; i < values && filled < SAMPLE; i++) {
      long value = (long) ((double) i * count / values);
      long from = Fsst.offset(offsetBits, offsets, value);
      long length = Fsst.offset(offsetBits, offsets, value + 1) - from;
      int piece = (int) Math.min(Math.min(length, SAMPLE_PIECE), SAMPLE - filled);
      if (piece == 0) {
        continue;
      }
      from += (length - piece) / values * i;
      MemorySegment.copy(source, ValueLayout.JAVA_BYTE, from, staged, filled, piece);
      filled += piece;
      pieceEnds[pieces++] = filled;
    }
    return pieces;
  }

  /// Writes the stored form of the table, [Fsst#TABLE_BYTES] long.
  public void writeTable(MemorySegment table) {
    if (table.byteSize() != Fsst.TABLE_BYTES) {
      throw new InvalidInputException(
          "fsst: symbol table bytes: expected " + Fsst.TABLE_BYTES + ", found " + table.byteSize());
    }
    table.fill((byte) 0);
    // The switch is on; the decoder uses neither the terminator nor the suffix limit.
    table.set(Fsst.LONG, 0, ((long) Fsst.MAGIC << 32) | (1L << 24) | ((long) count << 16) | count);
    for (int i = 0; i < count; i++) {
      table.set(Fsst.LONG, Fsst.SYMBOLS_AT + i * 8L, symbols[i]);
      table.set(ValueLayout.JAVA_BYTE, Fsst.SYMBOLS_AT + count * 8L + i, (byte) lengths[i]);
    }
  }

  /// The most bytes [#encode] writes for `bytes` plain bytes: every one escaped.
  public static long maxEncodedBytes(long bytes) {
    return 2 * bytes;
  }

  /// Codes `count` neighbouring values; the mirror image of [Fsst#decode]. Returns where the coded
  /// bytes end.
  ///
  /// @throws InvalidInputException if `target` is too short: [#maxEncodedBytes] always suffices
  public long encode(
      int offsetBits,
      MemorySegment source,
      MemorySegment sourceOffsets,
      long count,
      MemorySegment target,
      long targetOffset,
      MemorySegment targetOffsets) {
    Fsst.checkOffsets(offsetBits, sourceOffsets, count);
    long position = targetOffset;
    Fsst.putOffset(offsetBits, targetOffsets, 0, position);
    for (long value = 0; value < count; ) {
      int values = stage(offsetBits, source, sourceOffsets, value, count);
      if (values == 0) {
        long from = Fsst.offset(offsetBits, sourceOffsets, value);
        long to = Fsst.offset(offsetBits, sourceOffsets, value + 1);
        position = encodeLong(source, from, to, target, position);
        value++;
        Fsst.putOffset(offsetBits, targetOffsets, value, position);
        continue;
      }
      encodeStaged(values);
      for (int lane = 0, i = 0; lane < LANES; lane++) {
        Lane done = lanes[lane];
        flush(done.base, target, position, done.out - done.base);
        for (; i < done.last; i++) {
          long end = position + codedEnds[i] - done.base;
          Fsst.putOffset(offsetBits, targetOffsets, value + i + 1, end);
        }
        position += done.out - done.base;
      }
      value += values;
    }
    return position;
  }

  /// Copies the values from one on that fit into a block, and returns their number.
  private int stage(
      int offsetBits, MemorySegment source, MemorySegment offsets, long value, long count) {
    long from = Fsst.offset(offsetBits, offsets, value);
    int most = (int) Math.min(BLOCK_VALUES, count - value);
    int values = 0;
    int bytes = 0;
    while (values < most) {
      long end = Fsst.offset(offsetBits, offsets, value + values + 1) - from;
      if (end > BLOCK_BYTES) {
        break;
      }
      bytes = (int) end;
      ends[values++] = bytes;
    }
    MemorySegment.copy(source, ValueLayout.JAVA_BYTE, from, staged, 0, bytes);
    return values;
  }

  /// Codes one value a block at a time: what a symbol may cover ends with the block.
  private long encodeLong(MemorySegment source, long from, long to, MemorySegment target, long at) {
    long position = at;
    for (long begin = from; begin < to; begin += BLOCK_BYTES) {
      int bytes = (int) Math.min(BLOCK_BYTES, to - begin);
      MemorySegment.copy(source, ValueLayout.JAVA_BYTE, begin, staged, 0, bytes);
      int out = encodePiece(0, bytes, 0);
      flush(0, target, position, out);
      position += out;
    }
    return position;
  }

  /// A run of the block's values on its way through the coder.
  private static final class Lane {
    /// Where its codes begin and the next one goes.
    int base;

    int out;

    /// The next byte to code and the end of its value.
    int at;

    int end;

    /// That value, and the end of the run.
    int value;

    int last;
  }

  /// Codes the values of a block. A code is known only when the one before it is: several runs of
  /// values take turns, so that none waits for another's table look-ups.
  private void encodeStaged(int values) {
    int bytes = ends[values - 1];
    int value = 0;
    for (int i = 0; i < LANES; i++) {
      Lane lane = lanes[i];
      lane.at = value == 0 ? 0 : ends[value - 1];
      lane.value = value;
      lane.base = 2 * lane.at;
      lane.out = lane.base;
      int stop = (int) ((i + 1L) * bytes / LANES);
      while (value < values && (ends[value] <= stop || i == LANES - 1)) {
        value++;
      }
      lane.last = value;
    }
    boolean all = true;
    while (all) {
      for (Lane lane : lanes) {
        all &= toLongPiece(lane);
      }
      if (all) {
        takeTurns(lanes[0], lanes[1], lanes[2], lanes[3]);
      }
    }
    for (Lane lane : lanes) {
      while (lane.value < lane.last) {
        finishValue(lane);
      }
    }
  }

  /// Codes what is shorter than a word; whether there is something longer left.
  private boolean toLongPiece(Lane lane) {
    while (lane.value < lane.last) {
      lane.end = ends[lane.value];
      if (lane.end - lane.at >= Long.BYTES) {
        return true;
      }
      finishValue(lane);
    }
    return false;
  }

  private void finishValue(Lane lane) {
    lane.out = encodePiece(lane.at, ends[lane.value], lane.out);
    lane.at = ends[lane.value];
    codedEnds[lane.value++] = lane.out;
  }

  /// Codes a symbol of each lane in turn until one of them has less than a word left.
  private void takeTurns(Lane a, Lane b, Lane c, Lane d) {
    byte[] in = staged;
    byte[] to = coded;
    int atA = a.at;
    int atB = b.at;
    int atC = c.at;
    int atD = d.at;
    int outA = a.out;
    int outB = b.out;
    int outC = c.out;
    int outD = d.out;
    int stopA = a.end - Long.BYTES;
    int stopB = b.end - Long.BYTES;
    int stopC = c.end - Long.BYTES;
    int stopD = d.end - Long.BYTES;
    while (atA <= stopA && atB <= stopB && atC <= stopC && atD <= stopD) {
      long wordA = Bytes.longAt(in, atA);
      long wordB = Bytes.longAt(in, atB);
      long wordC = Bytes.longAt(in, atC);
      long wordD = Bytes.longAt(in, atD);
      int entryA = entry(wordA);
      int entryB = entry(wordB);
      int entryC = entry(wordC);
      int entryD = entry(wordD);
      to[outA] = (byte) (entryA >>> 4);
      to[outA + 1] = (byte) wordA;
      to[outB] = (byte) (entryB >>> 4);
      to[outB + 1] = (byte) wordB;
      to[outC] = (byte) (entryC >>> 4);
      to[outC + 1] = (byte) wordC;
      to[outD] = (byte) (entryD >>> 4);
      to[outD + 1] = (byte) wordD;
      outA += 1 + (entryA >>> 12);
      outB += 1 + (entryB >>> 12);
      outC += 1 + (entryC >>> 12);
      outD += 1 + (entryD >>> 12);
      atA += entryA & 15;
      atB += entryB & 15;
      atC += entryC & 15;
      atD += entryD & 15;
    }
    a.at = atA;
    b.at = atB;
    c.at = atC;
    d.at = atD;
    a.out = outA;
    b.out = outB;
    c.out = outC;
    d.out = outD;
  }

  /// The code of the symbol that a word starts with. Which comes next cannot be predicted: both
  /// candidates are looked up.
  private int entry(long word) {
    int slot = hash(word);
    int longEntry = hashed[slot];
    int shortEntry = shorts[(int) word & 0xffff];
    return (word & fastMasks[slot]) == fastSymbols[slot] ? longEntry : shortEntry;
  }

  private int encodePiece(int at, int end, int out) {
    byte[] in = staged;
    byte[] to = coded;
    // An escaped byte is written whether it is one or not.
    while (at <= end - Long.BYTES) {
      long word = Bytes.longAt(in, at);
      int entry = entry(word);
      to[out] = (byte) (entry >>> 4);
      to[out + 1] = (byte) word;
      out += 1 + (entry >>> 12);
      at += entry & 15;
    }
    while (at < end) {
      int found = longest(Bytes.longAt(in, at), end - at);
      if (found == 0) {
        to[out++] = (byte) Fsst.ESCAPE;
        to[out++] = in[at++];
      } else {
        to[out++] = (byte) (found >>> 4);
        at += found & 15;
      }
    }
    return out;
  }

  private void flush(int from, MemorySegment target, long at, int bytes) {
    if (bytes > target.byteSize() - at) {
      throw new InvalidInputException(
          "fsst: target bytes: expected at least " + (at + bytes) + ", found " + target.byteSize());
    }
    MemorySegment.copy(coded, from, target, ValueLayout.JAVA_BYTE, at, bytes);
  }

  /// The longest symbol that starts the word and is no longer than `room`, or 0.
  private int longest(long word, int room) {
    int slot = hash(word);
    int found = hashed[slot];
    int length = found & 15;
    if (found != 0 && length <= room && ((word ^ hashedSymbols[slot]) & mask(length)) == 0) {
      return found;
    }
    found = twos[(int) word & 0xffff];
    return found != 0 && room >= 2 ? found : ones[(int) word & 0xff];
  }

  private static int hash(long word) {
    return (int) (((word & 0xffffff) * 0x9E3779B97F4A7C15L) >>> (Long.SIZE - HASH_BITS));
  }

  private static long mask(int bytes) {
    return -1L >>> (Long.SIZE - Byte.SIZE * bytes);
  }

  private void clear() {
    count = 0;
    Arrays.fill(ones, (short) 0);
    Arrays.fill(twos, (short) 0);
    Arrays.fill(hashed, (short) 0);
  }

  /// Adds a symbol unless a better one already has its place in the hash.
  private void add(long symbol, int length) {
    short entry = (short) ((count << 4) | length);
    if (length == 1) {
      ones[(int) symbol & 0xff] = entry;
    } else if (length == 2) {
      twos[(int) symbol & 0xffff] = entry;
    } else {
      int slot = hash(symbol);
      if (hashed[slot] != 0) {
        return;
      }
      hashed[slot] = entry;
      hashedSymbols[slot] = symbol;
    }
    symbols[count] = symbol;
    lengths[count] = length;
    count++;
  }

  /// The counters and candidates of one training.
  private final class Training {

    private final int[] uses = new int[TRAINING_CODES];
    private final int[] pairs = new int[TRAINING_CODES * TRAINING_CODES];
    private final int[] seenPairs = new int[SAMPLE];
    private int seen;

    private final int slots = Integer.highestOneBit(4 * (SAMPLE + TRAINING_CODES));
    private final long[] candidates = new long[slots];
    private final byte[] candidateLengths = new byte[slots];
    private final int[] gains = new int[slots];
    private final int[] taken = new int[SAMPLE + TRAINING_CODES];
    private int takenCount;

    void count(int[] pieceEnds, int pieces) {
      int at = 0;
      for (int piece = 0; piece < pieces; piece++) {
        int end = pieceEnds[piece];
        int previous = -1;
        while (at < end) {
          int found = longest(Bytes.longAt(staged, at), end - at);
          int code = found == 0 ? LITERAL | (staged[at] & 0xff) : found >>> 4 & 0xff;
          uses[code]++;
          if (previous >= 0) {
            int pair = previous * TRAINING_CODES + code;
            if (pairs[pair]++ == 0) {
              seenPairs[seen++] = pair;
            }
          }
          previous = code;
          at += found == 0 ? 1 : found & 15;
        }
      }
    }

    /// Replaces the table by the symbols of greatest gain and clears the counters.
    void choose(boolean withPairs) {
      for (int code = 0; code < TRAINING_CODES; code++) {
        if (uses[code] > 0) {
          int length = length(code);
          // A byte without a symbol costs two: keep the frequent ones even beside longer symbols.
          offer(symbol(code), length, uses[code] * (length == 1 ? 8 : length));
          uses[code] = 0;
        }
      }
      for (int i = 0; i < seen; i++) {
        int pair = seenPairs[i];
        int first = pair / TRAINING_CODES;
        int second = pair % TRAINING_CODES;
        int length = length(first) + length(second);
        if (withPairs && length <= Fsst.MAX_SYMBOL_BYTES && pairs[pair] > 1) {
          long joined = symbol(first) | (symbol(second) << (Byte.SIZE * length(first)));
          offer(joined, length, pairs[pair] * length);
        }
        pairs[pair] = 0;
      }
      seen = 0;
      long[] order = new long[takenCount];
      for (int i = 0; i < takenCount; i++) {
        order[i] = ((long) -gains[taken[i]] << 32) | taken[i];
      }
      Arrays.sort(order);
      clear();
      for (int i = 0; i < order.length && FsstEncoder.this.count < MAX_SYMBOLS; i++) {
        add(candidates[(int) order[i]], candidateLengths[(int) order[i]]);
      }
      for (int i = 0; i < takenCount; i++) {
        candidateLengths[taken[i]] = 0;
        gains[taken[i]] = 0;
      }
      takenCount = 0;
    }

    private void offer(long symbol, int length, int gain) {
      int slot = (int) (((symbol + length) * 0x9E3779B97F4A7C15L) >>> 40) & (slots - 1);
      while (candidateLengths[slot] != 0
          && (candidateLengths[slot] != length || candidates[slot] != symbol)) {
        slot = (slot + 1) & (slots - 1);
      }
      if (candidateLengths[slot] == 0) {
        candidateLengths[slot] = (byte) length;
        candidates[slot] = symbol;
        taken[takenCount++] = slot;
      }
      gains[slot] += gain;
    }

    private long symbol(int code) {
      return code >= LITERAL ? code & 0xff : symbols[code];
    }

    private int length(int code) {
      return code >= LITERAL ? 1 : lengths[code];
    }
  }
}
