package io.lancelot.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/// Tests values against constant bounds: a bit for each, 64 to a word. Rows are a multiple of 64;
/// what is left over is the caller's.
///
/// Runs on plain Java until a process has tested some million values, and on vectors from then on,
/// where this JVM has them: see [Kernels].
public final class Bounds {

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final boolean VECTOR = Kernels.current().name().startsWith("vector");

  /// After so many values it pays to compile the vector kernels.
  private static final long WORTH_WARMING = 1 << 23;

  private static final AtomicLong TESTED = new AtomicLong();
  private static final AtomicBoolean STARTED = new AtomicBoolean();
  private static volatile boolean ready;

  private Bounds() {}

  /// How a float is tested. Nothing holds for NaN.
  public enum Test {
    BELOW,
    AT_MOST,
    EQUAL
  }

  /// Whether the vector kernels may be used; starts to compile them when it is time.
  private static boolean vectors(int rows) {
    if (ready || !VECTOR) {
      return ready;
    }
    if (TESTED.addAndGet(rows) > WORTH_WARMING && STARTED.compareAndSet(false, true)) {
      Warmup.inBackground("lancelot-bounds-warmup", Bounds::warm);
    }
    return false;
  }

  /// Compiles the vector kernels; takes about half a second in a fresh JVM.
  static synchronized void warm() {
    if (ready || !VECTOR) {
      return;
    }
    int rows = 4096;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment data = arena.allocate(8L * rows, 64);
      MemorySegment out = arena.allocate(rows / 8, 8);
      Warmup.untilSteady(() -> {
        VectorBounds.ints(data, rows, 1, 2, 0, out);
        VectorBounds.longs(data, rows, 1, 2, 0, out);
        for (Test test : Test.values()) {
          VectorBounds.floats(data, rows, test, 1, 0, out);
          VectorBounds.doubles(data, rows, test, 1, 0, out);
        }
      });
    }
    ready = true;
  }

  private static void check(MemorySegment data, int width, int rows, MemorySegment out) {
    if (rows % 64 != 0 || data.byteSize() < (long) width * rows || out.byteSize() < rows / 8) {
      throw new IndexOutOfBoundsException(
          "bounds: expected=blocks of 64 rows in " + data.byteSize() + " bytes, found=" + rows);
    }
  }

  /// `low <= value <= high` for 32-bit integers, signed or unsigned like the bounds, of which `low`
  /// is not above `high`.
  ///
  /// @param flip what every word of the answer is XORed with
  public static void ints(
      MemorySegment data, int rows, int low, int high, long flip, MemorySegment out) {
    check(data, 4, rows, out);
    int span = high - low;
    if (vectors(rows)) {
      VectorBounds.ints(data, rows, low, span, flip, out);
      return;
    }
    long most = Integer.toUnsignedLong(span);
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      for (int j = 0; j < 64; j++) {
        long above = Integer.toUnsignedLong(data.get(INT, 4L * (i + j)) - low);
        word |= (above - most - 1) >>> 63 << j;
      }
      out.set(LONG, i >>> 3, word ^ flip);
    }
  }

  /// The same for 64-bit integers.
  public static void longs(
      MemorySegment data, int rows, long low, long high, long flip, MemorySegment out) {
    check(data, 8, rows, out);
    long span = high - low;
    if (vectors(rows)) {
      VectorBounds.longs(data, rows, low, span, flip, out);
      return;
    }
    long most = span + Long.MIN_VALUE;
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      for (int j = 0; j < 64; j++) {
        long above = data.get(LONG, 8L * (i + j)) - low + Long.MIN_VALUE;
        word |= (above <= most ? 1L : 0L) << j;
      }
      out.set(LONG, i >>> 3, word ^ flip);
    }
  }

  /// A test of 32-bit floats.
  public static void floats(
      MemorySegment data, int rows, Test test, float bound, long flip, MemorySegment out) {
    check(data, 4, rows, out);
    if (vectors(rows)) {
      VectorBounds.floats(data, rows, test, bound, flip, out);
      return;
    }
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      switch (test) {
        case BELOW -> {
          for (int j = 0; j < 64; j++) {
            word |= (data.get(FLOAT, 4L * (i + j)) < bound ? 1L : 0L) << j;
          }
        }
        case AT_MOST -> {
          for (int j = 0; j < 64; j++) {
            word |= (data.get(FLOAT, 4L * (i + j)) <= bound ? 1L : 0L) << j;
          }
        }
        case EQUAL -> {
          for (int j = 0; j < 64; j++) {
            word |= (data.get(FLOAT, 4L * (i + j)) == bound ? 1L : 0L) << j;
          }
        }
      }
      out.set(LONG, i >>> 3, word ^ flip);
    }
  }

  /// A test of 64-bit floats.
  public static void doubles(
      MemorySegment data, int rows, Test test, double bound, long flip, MemorySegment out) {
    check(data, 8, rows, out);
    if (vectors(rows)) {
      VectorBounds.doubles(data, rows, test, bound, flip, out);
      return;
    }
    for (int i = 0; i < rows; i += 64) {
      long word = 0;
      switch (test) {
        case BELOW -> {
          for (int j = 0; j < 64; j++) {
            word |= (data.get(DOUBLE, 8L * (i + j)) < bound ? 1L : 0L) << j;
          }
        }
        case AT_MOST -> {
          for (int j = 0; j < 64; j++) {
            word |= (data.get(DOUBLE, 8L * (i + j)) <= bound ? 1L : 0L) << j;
          }
        }
        case EQUAL -> {
          for (int j = 0; j < 64; j++) {
            word |= (data.get(DOUBLE, 8L * (i + j)) == bound ? 1L : 0L) << j;
          }
        }
      }
      out.set(LONG, i >>> 3, word ^ flip);
    }
  }
}
