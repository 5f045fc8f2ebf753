package io.lancelot.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/// Estimates the distances of the 32 neighbours of a graph's node at once, from sign bits that lie
/// beside it: sums of 4-bit look-ups as in [CodeScan], in blocks of half as many rows.
///
/// A block has the codes, as a [SignQuery] wants them: [#place]; then, of each neighbour, what to
/// add and to scale by: [#factors].
///
/// Until the vector twin is compiled, calls run on plain Java: see [#warm].
public final class NeighbourScan {

  /// Neighbours of a block.
  public static final int SLOTS = 32;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final boolean VECTOR = Kernels.current().name().startsWith("vector");
  private static final int LANES = VECTOR ? VectorNeighbourScan.LANES : SLOTS;
  private static final AtomicBoolean STARTED = new AtomicBoolean();
  private static volatile boolean ready;

  private NeighbourScan() {}

  /// Where in a block a byte of a neighbour's code stands.
  public static int place(int slot, int line) {
    return VECTOR ? line * SLOTS + place(slot) : wordPlace(slot, line);
  }

  static int wordPlace(int slot, int line) {
    return (line & ~7) * SLOTS + slot * 8 + (line & 7);
  }

  /// Where in a line of the vector twin the byte of a neighbour stands.
  private static int place(int slot) {
    int s = slot % LANES;
    int half = LANES / 2;
    return slot - s + (s < half ? 2 * s : 2 * (s - half) + 1);
  }

  /// Bytes of the codes, with which a block begins.
  ///
  /// @param lines bytes of a code
  public static int codeBytes(int lines) {
    return SignQuery.codeBytes(lines) * SLOTS;
  }

  /// Bytes of a block.
  public static int bytes(int lines) {
    return codeBytes(lines) + 4 * SLOTS;
  }

  /// Two numbers as one: each is rounded to the upper half of a float, by a 256th at the most, and
  /// `add` comes first. Signs of 128 dimensions are wrong by a twentieth.
  public static int factors(float add, float scale) {
    return upperHalf(add) << 16 | upperHalf(scale);
  }

  private static int upperHalf(float number) {
    return (Float.floatToRawIntBits(number) + 0x8000) >>> 16;
  }

  /// Whether the vector twin is in use.
  public static boolean vectorised() {
    return ready;
  }

  /// Writes the estimates `base + add + scale·(step·sum + bias)` of a block's neighbours to `out`.
  ///
  /// @param at where the block begins
  /// @param sums room for the sums
  /// @return a bit for each neighbour whose estimate is below the limit
  public static int below(
      MemorySegment blocks,
      long at,
      SignQuery query,
      float base,
      float limit,
      short[] sums,
      float[] out) {
    Objects.checkFromIndexSize(at, bytes(query.lines()), blocks.byteSize());
    Objects.checkFromIndexSize(0, SLOTS, sums.length);
    Objects.checkFromIndexSize(0, SLOTS, out.length);
    long factors = at + codeBytes(query.lines());
    if (ready) {
      VectorNeighbourScan.sums(blocks, at, query.lines(), query.tables(), sums);
      return VectorNeighbourScan.below(
          blocks, factors, sums, base, query.step(), query.bias(), limit, out);
    }
    if (VECTOR) {
      plain(blocks, at, query.lines(), query.tables(), sums);
    } else {
      query.neighbours(blocks, at, sums);
    }
    return plainBelow(blocks, factors, sums, base, query.step(), query.bias(), limit, out);
  }

  static void plain(MemorySegment blocks, long at, int lines, byte[] table, short[] sums) {
    for (int s = 0; s < SLOTS; s++) {
      int place = place(s);
      int sum = 0;
      for (int j = 0; j < lines; j++) {
        int code = blocks.get(ValueLayout.JAVA_BYTE, at + (long) j * SLOTS + place) & 0xff;
        sum += table[32 * j + (code & 15)] + table[32 * j + 16 + (code >>> 4)];
      }
      sums[s] = (short) sum;
    }
  }

  static int plainBelow(
      MemorySegment blocks,
      long factors,
      short[] sums,
      float base,
      float step,
      float bias,
      float limit,
      float[] out) {
    int hits = 0;
    for (int s = 0; s < SLOTS; s++) {
      int both = blocks.get(INT, factors + 4L * s);
      float add = Float.intBitsToFloat(both & 0xffff_0000);
      float scale = Float.intBitsToFloat(both << 16);
      out[s] = base + add + scale * (step * sums[s] + bias);
      hits |= out[s] < limit ? 1 << s : 0;
    }
    return hits;
  }

  /// Starts to compile the vector twin in the background, once per JVM.
  public static void warmSoon() {
    if (VECTOR && STARTED.compareAndSet(false, true)) {
      Thread thread = new Thread(NeighbourScan::warm, "lancelot-neighbour-warmup");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /// Compiles the vector twin by running it on made-up codes; takes some tenths of a second in a
  /// fresh JVM, nothing afterwards.
  public static synchronized void warm() {
    if (ready || !VECTOR) {
      return;
    }
    int lines = 16;
    try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofShared()) {
      MemorySegment block = arena.allocate(bytes(lines), 64);
      byte[] table = new byte[lines * 32 + CodeScan.TABLE_SLACK];
      short[] sums = new short[SLOTS];
      float[] out = new float[SLOTS];
      long end = System.nanoTime() + 3_000_000_000L;
      int steady = 0;
      for (int i = 0; System.nanoTime() < end && steady < 200; i++) {
        long start = System.nanoTime();
        VectorNeighbourScan.sums(block, 0, lines, table, sums);
        int hits =
            VectorNeighbourScan.below(block, (long) lines * SLOTS, sums, 0, 1, 0, i & 1, out);
        long took = System.nanoTime() - start;
        steady = took < 1500 && hits != 7 ? steady + 1 : 0;
      }
    }
    ready = true;
  }
}
