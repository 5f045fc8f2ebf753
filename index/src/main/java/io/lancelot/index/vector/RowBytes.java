package io.lancelot.index.vector;

import io.lancelot.base.Memory;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import io.lancelot.kernels.ByteDistances;
import io.lancelot.kernels.Metric;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The rows of a segment with a byte for each number, in the order of its codes: those rows that
/// searches have compared exactly, as they do so. To compare bytes moves a quarter of the memory
/// that floats take, which is what comparisons here and there wait for, and few rows are left to be
/// compared exactly.
///
/// A number is rounded to one of 256 steps. The first rows tell where they begin and end; rows that
/// lie outside are left out. Thread-safe.
final class RowBytes implements AutoCloseable {

  /// So many rows tell between which bounds numbers lie.
  private static final int FIRST_ROWS = 1024;

  /// By which part of what the first rows span the bounds lie farther out, on either side.
  private static final int SLACK = 8;

  /// Rounding the numbers of both the query and the row moves a distance by less than half a step
  /// in most cases: two rows are in the wrong order by more than three in none that matter.
  private static final float MISSED_STEPS = 3;

  private static final VarHandle KNOWN = ValueLayout.JAVA_BYTE.varHandle();

  private final LoadedChunks chunks;
  private final Memory budget;
  private final long rows;
  private final int dim;
  private final long codeBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private float low;
  private float high;
  private int seen;
  private volatile boolean wanted;
  private volatile @Nullable Laid laid;

  /// @param chunks of whose share the memory is
  /// @param codeBytes what the codes of all rows take
  RowBytes(LoadedChunks chunks, Memory budget, long rows, int dim, long codeBytes) {
    this.chunks = chunks;
    this.budget = budget;
    this.rows = rows;
    this.dim = dim;
    this.codeBytes = codeBytes;
    startOver();
  }

  /// Whether bytes serve the searches of an index.
  static boolean serve(VectorType type, Metric metric, Coding coding, boolean graph) {
    return (coding == Coding.RQ || coding == Coding.PQ)
        && !graph
        && metric != Metric.DOT
        && !type.lists()
        && type.dim() <= ByteDistances.MAX_DIM;
  }

  /// How much memory the bytes of so many rows take; none beside so large codes that they would
  /// leave little of the budget.
  static long bytes(Memory budget, long rows, int dim, long codeBytes) {
    long bytes = rows * (dim + 1L);
    // The budget gives blocks of powers of two.
    long block = Long.highestOneBit(2 * Math.max(bytes, 1) - 1);
    return rows < Integer.MAX_VALUE && codeBytes + block <= budget.limitBytes() / 4 ? bytes : 0;
  }

  private void startOver() {
    low = Float.POSITIVE_INFINITY;
    high = Float.NEGATIVE_INFINITY;
    seen = 0;
    wanted = bytes(budget, rows, dim, codeBytes) > 0;
  }

  /// The bytes; null as long as there are none.
  @Nullable Laid laid() {
    return laid;
  }

  /// Whether it is of use to bring rows that have been compared.
  boolean wantsRows() {
    return wanted;
  }

  /// Takes a row in, if it has none of its numbers outside of the bounds.
  void put(int row, float[] vector) {
    Laid known = laid;
    if (known != null) {
      known.put(row, vector);
      return;
    }
    lock.lock();
    try {
      for (float number : vector) {
        low = Math.min(low, number);
        high = Math.max(high, number);
      }
      if (++seen >= FIRST_ROWS && wanted && laid == null) {
        lay();
      }
    } finally {
      lock.unlock();
    }
  }

  private void lay() {
    wanted = false;
    long bytes = bytes(budget, rows, dim, codeBytes);
    float slack = (high - low) / SLACK;
    if (!(slack > 0 && slack < Float.MAX_VALUE) || !chunks.reserve(bytes)) {
      return;
    }
    Scratch memory = budget.scratch();
    try {
      laid = new Laid(memory, memory.allocateBytes(bytes), rows, dim, low - slack, high + slack);
      wanted = true;
      ByteDistances.warmSoon();
    } catch (ResourceExhaustedException _) {
      // Searches go on without.
    } finally {
      chunks.hold(memory.heldBytes() - bytes);
    }
  }

  /// Lets the bytes go, which nobody uses; later rows may make new ones.
  ///
  /// @return how many bytes are free now
  long giveBack() {
    lock.lock();
    try {
      Laid known = laid;
      laid = null;
      startOver();
      if (known == null) {
        return 0;
      }
      long bytes = known.memory().heldBytes();
      known.memory().close();
      chunks.hold(-bytes);
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    giveBack();
    wanted = false;
  }

  /// Rows between bounds.
  record Laid(
      Scratch memory, MemorySegment bytes, MemorySegment known, int dim, float low, float step) {

    /// @param all for the bytes of all rows, and one more for each
    Laid(Scratch memory, MemorySegment all, long rows, int dim, float low, float high) {
      this(
          memory,
          all.asSlice(0, rows * dim),
          all.asSlice(rows * dim, rows).fill((byte) 0),
          dim,
          low,
          (high - low) / 255);
    }

    boolean has(int row) {
      return (byte) KNOWN.getAcquire(known, (long) row) != 0;
    }

    /// Threads that bring the same row at once bring the same numbers.
    void put(int row, float[] vector) {
      byte[] codes = codes(vector);
      if (codes != null) {
        MemorySegment.copy(codes, 0, bytes, ValueLayout.JAVA_BYTE, (long) row * dim, dim);
        KNOWN.setRelease(known, (long) row, (byte) 1);
      }
    }

    /// A vector as bytes; null if one of its numbers lies outside of the bounds.
    byte @Nullable [] codes(float[] vector) {
      byte[] codes = new byte[dim];
      for (int d = 0; d < dim; d++) {
        float code = (vector[d] - low) / step + 0.5f;
        if (!(code >= 0 && code < 256)) {
          return null;
        }
        codes[d] = (byte) (int) code;
      }
      return codes;
    }

    /// Estimates the squared distances of rows it has, in squared steps.
    void estimate(byte[] query, int[] rows, int count, float[] out) {
      ByteDistances.squares(query, bytes, rows, count, out);
    }

    /// A squared distance in squared steps.
    float inSteps(float square) {
      return square / (step * step);
    }

    /// What the bytes of a row at a squared distance would say of it, about: to round both vectors
    /// adds a sixth of a squared step for each number.
    float asEstimated(float square) {
      return inSteps(square) + dim / 6f;
    }

    /// Squared steps as a squared distance.
    float square(float inSteps) {
      return inSteps * step * step;
    }

    /// The largest estimate of rows that may be as near as one of which this is the estimate.
    static float most(float estimate) {
      float most = (float) Math.sqrt(estimate) + MISSED_STEPS;
      return most * most;
    }
  }
}
