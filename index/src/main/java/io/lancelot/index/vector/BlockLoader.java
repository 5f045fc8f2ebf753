package io.lancelot.index.vector;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.CodeScan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Lays codes out in blocks of 64 rows, as the kernels want them. Files have them in other orders.
final class BlockLoader {

  private static final int BLOCK = CodeScan.BLOCK;

  private BlockLoader() {}

  private static int[] starts(IvfIndex index, int first, int end) {
    int[] starts = new int[end - first + 1];
    for (int p = first; p < end; p++) {
      starts[p - first + 1] = starts[p - first] + (index.partitionRows(p) + BLOCK - 1) / BLOCK;
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
    MemorySegment codes = scratch.allocateBytes(Math.max(64, (long) blocks * lines * BLOCK));
    codes.fill((byte) 0);
    MemorySegment add = scratch.allocateBytes(Math.max(64, 4L * blocks * BLOCK));
    fill(add, Float.POSITIVE_INFINITY);
    long base = index.partitionStart(first);
    int codeCount = 1 << pq.bits();
    float[] constants = new float[pq.subVectors() * codeCount];
    for (int p = first; p < end; p++) {
      int rows = index.partitionRows(p);
      long from = (index.partitionStart(p) - base) * lines;
      boolean residual = pq.residual();
      if (residual) {
        constants(pq, index.model().centres(), p, constants);
      }
      for (int r = 0; r < rows; r++) {
        long block = starts[p - first] + r / BLOCK;
        int place = CodeScan.place(r % BLOCK);
        float sum = 0;
        for (int line = 0; line < lines; line++) {
          int code = packed.get(ValueLayout.JAVA_BYTE, from + (long) line * rows + r) & 0xff;
          codes.set(ValueLayout.JAVA_BYTE, (block * lines + line) * BLOCK + place, (byte) code);
          if (residual && pq.bits() == 8) {
            sum += constants[line * 256 + code];
          } else if (residual) {
            sum += constants[2 * line * 16 + (code & 15)];
            sum += constants[(2 * line + 1) * 16 + (code >>> 4)];
          }
        }
        add.set(FixedColumn.FLOAT, 4 * (block * BLOCK + r % BLOCK), sum);
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

  /// Four bits to a look-up, two look-ups to a line.
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
    MemorySegment codes = scratch.allocateBytes(Math.max(64, (long) blocks * bytes * BLOCK));
    codes.fill((byte) 0);
    long factorBytes = Math.max(64, 4L * blocks * BLOCK);
    MemorySegment add = scratch.allocateBytes(factorBytes);
    MemorySegment scale = scratch.allocateBytes(factorBytes).fill((byte) 0);
    MemorySegment error = scratch.allocateBytes(factorBytes).fill((byte) 0);
    fill(add, Float.POSITIVE_INFINITY);
    long base = index.partitionStart(first);
    for (int p = first; p < end; p++) {
      int rows = index.partitionRows(p);
      long row = index.partitionStart(p) - base;
      byte[] signs = new byte[rows * bytes];
      MemorySegment part = packed.asSlice(row * bytes, (long) rows * bytes);
      if (packedSigns) {
        SignCodes.unpack(part, bytes, rows, signs);
      } else {
        MemorySegment.copy(part, ValueLayout.JAVA_BYTE, 0, signs, 0, signs.length);
      }
      for (int r = 0; r < rows; r++) {
        long block = starts[p - first] + r / BLOCK;
        int place = CodeScan.place(r % BLOCK);
        for (int b = 0; b < bytes; b++) {
          codes.set(
              ValueLayout.JAVA_BYTE, (block * bytes + b) * BLOCK + place, signs[r * bytes + b]);
        }
        long to = 4 * (block * BLOCK + r % BLOCK);
        add.set(FixedColumn.FLOAT, to, addFactors.get(FixedColumn.FLOAT, 4 * (row + r)));
        scale.set(FixedColumn.FLOAT, to, scaleFactors.get(FixedColumn.FLOAT, 4 * (row + r)));
        if (errorFactors != null) {
          error.set(FixedColumn.FLOAT, to, errorFactors.get(FixedColumn.FLOAT, 4 * (row + r)));
        }
      }
    }
    return new Chunk.Blocks(codes, starts, add, scale, error);
  }

  private static void fill(MemorySegment floats, float value) {
    for (long at = 0; at < floats.byteSize(); at += 4) {
      floats.set(FixedColumn.FLOAT, at, value);
    }
  }
}
