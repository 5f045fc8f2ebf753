package io.lancelot.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Locale;
import java.util.Random;

/// Times each vector kernel beside its plain twin, nanoseconds a row, and prints a table in
/// Markdown; not a test. What it prints is the reason for each vector kernel, and says how far a
/// JVM without the vector module is behind:
///
///     mvn -q test-compile -pl kernels -am
///     java --add-modules jdk.incubator.vector -cp base/target/classes:kernels/target/classes:\
///         kernels/target/test-classes io.lancelot.kernels.KernelTimes [PART OF A NAME [DIM]]
///
/// Both twins run turn by turn in one process; the least of many turns counts, in processor time, as
/// other jobs only ever make a turn longer. Rows lie in the second-level cache where nothing else is said.
final class KernelTimes {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int WARM_MILLIS = 2000;
  private static final int WARM_TIMES = 3000;
  private static final long MOST_NANOS = 4_000_000_000L;
  private static final int TURNS = 60;
  private static final long TURN_NANOS = 1_000_000;

  private final Random random = new Random(7);
  private final String wanted;
  private final Arena arena;

  private KernelTimes(String wanted, Arena arena) {
    this.wanted = wanted;
    this.arena = arena;
  }

  public static void main(String[] args) {
    try (Arena arena = Arena.ofShared()) {
      System.out.println("| loop | dim | with the module | without | factor |");
      System.out.println("|---|---|---|---|---|");
      KernelTimes times = new KernelTimes(args.length == 0 ? "" : args[0], arena);
      for (int dim :
          args.length < 2 ? new int[] {128, 384, 768} : new int[] {Integer.parseInt(args[1])}) {
        times.distances(dim, 1 << 19);
        times.distances(dim, 1 << 26);
        times.squares(dim);
        times.signs(dim);
        times.neighbours(dim);
        times.products(dim);
      }
    }
  }

  private static int rows(int rowBytes) {
    return Math.min(Kernels.BLOCK, (1 << 19) / rowBytes / 64 * 64);
  }

  private void distances(int dim, int bytes) {
    for (ElementType type : new ElementType[] {ElementType.FLOAT32, ElementType.UINT8}) {
      int count = bytes / (dim * type.bytes());
      MemorySegment data = arena.allocate((long) count * dim * type.bytes(), 64);
      for (long i = 0; i < (long) count * dim; i++) {
        if (type == ElementType.UINT8) {
          data.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
        } else {
          data.set(ScalarKernels.FLOAT, 4 * i, random.nextFloat());
        }
      }
      float[] out = new float[Kernels.BLOCK];
      for (Metric metric : new Metric[] {Metric.L2, Metric.DOT, Metric.COSINE}) {
        float[] numbers = new float[dim];
        for (int d = 0; d < dim; d++) {
          numbers[d] = random.nextFloat();
        }
        QueryVector query = QueryVector.of(metric, type, numbers);
        Kernels plain = Kernels.of(new ScalarKernels());
        Kernels vector = Kernels.of(new VectorKernels());
        compare(
            "%s of %s, %s"
                .formatted(metric, type, bytes > 1 << 20 ? "64 MiB" : "in the cache")
                .toLowerCase(Locale.ROOT),
            dim,
            count,
            () -> scan(vector, query, data, count, out),
            () -> scan(plain, query, data, count, out));
      }
    }
  }

  private static void scan(
      Kernels kernels, QueryVector query, MemorySegment data, int count, float[] out) {
    for (int from = 0; from < count; from += Kernels.BLOCK) {
      kernels.distances(query, data, from, Math.min(count, from + Kernels.BLOCK), out);
    }
  }

  private void squares(int dim) {
    int count = 32;
    int all = rows(dim);
    MemorySegment data = bytes((long) all * dim);
    int[][] picks = new int[64][];
    for (int i = 0; i < picks.length; i++) {
      picks[i] = random.ints(count, 0, all).toArray();
    }
    byte[] query = new byte[dim];
    random.nextBytes(query);
    float[] out = new float[count];
    compare(
        "squares of bytes, 32 rows here and there",
        dim,
        count * picks.length,
        () -> {
          for (int[] rows : picks) {
            VectorByteDistances.squares(query, data, rows, count, out);
          }
        },
        () -> {
          for (int[] rows : picks) {
            ByteDistances.plain(query, data, rows, count, out);
          }
        });
  }

  private void signs(int dim) {
    int blocks = rows(dim / 8) / CodeScan.BLOCK;
    int lines = dim / 8;
    int count = blocks * CodeScan.BLOCK;
    MemorySegment codes = bytes((long) lines * count);
    MemorySegment add = floats(count);
    MemorySegment scale = floats(count);
    MemorySegment error = floats(count);
    byte[] table = table(lines * 32, Math.min(127, 32767 / (2 * lines)));
    short[] sums = new short[count];
    float[] out = new float[count];
    long[] mask = new long[blocks];
    CodeScan.Room room = new CodeScan.Room();
    compare(
        "sums of 4-bit codes",
        dim,
        count,
        () -> VectorCodeScan.sums4(codes, 0, lines, blocks, table, sums),
        () -> CodeScan.plain4(codes, 0, lines, blocks, table, sums));
    SignQuery planes = new SignQuery(query(dim), false);
    compare(
        "sums of 1-bit codes",
        dim,
        count,
        () -> VectorCodeScan.sums4(codes, 0, lines, blocks, table, sums),
        () -> planes.sums(codes, 0, blocks, sums));
    compare(
        "sums and bounds of 1-bit codes",
        dim,
        count,
        () -> {
          VectorCodeScan.sums4(codes, 0, lines, blocks, table, sums);
          VectorCodeScan.below(sums, blocks, add, scale, error, 0, 1, 1e-3f, 0, 1, -1, out, mask);
        },
        () -> {
          planes.sums(codes, 0, blocks, sums);
          CodeScan.plainBelow(
              sums, blocks, add, scale, error, 0, 1, 1e-3f, 0, 1, -1, out, mask, room);
        });
    compare(
        "bounds of 1-bit codes",
        dim,
        count,
        () ->
            VectorCodeScan.below(sums, blocks, add, scale, error, 0, 1, 1e-3f, 0, 1, -1, out, mask),
        () ->
            CodeScan.plainBelow(
                sums, blocks, add, scale, error, 0, 1, 1e-3f, 0, 1, -1, out, mask, room));
    compare(
        "estimates of codes",
        dim,
        count,
        () -> VectorCodeScan.offsets(sums, blocks, add, 0, 1, 1e-3f, 0, -1, out, mask),
        () -> CodeScan.plainOffsets(sums, blocks, add, 0, 1, 1e-3f, -1, out, mask, room));
    int subs = dim / 8;
    byte[] wide = table(subs * 256, Math.min(255, 32767 / subs));
    compare(
        "sums of 8-bit codes, dim / 8 of them",
        dim,
        count,
        () -> VectorCodeScan.sums8(codes, 0, subs, blocks, wide, sums),
        () -> CodeScan.plain8(codes, 0, subs, blocks, wide, sums));
  }

  private float[] query(int dim) {
    float[] query = new float[dim];
    for (int d = 0; d < dim; d++) {
      query[d] = (float) random.nextGaussian();
    }
    return query;
  }

  private void neighbours(int dim) {
    int lines = dim / 8;
    int many = 64;
    int size = NeighbourScan.bytes(lines);
    MemorySegment blocks = bytes((long) many * size);
    SignQuery tables = new SignQuery(query(dim), true);
    SignQuery planes = new SignQuery(query(dim), false);
    short[] sums = new short[NeighbourScan.SLOTS];
    float[] out = new float[NeighbourScan.SLOTS];
    long factors = NeighbourScan.codeBytes(lines);
    compare(
        "neighbours of a graph's node",
        dim,
        many * NeighbourScan.SLOTS,
        () -> {
          for (long at = 0; at < (long) many * size; at += size) {
            VectorNeighbourScan.sums(blocks, at, lines, tables.tables(), sums);
            VectorNeighbourScan.below(blocks, at + factors, sums, 1, 1, 1, 0, out);
          }
        },
        () -> {
          for (long at = 0; at < (long) many * size; at += size) {
            planes.neighbours(blocks, at, sums);
            NeighbourScan.plainBelow(blocks, at + factors, sums, 1, 1, 1, 0, out);
          }
        });
  }

  private void products(int dim) {
    int words = 256;
    int part = 8;
    float[] query = new float[dim];
    float[] columns = new float[dim * words];
    float[] out = new float[dim / part * words];
    compare(
        "products with a codebook, a word of 8",
        dim,
        dim / part * words,
        () -> VectorCodeScan.products(query, columns, part, words, dim / part, out),
        () -> CodeScan.plainProducts(query, columns, words, part, dim / part, out));
    float[] centres = new float[256 * dim];
    float[] rows = new float[64 * dim];
    for (int i = 0; i < centres.length; i++) {
      centres[i] = random.nextFloat();
    }
    Centroids vector = Centroids.of(centres, 256, dim, false, true);
    Centroids plain = Centroids.of(centres, 256, dim, false, false);
    int[] best = new int[64];
    float[] scores = new float[64];
    compare(
        "nearest centre, a row and centre",
        dim,
        64 * 256,
        () -> vector.nearest(rows, 0, dim, 64, best, scores, 0),
        () -> plain.nearest(rows, 0, dim, 64, best, scores, 0));
  }

  private MemorySegment bytes(long size) {
    MemorySegment bytes = arena.allocate(size, 64);
    for (long i = 0; i < size; i++) {
      bytes.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    return bytes;
  }

  private MemorySegment floats(int count) {
    MemorySegment floats = arena.allocate(4L * count, 64);
    for (int i = 0; i < count; i++) {
      floats.set(ScalarKernels.FLOAT, 4L * i, random.nextFloat());
    }
    return floats;
  }

  private byte[] table(int size, int top) {
    byte[] table = new byte[size + CodeScan.TABLE_SLACK];
    for (int i = 0; i < size; i++) {
      table[i] = (byte) random.nextInt(top + 1);
    }
    return table;
  }

  private void compare(String name, int dim, int rows, Runnable vector, Runnable plain) {
    if (!name.contains(wanted)) {
      return;
    }
    int vectorTimes = warmed(vector);
    int plainTimes = warmed(plain);
    double leastVector = Double.MAX_VALUE;
    double leastPlain = Double.MAX_VALUE;
    for (int turn = 0; turn < TURNS; turn++) {
      leastVector = Math.min(leastVector, time(vector, vectorTimes));
      leastPlain = Math.min(leastPlain, time(plain, plainTimes));
    }
    System.out.printf(
        Locale.ROOT,
        "| %s | %d | %.2f | %.2f | %.1f |%n",
        name,
        dim,
        leastVector / rows,
        leastPlain / rows,
        leastPlain / leastVector);
  }

  /// Runs until compiled, and says how often in a turn.
  private static int warmed(Runnable work) {
    long end = System.nanoTime() + WARM_MILLIS * 1_000_000L;
    double least = Double.MAX_VALUE;
    for (int i = 0;
        System.nanoTime() < end || i < WARM_TIMES && System.nanoTime() < end + MOST_NANOS;
        i++) {
      least = Math.min(least, time(work, 1));
    }
    return (int) Math.max(1, TURN_NANOS / least);
  }

  private static double time(Runnable work, int times) {
    long start = THREADS.getCurrentThreadCpuTime();
    for (int i = 0; i < times; i++) {
      work.run();
    }
    return (double) (THREADS.getCurrentThreadCpuTime() - start) / times;
  }
}
