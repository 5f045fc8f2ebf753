package io.lancelot.index.vector;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.CodeScan;
import io.lancelot.kernels.SignQuery;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Lays codes out in blocks of 64 rows, as the kernels want them. Files have them in other orders.
final class BlockLoader {

  private static final int BLOCK = CodeScan.BLOCK;

  /// Rows laid out at once, in arrays: until code is compiled these are far faster than segments.
  /// Whole groups of a [SignQuery].
  private static final int SLAB = 1 << 14;

  private BlockLoader() {}

  private static int[] starts(IvfIndex index, int first, int end) {
    int[] starts = new int[end - first + 1];
    for (int p = first; p < end; p++) {
      starts[p - first + 1] = starts[p - first] + blocks(index.partitionRows(p));
    }
    return starts;
  }

  /// Codes of 8 bits have a line for each sub-vector, of 4 bits one for two. The factor of a row is
  /// what does not depend on the query: `Σ |b|² + 2·c·b`.
  static Chunk.Blocks ofPq(
      IvfIndex index, PqCodec pq, int first, int end, MemorySegment packed, Scratch scratch) {
    int[] starts = starts(index, first, end);
    int blocks = starts[end - first];
    int lines = pq.recordBytes();
    long codeBytes = Math.max(64, (long) blocks * lines * BLOCK);
    long factorBytes = Math.max(64, 4L * blocks * BLOCK);
    // At once: blocks of a scratch double, so that two small ones would take twice the memory.
    MemorySegment all = scratch.allocateBytes(codeBytes + factorBytes);
    MemorySegment codes = all.asSlice(0, codeBytes);
    MemorySegment add = all.asSlice(codeBytes, factorBytes);
    long base = index.partitionStart(first);
    int codeCount = 1 << pq.bits();
    float[] constants = new float[pq.subVectors() * codeCount];
    for (int p = first; p < end; p++) {
      int rows = index.partitionRows(p);
      if (pq.residual()) {
        constants(pq, index.model().centres(), p, constants);
      }
      long at = (index.partitionStart(p) - base) * lines;
      for (int from = 0; from < rows; from += SLAB) {
        int some = Math.min(SLAB, rows - from);
        byte[] laid = new byte[blocks(some) * lines * BLOCK];
        float[] sums = factors(some);
        Arrays.fill(sums, 0, some, 0);
        for (int line = 0; line < lines; line++) {
          byte[] column = bytes(packed, at + (long) line * rows + from, some);
          for (int r = 0; r < some; r++) {
            int code = column[r] & 0xff;
            laid[(r / BLOCK * lines + line) * BLOCK + CodeScan.place(r % BLOCK)] = (byte) code;
            if (pq.residual() && pq.bits() == 8) {
              sums[r] += constants[line * 256 + code];
            } else if (pq.residual()) {
              sums[r] += constants[2 * line * 16 + (code & 15)];
              sums[r] += constants[(2 * line + 1) * 16 + (code >>> 4)];
            }
          }
        }
        long to = (long) starts[p - first] * BLOCK + from;
        MemorySegment.copy(laid, 0, codes, ValueLayout.JAVA_BYTE, to * lines, laid.length);
        MemorySegment.copy(sums, 0, add, FixedColumn.FLOAT, 4 * to, sums.length);
      }
    }
    return new Chunk.Blocks(codes, starts, add, MemorySegment.NULL, MemorySegment.NULL);
  }

  private static void constants(PqCodec pq, float[] centres, int partition, float[] out) {
    int m = pq.subVectors();
    int codes = 1 << pq.bits();
    float[] book = pq.codebook();
    int sub = book.length / (m * codes);
    int centre = partition * m * sub;
    for (int s = 0; s < m; s++) {
      for (int c = 0; c < codes; c++) {
        float sum = 0;
        int at = (s * codes + c) * sub;
        for (int d = 0; d < sub; d++) {
          float b = book[at + d];
          sum += b * (b + 2 * centres[centre + s * sub + d]);
        }
        out[s * codes + c] = sum;
      }
    }
  }

  /// Sign bits as a [SignQuery] wants them.
  static Chunk.Blocks ofRq(
      IvfIndex index,
      int first,
      int end,
      MemorySegment packed,
      boolean packedSigns,
      MemorySegment addFactors,
      MemorySegment scaleFactors,
      @Nullable MemorySegment errorFactors,
      int bytes,
      Scratch scratch) {
    int[] starts = starts(index, first, end);
    int blocks = starts[end - first];
    int rowBytes = SignQuery.codeBytes(bytes);
    long codeBytes = Math.max(64, (long) blocks * rowBytes * BLOCK);
    long factorBytes = Math.max(64, 4L * blocks * BLOCK);
    MemorySegment all = scratch.allocateBytes(codeBytes + 3 * factorBytes);
    MemorySegment codes = all.asSlice(0, codeBytes);
    MemorySegment add = all.asSlice(codeBytes, factorBytes);
    MemorySegment scale = all.asSlice(codeBytes + factorBytes, factorBytes).fill((byte) 0);
    MemorySegment error = all.asSlice(codeBytes + 2 * factorBytes, factorBytes).fill((byte) 0);
    long base = index.partitionStart(first);
    for (int p = first; p < end; p++) {
      int rows = index.partitionRows(p);
      long row = index.partitionStart(p) - base;
      for (int from = 0; from < rows; from += SLAB) {
        int some = Math.min(SLAB, rows - from);
        byte[] signs = bytes(packed, (row + from) * bytes, some * bytes);
        if (packedSigns) {
          signs = SignCodes.unpack(signs, bytes, some);
        }
        byte[] laid = new byte[blocks(some) * rowBytes * BLOCK];
        for (int r = 0; r < some; r++) {
          for (int b = 0; b < bytes; b++) {
            laid[SignQuery.place(r, b, bytes, blocks(some))] = signs[r * bytes + b];
          }
        }
        long to = (long) starts[p - first] * BLOCK + from;
        MemorySegment.copy(laid, 0, codes, ValueLayout.JAVA_BYTE, to * rowBytes, laid.length);
        float[] sums = factors(some);
        MemorySegment.copy(addFactors, FixedColumn.FLOAT, 4 * (row + from), sums, 0, some);
        MemorySegment.copy(sums, 0, add, FixedColumn.FLOAT, 4 * to, sums.length);
        MemorySegment.copy(scaleFactors, 4 * (row + from), scale, 4 * to, 4L * some);
        if (errorFactors != null) {
          MemorySegment.copy(errorFactors, 4 * (row + from), error, 4 * to, 4L * some);
        }
      }
    }
    return new Chunk.Blocks(codes, starts, add, scale, error);
  }

  private static byte[] bytes(MemorySegment from, long at, int count) {
    byte[] bytes = new byte[count];
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, at, bytes, 0, count);
    return bytes;
  }

  /// A factor for each place of so many rows' blocks. Places without a row never come near.
  private static float[] factors(int rows) {
    float[] factors = new float[blocks(rows) * BLOCK];
    Arrays.fill(factors, Float.POSITIVE_INFINITY);
    return factors;
  }

  private static int blocks(int rows) {
    return (rows + BLOCK - 1) / BLOCK;
  }
}
