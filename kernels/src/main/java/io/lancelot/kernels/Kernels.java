package io.lancelot.kernels;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Distances from a query to the rows of a column, as fast as this JVM can compute them.
///
/// Chosen once per JVM: the Vector API where module `jdk.incubator.vector` is present (start with
/// `--add-modules jdk.incubator.vector`) and registers have 256 bits or more, plain Java otherwise.
/// `-Dlancelot.kernels=scalar` or `=vector` forces one; the choice and its reason are logged at
/// debug level. Both give the same distances but for the rounding of sums. Stateless and
/// thread-safe.
///
/// Data are rows of `query.dim()` numbers, one after the other, in native or mapped memory, at any
/// alignment. Values of null rows are computed like others: who knows of nulls leaves them out.
public final class Kernels {

  /// The favoured number of rows per call: distances stay in the first-level cache.
  public static final int BLOCK = 1024;

  private static final Logger LOG = System.getLogger(Kernels.class.getName());
  private static final int[] SEQUENCE = sequence(BLOCK);
  private static final Kernels SCALAR = new Kernels(new ScalarKernels(), "asked for");
  private static final Kernels CURRENT =
      choose(System.getProperty("lancelot.kernels"), System.getProperty("lancelot.kernels.warmup"));

  /// To touch rows before they are compared pays once that is compiled, and takes longer than to
  /// compare them before: the first rows of a JVM go without. Threads may miscount.
  private static int rowsBeforeTouching = 1 << 18;

  private final DistanceKernels kernels;
  private final String reason;

  private Kernels(DistanceKernels kernels, String reason) {
    this.kernels = kernels;
    this.reason = reason;
  }

  /// The kernels of this JVM.
  public static Kernels current() {
    return CURRENT;
  }

  /// The kernels in plain Java, which every JVM has.
  public static Kernels scalar() {
    return SCALAR;
  }

  static Kernels of(DistanceKernels kernels) {
    return new Kernels(kernels, "asked for");
  }

  static Kernels choose(@Nullable String forced, @Nullable String warmup) {
    Kernels chosen = candidate(forced, !"off".equals(warmup));
    LOG.log(Level.DEBUG, "distance kernels: {0}, {1}", chosen.name(), chosen.reason());
    return chosen;
  }

  private static Kernels candidate(@Nullable String forced, boolean warmup) {
    if ("scalar".equals(forced)) {
      return new Kernels(new ScalarKernels(), "forced by lancelot.kernels=scalar");
    }
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return new Kernels(
          new ScalarKernels(), "no module jdk.incubator.vector (add it with --add-modules)");
    }
    int bits = VectorKernels.bits();
    if (bits < 256 && !"vector".equals(forced)) {
      return new Kernels(new ScalarKernels(), "registers of only " + bits + " bits");
    }
    String reason =
        "vector".equals(forced)
            ? "forced by lancelot.kernels=vector"
            : "module jdk.incubator.vector is present";
    DistanceKernels vector = new VectorKernels();
    return new Kernels(warmup ? new WarmingKernels(new ScalarKernels(), vector) : vector, reason);
  }

  /// Waits until the kernel that a query needs runs at full speed, which in a fresh JVM takes the
  /// compiler about a second. Queries need not wait: until then they run on plain Java. For those
  /// who measure.
  ///
  /// @return whether it does
  public boolean warm(QueryVector query, Duration patience) {
    if (!(kernels instanceof WarmingKernels warming)) {
      return true;
    }
    try {
      return warming.await(query, patience);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// `scalar`, or `vector-` and the bits of a register: `vector-256`.
  public String name() {
    return kernels.name();
  }

  /// Why these kernels and no others.
  public String reason() {
    return reason;
  }

  /// Writes the distances of rows `from` (inclusive) to `to` (exclusive) of `data` to the beginning
  /// of `out`. Best called for [#BLOCK] rows or fewer at a time.
  public void distances(QueryVector query, MemorySegment data, long from, long to, float[] out) {
    Objects.checkFromToIndex(from, to, Long.MAX_VALUE);
    checkData(query, data, to);
    int count = Math.toIntExact(to - from);
    Objects.checkFromIndexSize(0, count, out.length);
    int[] rows = count <= BLOCK ? SEQUENCE : sequence(count);
    compute(query, data, from * query.rowBytes(), rows, count, out);
  }

  /// Writes the distances of rows `rows[0]` to `rows[count - 1]` of `data` to the beginning of
  /// `out`. Rows may come in any order and more than once.
  ///
  /// @throws IndexOutOfBoundsException if a row lies beyond `data`
  public void distances(QueryVector query, MemorySegment data, int[] rows, int count, float[] out) {
    Objects.checkFromIndexSize(0, count, rows.length);
    Objects.checkFromIndexSize(0, count, out.length);
    checkData(query, data, 0);
    if (count == 0) {
      return;
    }
    if (rowsBeforeTouching > 0) {
      rowsBeforeTouching -= count;
    } else {
      out[0] = Rows.touch(data, 0, rows, count, query.rowBytes());
    }
    compute(query, data, 0, rows, count, out);
  }

  /// As the public form, for callers that have checked the rows.
  void compute(
      QueryVector query, MemorySegment data, long base, int[] rows, int count, float[] out) {
    kernels.distances(query, data, base, rows, count, out);
    if (query.metric() == Metric.COSINE && query.type() == ElementType.FLOAT32) {
      repairCosines(query, data, base, rows, count, out);
    }
  }

  /// Kernels answer NaN where the squared length of a row is no normal float.
  private static void repairCosines(
      QueryVector query, MemorySegment data, long base, int[] rows, int count, float[] out) {
    float[] q = query.floats();
    if (Float.isNaN(q[0])) {
      return;
    }
    for (int i = 0; i < count; i++) {
      if (Float.isNaN(out[i])) {
        out[i] = ScalarKernels.cosineInDoubles(data, base + rows[i] * query.rowBytes(), q);
      }
    }
  }

  static void checkData(QueryVector query, MemorySegment data, long rowCount) {
    if (!data.isNative()) {
      // Heap segments would work, and slow down the loops for all others.
      throw new IllegalArgumentException("vectors must lie in native or mapped memory");
    }
    if (rowCount > data.byteSize() / query.rowBytes()) {
      throw new IndexOutOfBoundsException(
          "rows beyond the data: expected="
              + rowCount
              + " rows of "
              + query.rowBytes()
              + " bytes, found="
              + data.byteSize()
              + " bytes");
    }
  }

  private static int[] sequence(int count) {
    int[] sequence = new int[count];
    for (int i = 0; i < count; i++) {
      sequence[i] = i;
    }
    return sequence;
  }
}
