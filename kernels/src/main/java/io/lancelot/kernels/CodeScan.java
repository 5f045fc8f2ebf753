package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/// Sums over table look-ups for many rows of short codes, 64 rows a block, as the search through
/// quantised vectors needs them.
///
/// Codes of 4 bits lie two to a byte: a block has a line of 64 bytes for each pair of sub-spaces,
/// the first of the two in the low halves. Codes of 8 bits have a line for each sub-space. Within a
/// line the rows stand so that the kernel gets its 16-bit sums in row order: [#place].
///
/// Two phases: [#sums4] or [#sums8] fill an array of sums, [#below] turns them into estimates and a
/// mask of those that matter. Vectors never cross a call.
///
/// Until the vector kernels are compiled, calls run on plain Java: see [#warm].
public final class CodeScan {

  /// Rows of a block, and bytes of a line.
  public static final int BLOCK = 64;

  /// Look-up tables of 4-bit codes must have so many bytes more than the tables need.
  public static final int TABLE_SLACK = 48;

  private static final boolean VECTOR = Kernels.current().name().startsWith("vector");
  private static final int LANES = VECTOR ? VectorCodeScan.LANES : BLOCK;
  private static final int[] PLACES = places(LANES);

  /// Which row stands at each place.
  private static final int[] ROWS = inverse(PLACES);

  /// Lines that plain Java sums at once.
  private static final int LINES = 8;

  /// Blocks that plain Java estimates at once: the JIT vectorises long loops only.
  private static final int GROUP = 16;

  /// What plain Java works in, for one thread: new arrays for each call would come from memory that
  /// no cache holds, and take three times as long.
  public static final class Room {
    private float[] adds = {};
    private float[] scales = {};
    private float[] errors = {};

    private void made() {
      if (adds.length == 0) {
        adds = new float[GROUP * BLOCK];
        scales = new float[GROUP * BLOCK];
        errors = new float[GROUP * BLOCK];
      }
    }
  }

  private static final AtomicBoolean STARTED = new AtomicBoolean();
  private static volatile boolean ready;

  private CodeScan() {}

  private static int[] places(int lanes) {
    int[] places = new int[BLOCK];
    for (int s = 0; s < BLOCK; s++) {
      int t = s % lanes;
      int half = lanes / 2;
      places[s] = s - t + (t < half ? 2 * t : 2 * (t - half) + 1);
    }
    return places;
  }

  private static int[] inverse(int[] places) {
    int[] rows = new int[places.length];
    for (int row = 0; row < rows.length; row++) {
      rows[places[row]] = row;
    }
    return rows;
  }

  /// Where in a line the byte of a block's row stands.
  public static int place(int row) {
    return PLACES[row];
  }

  /// Whether the vector kernels are in use: from the moment they are compiled.
  public static boolean vectorised() {
    return ready;
  }

  /// Starts to compile the vector kernels in the background, once per JVM.
  public static void warmSoon() {
    if (VECTOR && STARTED.compareAndSet(false, true)) {
      Warmup.inBackground("lancelot-code-warmup", CodeScan::warm);
    }
  }

  /// Compiles the vector kernels by running them on made-up codes; takes about half a second in a
  /// fresh JVM, nothing afterwards. Meant for a background thread.
  public static synchronized void warm() {
    if (ready || !VECTOR) {
      return;
    }
    int lines = 16;
    int blocks = 16;
    try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofShared()) {
      MemorySegment codes = arena.allocate((long) lines * BLOCK * blocks, 64);
      MemorySegment floats = arena.allocate(4L * BLOCK * blocks, 64);
      byte[] table = new byte[lines * 256 + TABLE_SLACK];
      short[] sums = new short[BLOCK * blocks];
      float[] out = new float[BLOCK * blocks];
      long[] mask = new long[blocks];
      float[] query = new float[lines];
      float[] columns = new float[lines * 256];
      Warmup.untilSteady(() -> {
        VectorCodeScan.sums4(codes, 0, lines, blocks, table, sums);
        VectorCodeScan.products(query, columns, 4, 256, lines / 4, out);
        VectorCodeScan.sums8(codes, 0, lines, blocks, table, sums);
        VectorCodeScan.below(sums, blocks, floats, floats, floats, 0, 0, 1, 0, 0, 0, out, mask);
        VectorCodeScan.offsets(sums, blocks, floats, 0, 0, 1, 0, 0, out, mask);
      });
    }
    ready = true;
  }

  /// Sums of 4-bit look-ups.
  ///
  /// @param codes where the blocks lie, from `at` on
  /// @param lines lines of a block: half the sub-spaces
  /// @param table 16 entries of at most 127 for each sub-space
  /// @param sums one for each row; no sum may exceed 32767
  public static void sums4(
      MemorySegment codes, long at, int lines, int blocks, byte[] table, short[] sums) {
    check(codes, at, lines, blocks, sums);
    if (table.length < lines * 32 + TABLE_SLACK) {
      throw new IndexOutOfBoundsException("table of " + table.length + " bytes");
    }
    if (ready) {
      VectorCodeScan.sums4(codes, at, lines, blocks, table, sums);
    } else {
      plain4(codes, at, lines, blocks, table, sums);
    }
  }

  /// Sums of 8-bit look-ups: 256 entries of at most 255 for each line.
  public static void sums8(
      MemorySegment codes, long at, int lines, int blocks, byte[] table, short[] sums) {
    check(codes, at, lines, blocks, sums);
    if (table.length < lines * 256) {
      throw new IndexOutOfBoundsException("table of " + table.length + " bytes");
    }
    if (ready) {
      VectorCodeScan.sums8(codes, at, lines, blocks, table, sums);
    } else {
      plain8(codes, at, lines, blocks, table, sums);
    }
  }

  /// Inner products of a query's parts with the words of a codebook.
  ///
  /// @param columns for each number of the query the words' numbers at that place, `words` of them
  /// @param part numbers of a part
  /// @param out `words` for each part
  public static void products(float[] query, float[] columns, int part, int words, float[] out) {
    int parts = query.length / part;
    Objects.checkFromIndexSize(0, parts * part * words, columns.length);
    Objects.checkFromIndexSize(0, parts * words, out.length);
    if (ready && words % VectorCodeScan.FLOAT_LANES == 0) {
      VectorCodeScan.products(query, columns, part, words, parts, out);
      return;
    }
    plainProducts(query, columns, words, part, parts, out);
  }

  static void plainProducts(
      float[] query, float[] columns, int words, int part, int parts, float[] out) {
    java.util.Arrays.fill(out, 0, parts * words, 0);
    for (int d = 0; d < parts * part; d++) {
      int to = d / part * words;
      for (int w = 0; w < words; w++) {
        out[to + w] += query[d] * columns[d * words + w];
      }
    }
  }

  static void check(MemorySegment codes, long at, int lines, int blocks, short[] sums) {
    long end = at + (long) lines * blocks * BLOCK;
    if (at < 0 || end > codes.byteSize() || sums.length < blocks * BLOCK) {
      throw new IndexOutOfBoundsException(
          "codes: expected=" + end + " bytes, found=" + codes.byteSize());
    }
  }

  static void plain4(
      MemorySegment codes, long at, int lines, int blocks, byte[] table, short[] sums) {
    byte[] line = new byte[BLOCK];
    int[] block = new int[BLOCK];
    for (int b = 0; b < blocks; b++) {
      java.util.Arrays.fill(block, 0);
      for (int j = 0; j < lines; j++, at += BLOCK) {
        MemorySegment.copy(codes, ValueLayout.JAVA_BYTE, at, line, 0, BLOCK);
        int t = 32 * j;
        for (int r = 0; r < BLOCK; r++) {
          int code = line[r] & 0xff;
          block[r] += table[t + (code & 15)] + table[t + 16 + (code >>> 4)];
        }
      }
      for (int r = 0; r < BLOCK; r++) {
        sums[b * BLOCK + r] = (short) block[PLACES[r]];
      }
    }
  }

  /// Eight lines at once: their sum stays in a register. The work arrays are made here because the
  /// compiler then knows how long they are, and leaves out the bounds checks.
  static void plain8(
      MemorySegment codes, long at, int lines, int blocks, byte[] table, short[] sums) {
    byte[] tables = new byte[LINES * 256];
    byte[] group = new byte[LINES * BLOCK];
    java.util.Arrays.fill(sums, 0, blocks * BLOCK, (short) 0);
    for (int j = 0; j < lines; j += LINES) {
      int some = Math.min(LINES, lines - j);
      System.arraycopy(table, 256 * j, tables, 0, 256 * some);
      java.util.Arrays.fill(tables, 256 * some, tables.length, (byte) 0);
      for (int b = 0; b < blocks; b++) {
        long from = at + ((long) b * lines + j) * BLOCK;
        MemorySegment.copy(codes, ValueLayout.JAVA_BYTE, from, group, 0, some * BLOCK);
        for (int p = 0; p < BLOCK; p++) {
          int sum =
              (tables[group[p] & 0xff] & 0xff)
                  + (tables[256 + (group[64 + p] & 0xff)] & 0xff)
                  + (tables[512 + (group[128 + p] & 0xff)] & 0xff)
                  + (tables[768 + (group[192 + p] & 0xff)] & 0xff)
                  + (tables[1024 + (group[256 + p] & 0xff)] & 0xff)
                  + (tables[1280 + (group[320 + p] & 0xff)] & 0xff)
                  + (tables[1536 + (group[384 + p] & 0xff)] & 0xff)
                  + (tables[1792 + (group[448 + p] & 0xff)] & 0xff);
          sums[b * BLOCK + ROWS[p]] += (short) sum;
        }
      }
    }
  }

  /// Lower bounds `base + add + scale·(step·sum + bias) − spread·error`, and which of them are
  /// below a limit.
  ///
  /// @param add a float for each row, at `at`; `scale` and `error` likewise
  public static void below(
      short[] sums,
      int blocks,
      MemorySegment add,
      MemorySegment scale,
      MemorySegment error,
      long at,
      float base,
      float step,
      float bias,
      float spread,
      float limit,
      float[] out,
      long[] mask,
      Room room) {
    checkFactors(add, at, blocks);
    checkFactors(scale, at, blocks);
    checkFactors(error, at, blocks);
    if (ready) {
      VectorCodeScan.below(
          sums, blocks, add, scale, error, at, base, step, bias, spread, limit, out, mask);
    } else {
      plainBelow(
          sums, blocks, add, scale, error, at, base, step, bias, spread, limit, out, mask, room);
    }
  }

  static void plainBelow(
      short[] sums,
      int blocks,
      MemorySegment add,
      MemorySegment scale,
      MemorySegment error,
      long at,
      float base,
      float step,
      float bias,
      float spread,
      float limit,
      float[] out,
      long[] mask,
      Room room) {
    room.made();
    float[] adds = room.adds;
    float[] scales = room.scales;
    float[] errors = room.errors;
    for (int first = 0; first < blocks; first += GROUP) {
      int rows = Math.min(GROUP, blocks - first) * BLOCK;
      long from = at + 4L * first * BLOCK;
      MemorySegment.copy(add, ScalarKernels.FLOAT, from, adds, 0, rows);
      MemorySegment.copy(scale, ScalarKernels.FLOAT, from, scales, 0, rows);
      MemorySegment.copy(error, ScalarKernels.FLOAT, from, errors, 0, rows);
      products(sums, first * BLOCK, rows, step, bias, scales);
      bounds(adds, scales, errors, rows, base, spread);
      hits(adds, rows, limit, mask, first);
      System.arraycopy(adds, 0, out, first * BLOCK, rows);
    }
  }

  /// Multiplies factors with the products that sums stand for. Its own method, as the compiler
  /// vectorises loops over few arrays best.
  private static void products(
      short[] sums, int at, int rows, float step, float bias, float[] factors) {
    for (int i = 0; i < rows; i++) {
      factors[i] *= step * (float) sums[at + i] + bias;
    }
  }

  private static void bounds(
      float[] adds, float[] products, float[] errors, int rows, float base, float spread) {
    for (int i = 0; i < rows; i++) {
      adds[i] = base + adds[i] + products[i] - spread * errors[i];
    }
  }

  private static void hits(float[] estimates, int rows, float limit, long[] mask, int block) {
    for (int from = 0; from < rows; from += BLOCK) {
      long hits = 0;
      for (int r = 0; r < BLOCK; r++) {
        if (estimates[from + r] < limit) {
          hits |= 1L << r;
        }
      }
      mask[block + from / BLOCK] = hits;
    }
  }

  /// Estimates `base + add + step·sum`, and which of them are below a limit.
  public static void offsets(
      short[] sums,
      int blocks,
      MemorySegment add,
      long at,
      float base,
      float step,
      float limit,
      float[] out,
      long[] mask,
      Room room) {
    checkFactors(add, at, blocks);
    if (ready) {
      VectorCodeScan.offsets(sums, blocks, add, at, base, step, 0, limit, out, mask);
    } else {
      plainOffsets(sums, blocks, add, at, base, step, limit, out, mask, room);
    }
  }

  static void plainOffsets(
      short[] sums,
      int blocks,
      MemorySegment add,
      long at,
      float base,
      float step,
      float limit,
      float[] out,
      long[] mask,
      Room room) {
    room.made();
    float[] adds = room.adds;
    for (int first = 0; first < blocks; first += GROUP) {
      int rows = Math.min(GROUP, blocks - first) * BLOCK;
      MemorySegment.copy(add, ScalarKernels.FLOAT, at + 4L * first * BLOCK, adds, 0, rows);
      int from = first * BLOCK;
      for (int i = 0; i < rows; i++) {
        adds[i] = base + adds[i] + step * (float) sums[from + i];
      }
      hits(adds, rows, limit, mask, first);
      System.arraycopy(adds, 0, out, from, rows);
    }
  }

  private static void checkFactors(MemorySegment factors, long at, int blocks) {
    if (at < 0 || at + 4L * blocks * BLOCK > factors.byteSize()) {
      throw new IndexOutOfBoundsException("factors of " + factors.byteSize() + " bytes");
    }
  }
}
