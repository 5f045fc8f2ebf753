package io.lancelot.index.vector;

import io.lancelot.base.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The bytes over which a partition's graph is built, whatever the index stores: the codes
/// themselves where they are bytes, else the vectors they stand for as bytes.
final class GraphCodes {

  private GraphCodes() {}

  /// @param codec what the bytes mean
  record Coded(SqCodec codec, MemorySegment bytes) {}

  static Coded of(IvfModel model, int partition, MemorySegment records, int rows, Scratch scratch) {
    if (model.codec() instanceof SqCodec sq) {
      return new Coded(sq, records);
    }
    int dim = model.type().dim();
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    float[] row = new float[dim];
    for (int r = 0; r < rows; r++) {
      decode(model, partition, records, r, row);
      for (float x : row) {
        low = Math.min(low, x);
        high = Math.max(high, x);
      }
    }
    MemorySegment codes = scratch.allocateBytes((long) rows * dim);
    SqCodec bytes = new SqCodec(dim, low, high);
    int[] here = {0};
    long[] slot = {0};
    for (int r = 0; r < rows; r++) {
      decode(model, partition, records, r, row);
      slot[0] = r;
      bytes.encode(row, 0, 1, here, slot, 0, codes);
    }
    return new Coded(bytes, codes);
  }

  /// The vector that a record stands for.
  static void decode(IvfModel model, int partition, MemorySegment records, int r, float[] out) {
    int dim = model.type().dim();
    switch (model.codec()) {
      case FlatCodec flat -> {
        long at = (long) r * flat.recordBytes();
        for (int d = 0; d < dim; d++) {
          out[d] =
              switch (flat.type().element()) {
                case FLOAT32 -> records.get(io.lancelot.columnar.FixedColumn.FLOAT, at + 4L * d);
                case FLOAT16 ->
                    Float.float16ToFloat(
                        records.get(io.lancelot.columnar.FixedColumn.SHORT, at + 2L * d));
                case FLOAT64 ->
                    (float) records.get(io.lancelot.columnar.FixedColumn.DOUBLE, at + 8L * d);
                case UINT8, INT8 -> records.get(ValueLayout.JAVA_BYTE, at + d) & 0xff;
              };
        }
      }
      case PqCodec pq -> {
        int sub = dim / pq.subVectors();
        int codes = 1 << pq.bits();
        for (int s = 0; s < pq.subVectors(); s++) {
          int code = pq.code(records, r, s);
          for (int d = 0; d < sub; d++) {
            out[s * sub + d] =
                pq.codebook()[(s * codes + code) * sub + d]
                    + (pq.residual() ? model.centres()[partition * dim + s * sub + d] : 0);
          }
        }
      }
      case SqCodec sq -> {
        for (int d = 0; d < dim; d++) {
          int code = records.get(ValueLayout.JAVA_BYTE, (long) r * dim + d) & 0xff;
          out[d] = (float) (sq.start() + (code + 0.5) * (sq.end() - sq.start()) / 255);
        }
      }
      case RqCodec _ -> throw new IllegalStateException("no graph over RaBitQ codes");
    }
  }
}
