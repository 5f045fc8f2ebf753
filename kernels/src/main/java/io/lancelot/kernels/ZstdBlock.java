package io.lancelot.kernels;

import java.util.Arrays;

/// The literals and sequences of one block on their way into its compressed form.
final class ZstdBlock {

  private static final int MAX_SEQUENCES = ZstdTables.MAX_BLOCK / 4;
  private static final int MIN_HUFFMAN = 64;
  private static final int MIN_FITTED = 48;

  private static final ZstdFseEncoder LITERAL_LENGTHS =
      ZstdFseEncoder.predefined(ZstdTables.PREDEFINED_LITERALS, ZstdTables.PREDEFINED_LITERAL_LOG);
  private static final ZstdFseEncoder MATCH_LENGTHS =
      ZstdFseEncoder.predefined(ZstdTables.PREDEFINED_MATCHES, ZstdTables.PREDEFINED_MATCH_LOG);
  private static final ZstdFseEncoder OFFSETS =
      ZstdFseEncoder.predefined(ZstdTables.PREDEFINED_OFFSETS, ZstdTables.PREDEFINED_OFFSET_LOG);

  private static final byte[] LITERAL_CODES = codes(ZstdTables.LITERAL_BASE, 64);
  private static final byte[] MATCH_CODES = codes(ZstdTables.MATCH_BASE, 131);

  final byte[] literals = new byte[ZstdTables.MAX_BLOCK + Bytes.SLACK];
  int literalCount;

  /// The compressed form. One that grows beyond a plain block is given up.
  final byte[] out = new byte[2 * ZstdTables.MAX_BLOCK + 4096];

  private final int[] runs = new int[MAX_SEQUENCES];
  private final int[] matches = new int[MAX_SEQUENCES];
  private final int[] offsets = new int[MAX_SEQUENCES];
  private final byte[] runCodes = new byte[MAX_SEQUENCES];
  private final byte[] matchCodes = new byte[MAX_SEQUENCES];
  private final byte[] offsetCodes = new byte[MAX_SEQUENCES];
  private int count;

  private final ZstdBits bits = new ZstdBits(out);
  private final ZstdHuffmanEncoder huffman = new ZstdHuffmanEncoder();
  private final int[] histogram = new int[256];
  private final ZstdFseEncoder fittedRuns = new ZstdFseEncoder();
  private final ZstdFseEncoder fittedMatches = new ZstdFseEncoder();
  private final ZstdFseEncoder fittedOffsets = new ZstdFseEncoder();

  /// Where the table description written last ends.
  private int tableEnd;

  private static byte[] codes(int[] bases, int length) {
    byte[] codes = new byte[length];
    int code = 0;
    for (int value = bases[0]; value < length; value++) {
      while (code + 1 < bases.length && bases[code + 1] <= value) {
        code++;
      }
      codes[value] = (byte) code;
    }
    return codes;
  }

  void clear() {
    literalCount = 0;
    count = 0;
  }

  /// Adds a run of literals, already in `literals`, and the match after it. `offset` is 1 to 3 for
  /// a repeated distance, else the distance plus 3.
  void add(int run, int match, int offset) {
    runs[count] = run;
    matches[count] = match;
    offsets[count] = offset;
    count++;
  }

  /// Writes the block to `out` and returns its length, or -1 if it is not below `limit`.
  int write(int limit) {
    int at = writeLiterals();
    if (at >= limit) {
      return -1;
    }
    at = writeSequences(at);
    return at < limit ? at : -1;
  }

  private int writeLiterals() {
    Arrays.fill(histogram, 0);
    int most = 0;
    for (int i = 0; i < literalCount; i++) {
      most = Math.max(most, ++histogram[literals[i] & 0xff]);
    }
    if (literalCount > 0 && most == literalCount) {
      int at = writePlainHeader(1);
      out[at] = literals[0];
      return at + 1;
    }
    if (literalCount >= MIN_HUFFMAN) {
      long estimate = huffman.build(histogram) / 8;
      if (estimate < literalCount - literalCount / 32 - 16) {
        int end = writeHuffman();
        if (end > 0) {
          return end;
        }
      }
    }
    int at = writePlainHeader(0);
    System.arraycopy(literals, 0, out, at, literalCount);
    return at + literalCount;
  }

  private int writePlainHeader(int type) {
    if (literalCount < 32) {
      out[0] = (byte) (type | (literalCount << 3));
      return 1;
    }
    if (literalCount < 4096) {
      Bytes.putShort(out, 0, type | (1 << 2) | (literalCount << 4));
      return 2;
    }
    Bytes.putInt(out, 0, type | (3 << 2) | (literalCount << 4));
    return 3;
  }

  /// Returns where the literals end, or -1 if they are better left plain.
  private int writeHuffman() {
    boolean four = literalCount >= 1024;
    int format = !four ? 0 : literalCount < 16_384 ? 2 : 3;
    int headerBytes = !four ? 3 : format == 2 ? 4 : 5;
    int width = !four ? 10 : format == 2 ? 14 : 18;
    int at = huffman.writeTree(bits, out, headerBytes);
    if (at < 0) {
      return -1;
    }
    if (four) {
      int quarter = (literalCount + 3) / 4;
      int jumpTable = at;
      at += 6;
      for (int i = 0; i < 4; i++) {
        int from = i * quarter;
        int end =
            huffman.writeStream(bits, at, literals, from, Math.min(from + quarter, literalCount));
        if (i < 3) {
          Bytes.putShort(out, jumpTable + 2 * i, end - at);
        }
        at = end;
      }
    } else {
      at = huffman.writeStream(bits, at, literals, 0, literalCount);
    }
    int length = at - headerBytes;
    if (length >= literalCount) {
      return -1;
    }
    long header =
        2 | ((long) format << 2) | ((long) literalCount << 4) | ((long) length << (4 + width));
    for (int i = 0; i < headerBytes; i++) {
      out[i] = (byte) (header >>> (8 * i));
    }
    return at;
  }

  private int writeSequences(int at) {
    if (count < 128) {
      out[at++] = (byte) count;
    } else if (count < 0x7F00) {
      out[at++] = (byte) ((count >>> 8) + 128);
      out[at++] = (byte) count;
    } else {
      out[at++] = (byte) 255;
      Bytes.putShort(out, at, count - 0x7F00);
      at += 2;
    }
    if (count == 0) {
      return at;
    }
    for (int i = 0; i < count; i++) {
      runCodes[i] = code(LITERAL_CODES, runs[i], 19);
      matchCodes[i] = code(MATCH_CODES, matches[i], 36);
      offsetCodes[i] = (byte) (31 - Integer.numberOfLeadingZeros(offsets[i]));
    }
    int modesAt = at++;
    tableEnd = at;
    ZstdFseEncoder runTable =
        chooseTable(runCodes, LITERAL_LENGTHS, fittedRuns, ZstdTables.MAX_LITERAL_LOG);
    ZstdFseEncoder offsetTable =
        chooseTable(offsetCodes, OFFSETS, fittedOffsets, ZstdTables.MAX_OFFSET_LOG);
    ZstdFseEncoder matchTable =
        chooseTable(matchCodes, MATCH_LENGTHS, fittedMatches, ZstdTables.MAX_MATCH_LOG);
    out[modesAt] =
        (byte)
            ((runTable == fittedRuns ? 2 << 6 : 0)
                | (offsetTable == fittedOffsets ? 2 << 4 : 0)
                | (matchTable == fittedMatches ? 2 << 2 : 0));
    return writeStream(tableEnd, runTable, offsetTable, matchTable);
  }

  /// Short values have their code in a table; of a longer one the highest bit tells.
  private static byte code(byte[] table, int value, int highBitOffset) {
    return value < table.length
        ? table[value]
        : (byte)
            (31
                - Integer.numberOfLeadingZeros(value - (highBitOffset == 36 ? 3 : 0))
                + highBitOffset);
  }

  /// Fits a table to the codes and writes it at `tableEnd` if that pays.
  private ZstdFseEncoder chooseTable(
      byte[] codes, ZstdFseEncoder predefined, ZstdFseEncoder fitted, int maxLog) {
    if (count < MIN_FITTED) {
      return predefined;
    }
    Arrays.fill(histogram, 0, 64, 0);
    int symbols = 0;
    int most = 0;
    for (int i = 0; i < count; i++) {
      most = Math.max(most, ++histogram[codes[i]]);
      symbols = Math.max(symbols, codes[i] + 1);
    }
    if (most == count) {
      return predefined;
    }
    int log = Math.clamp(30 - Integer.numberOfLeadingZeros(count), 6, maxLog);
    fitted.fit(histogram, symbols, count, log);
    int end = fitted.write(bits, tableEnd);
    double gain = predefined.cost(histogram, symbols) - fitted.cost(histogram, symbols);
    if (gain <= 8.0 * (end - tableEnd)) {
      return predefined;
    }
    tableEnd = end;
    return fitted;
  }

  private int writeStream(
      int at, ZstdFseEncoder runTable, ZstdFseEncoder offsetTable, ZstdFseEncoder matchTable) {
    bits.start(at);
    int i = count - 1;
    int matchState = matchTable.firstState(matchCodes[i]);
    int offsetState = offsetTable.firstState(offsetCodes[i]);
    int runState = runTable.firstState(runCodes[i]);
    writeExtraBits(i);
    for (i--; i >= 0; i--) {
      offsetState = offsetTable.encode(bits, offsetState, offsetCodes[i]);
      matchState = matchTable.encode(bits, matchState, matchCodes[i]);
      runState = runTable.encode(bits, runState, runCodes[i]);
      bits.flush();
      writeExtraBits(i);
      if (bits.position() > out.length - 64) {
        return out.length;
      }
    }
    matchTable.writeState(bits, matchState);
    offsetTable.writeState(bits, offsetState);
    runTable.writeState(bits, runState);
    return bits.endWithMark();
  }

  private void writeExtraBits(int i) {
    bits.add(runs[i], ZstdTables.LITERAL_BITS[runCodes[i]]);
    bits.add(matches[i] - ZstdTables.MIN_MATCH, ZstdTables.MATCH_BITS[matchCodes[i]]);
    bits.flush();
    bits.add(offsets[i], offsetCodes[i]);
    bits.flush();
  }
}
