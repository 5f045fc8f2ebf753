package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// A rotated query made ready for products with sign bits, as RaBitQ has them: for codes of one bit
/// a number the sum of the query's numbers where bits are set. The sum is `step · s + bias`, where
/// `s` is a whole number and the bias takes off half of all numbers.
///
/// With the vector module four bits at once are looked up in tables of bytes, a register of rows by
/// one instruction. Plain Java looks up one at a time, 28 ns for a row of 128 bits; it takes the
/// query in five bits a number instead and counts the bits that a code has in common with each of
/// five planes: 1.4 ns, as the JIT vectorises the count where the processor has it. Codes lie
/// accordingly: [#place].
///
/// Holds what it works in, so it serves one thread.
public final class SignQuery {

  /// Bits of a number in plain Java, the highest of which counts as negative. RaBitQ's authors take
  /// four of the difference from a centre; the query itself is longer, and with four of its bits
  /// 0.987 are found on sift-kodak where five and six find 0.991, as many as tables.
  static final int PLANES = 5;

  private static final int TOP = (1 << PLANES - 1) - 1;

  private static final boolean TABLES = Kernels.current().name().startsWith("vector");
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Blocks counted at once: the JIT's vectors pay in long loops only.
  public static final int GROUP = 16;

  private final int lines;
  private final byte[] tables;
  private final long[] planes;
  private long[] words = new long[0];
  private int[] counts = new int[0];
  private float step;
  private float bias;

  /// @param rotated the query, of a multiple of eight numbers
  public SignQuery(float[] rotated) {
    this(rotated, TABLES);
  }

  SignQuery(float[] rotated, boolean byTables) {
    this.lines = rotated.length / 8;
    this.tables = byTables ? tables(rotated) : new byte[0];
    this.planes = byTables ? new long[0] : planes(rotated);
  }

  public float step() {
    return step;
  }

  public float bias() {
    return bias;
  }

  /// Bytes of a code in memory: plain Java takes whole words.
  ///
  /// @param lines bytes of a code
  public static int codeBytes(int lines) {
    return codeBytes(lines, TABLES);
  }

  static int codeBytes(int lines, boolean byTables) {
    return byTables ? lines : (lines + 7) / 8 * 8;
  }

  /// Where a byte of a row's code stands, when so many blocks of 64 rows are laid out together: as
  /// many as [#sums] is asked for at once, of which all groups of [#GROUP] but the last are whole.
  public static int place(int row, int line, int lines, int blocks) {
    return place(row, line, lines, blocks, TABLES);
  }

  static int place(int row, int line, int lines, int blocks, boolean byTables) {
    int block = CodeScan.BLOCK;
    if (byTables) {
      return (row / block * lines + line) * block + CodeScan.place(row % block);
    }
    int group = row / (GROUP * block);
    int rows = Math.min(GROUP, blocks - group * GROUP) * block;
    return group * GROUP * block * codeBytes(lines, false)
        + (line & ~7) * rows
        + row % (GROUP * block) * 8
        + (line & 7);
  }

  byte[] tables() {
    return tables;
  }

  int lines() {
    return lines;
  }

  /// Sums for the rows of some blocks that were laid out together.
  ///
  /// @param at where the first block begins
  public void sums(MemorySegment codes, long at, int blocks, short[] sums) {
    if (tables.length > 0) {
      CodeScan.sums4(codes, at, lines, blocks, tables, sums);
    } else {
      CodeScan.check(codes, at, codeBytes(lines, false), blocks, sums);
      count(codes, at, blocks, sums);
    }
  }

  private void count(MemorySegment codes, long at, int blocks, short[] sums) {
    int perCode = planes.length / PLANES;
    room(Math.min(GROUP, blocks) * CodeScan.BLOCK);
    for (int first = 0; first < blocks; first += GROUP) {
      int rows = Math.min(GROUP, blocks - first) * CodeScan.BLOCK;
      java.util.Arrays.fill(counts, 0, rows, 0);
      for (int w = 0; w < perCode; w++, at += 8L * rows) {
        MemorySegment.copy(codes, LONG, at, words, 0, rows);
        add(words, rows, planes, w * PLANES, counts);
      }
      narrow(counts, rows, sums, first * CodeScan.BLOCK);
    }
  }

  /// New arrays for each call would come from memory that no cache holds.
  private void room(int rows) {
    if (words.length < rows) {
      words = new long[rows];
      counts = new int[rows];
    }
  }

  /// Adds, for each word, the numbers of a query where its bits are set.
  static void add(long[] words, int count, long[] planes, int at, int[] sums) {
    long p0 = planes[at];
    long p1 = planes[at + 1];
    long p2 = planes[at + 2];
    long p3 = planes[at + 3];
    long p4 = planes[at + 4];
    for (int i = 0; i < count; i++) {
      long word = words[i];
      sums[i] +=
          Long.bitCount(word & p0)
              + (Long.bitCount(word & p1) << 1)
              + (Long.bitCount(word & p2) << 2)
              + (Long.bitCount(word & p3) << 3)
              - (Long.bitCount(word & p4) << 4);
    }
  }

  private static void narrow(int[] wide, int count, short[] narrow, int at) {
    for (int i = 0; i < count; i++) {
      narrow[at + i] = (short) wide[i];
    }
  }

  /// Sums for the 32 neighbours of a block of [NeighbourScan].
  void neighbours(MemorySegment blocks, long at, short[] sums) {
    int rows = NeighbourScan.SLOTS;
    room(rows);
    java.util.Arrays.fill(counts, 0, rows, 0);
    for (int w = 0; w < planes.length / PLANES; w++) {
      MemorySegment.copy(blocks, LONG, at + 8L * w * rows, words, 0, rows);
      add(words, rows, planes, w * PLANES, counts);
    }
    narrow(counts, rows, sums, 0);
  }

  /// Numbers as whole ones in two's complement, a word of each bit for every 64.
  private long[] planes(float[] rotated) {
    int top = Math.min(TOP, Short.MAX_VALUE / rotated.length);
    float widest = 0;
    for (float x : rotated) {
      widest = Math.max(widest, Math.abs(x));
    }
    step = widest == 0 ? 1 : widest / top;
    float inverse = 1 / step;
    long[] planes = new long[(rotated.length + 63) / 64 * PLANES];
    int total = 0;
    for (int d = 0; d < rotated.length; d++) {
      int whole = Math.clamp(Math.round(rotated[d] * inverse), -top, top);
      total += whole;
      for (int p = 0; p < PLANES; p++) {
        planes[d / 64 * PLANES + p] |= (long) (whole >>> p & 1) << d;
      }
    }
    bias = -step * total / 2;
    return planes;
  }

  private byte[] tables(float[] rotated) {
    int groups = rotated.length / 4;
    float widest = 0;
    float least = 0;
    float total = 0;
    for (int g = 0; g < groups; g++) {
      float span = 0;
      for (int d = 4 * g; d < 4 * g + 4; d++) {
        span += Math.abs(rotated[d]);
        least += Math.min(0, rotated[d]);
        total += rotated[d];
      }
      widest = Math.max(widest, span);
    }
    int top = Math.min(127, 32767 / groups);
    step = widest == 0 ? 1 : widest / top;
    bias = least - total / 2;
    byte[] bytes = new byte[groups * 16 + CodeScan.TABLE_SLACK];
    float inverse = 1 / step;
    float[] sums = new float[16];
    for (int g = 0; g < groups; g++) {
      // Half a step, for numbers to be rounded; and what makes the least sum 0.
      sums[0] = 0.5f;
      for (int b = 0; b < 4; b++) {
        sums[0] -= Math.min(0, rotated[4 * g + b]) * inverse;
      }
      for (int b = 0; b < 4; b++) {
        float more = rotated[4 * g + b] * inverse;
        for (int code = 0; code < 1 << b; code++) {
          sums[(1 << b) + code] = sums[code] + more;
        }
      }
      for (int code = 0; code < 16; code++) {
        bytes[g * 16 + code] = (byte) Math.min(top, (int) sums[code]);
      }
    }
    return bytes;
  }
}
