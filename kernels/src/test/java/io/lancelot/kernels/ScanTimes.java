package io.lancelot.kernels;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Times exact top-10 scans on one thread; not a test. Arguments: a directory with `base.u8` and
/// `queries.u8` of 128 dimensions, and `warm` or `cold`.
///
/// `warm` prints the median, smallest and largest time per query of every kernel; `cold` runs one
/// kind of query only and prints how the first calls of this JVM went.
final class ScanTimes {

  private static final int DIM = 128;

  private final MemorySegment base;
  private final MemorySegment queries;
  private final long rows;

  private ScanTimes(Path directory, Arena arena) throws IOException {
    base = map(directory.resolve("base.u8"), arena);
    queries = map(directory.resolve("queries.u8"), arena);
    rows = base.byteSize() / DIM;
  }

  public static void main(String[] args) throws IOException {
    try (Arena arena = Arena.ofShared()) {
      var times = new ScanTimes(Path.of(args[0]), arena);
      if (args[1].equals("cold")) {
        times.cold(arena);
      } else {
        times.warm(arena);
      }
    }
  }

  private void cold(Arena arena) throws IOException {
    MemorySegment data = mapped(ElementType.FLOAT32, arena);
    // Page cache in, as after a write; touching costs no kernel.
    data.load();
    long start = System.nanoTime();
    Kernels kernels = Kernels.current();
    double[] millis = new double[400];
    double[] at = new double[400];
    for (int i = 0; i < millis.length; i++) {
      long begin = System.nanoTime();
      scan(kernels, query(Metric.L2, ElementType.FLOAT32, i), data, null);
      long end = System.nanoTime();
      millis[i] = (end - begin) / 1e6;
      at[i] = (end - start) / 1e6;
    }
    double settled = Arrays.stream(millis, 300, 400).sorted().toArray()[50];
    int full = 0;
    for (int i = 0; i < millis.length; i++) {
      if (millis[i] > 1.5 * settled && i < 300) {
        full = i + 1;
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%s: first %.1f, second %.1f, third %.1f, slowest %.1f ms; "
            + "settled at %.2f ms from query %d on, %.0f ms after start%n",
        kernels.name(),
        millis[0],
        millis[1],
        millis[2],
        Arrays.stream(millis).max().orElseThrow(),
        settled,
        full,
        full == 0 ? 0 : at[full - 1]);
    StringBuilder trace = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      trace.append(String.format(Locale.ROOT, "%.1f ", millis[i]));
    }
    System.out.println(trace);
  }

  private void warm(Arena arena) throws IOException {
    DistanceKernels[] all = {new ScalarKernels(), new VectorKernels()};
    for (ElementType type : ElementType.values()) {
      MemorySegment mapped = mapped(type, arena);
      MemorySegment memory = arena.allocate(mapped.byteSize(), 64);
      memory.copyFrom(mapped);
      for (Metric metric : Metric.values()) {
        if (!metric.supports(type)) {
          continue;
        }
        for (DistanceKernels one : all) {
          Kernels kernels = Kernels.of(one);
          System.out.printf(
              Locale.ROOT,
              "%-8s %-8s %-10s memory %s  mapped %s%n",
              type,
              metric,
              one.name(),
              measure(kernels, metric, type, memory, null),
              measure(kernels, metric, type, mapped, null));
        }
      }
      if (type == ElementType.FLOAT32) {
        for (int every : new int[] {2, 10, 100, 1000}) {
          MemorySegment bits = arena.allocate(rows / 8 + 8);
          for (long r = 0; r < rows; r += every) {
            long old = bits.get(ValueLayout.JAVA_BYTE, r >>> 3);
            bits.set(ValueLayout.JAVA_BYTE, r >>> 3, (byte) (old | 1 << (r & 7)));
          }
          System.out.printf(
              Locale.ROOT,
              "FLOAT32  L2 every %d: %s%n",
              every,
              measure(
                  Kernels.of(new VectorKernels()),
                  Metric.L2,
                  ElementType.FLOAT32,
                  mapped,
                  Bits.of(bits)));
        }
      }
    }
  }

  private String measure(
      Kernels kernels,
      Metric metric,
      ElementType type,
      MemorySegment data,
      @Nullable Bits allowed) {
    double[] millis = new double[60];
    for (int i = -60; i < millis.length; i++) {
      QueryVector query = query(metric, type, i + 60);
      long begin = System.nanoTime();
      scan(kernels, query, data, allowed);
      if (i >= 0) {
        millis[i] = (System.nanoTime() - begin) / 1e6;
      }
    }
    Arrays.sort(millis);
    return String.format(Locale.ROOT, "%6.2f (%5.2f–%5.2f) ms", millis[30], millis[0], millis[59]);
  }

  private void scan(
      Kernels kernels, QueryVector query, MemorySegment data, @Nullable Bits allowed) {
    TopK best = new TopK(10);
    new Scan(kernels, query, best).topK(data, 0, rows, allowed, 0);
    if (best.size() != 10) {
      throw new IllegalStateException("found " + best.size());
    }
  }

  private QueryVector query(Metric metric, ElementType type, int number) {
    float[] values = new float[DIM];
    for (int i = 0; i < DIM; i++) {
      values[i] = queries.get(ValueLayout.JAVA_BYTE, (long) number * DIM + i) & 0xff;
    }
    return QueryVector.of(metric, type, values);
  }

  /// The rows as numbers of `type` in a file of their own, mapped. Signed bytes are what they are.
  private MemorySegment mapped(ElementType type, Arena arena) throws IOException {
    Path file = Files.createTempFile("rows", "." + type);
    file.toFile().deleteOnExit();
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MemorySegment data =
          channel.map(FileChannel.MapMode.READ_WRITE, 0, base.byteSize() * type.bytes(), arena);
      for (long i = 0; i < base.byteSize(); i++) {
        byte raw = base.get(ValueLayout.JAVA_BYTE, i);
        int value = raw & 0xff;
        switch (type) {
          case FLOAT16 -> data.set(ScalarKernels.SHORT, i * 2, Float.floatToFloat16(value));
          case FLOAT32 -> data.set(ScalarKernels.FLOAT, i * 4, value);
          case FLOAT64 -> data.set(ScalarKernels.DOUBLE, i * 8, value);
          case UINT8, INT8 -> data.set(ValueLayout.JAVA_BYTE, i, raw);
        }
      }
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, data.byteSize(), arena);
    }
  }

  private static MemorySegment map(Path file, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }
}
