package io.lancelot.index.vector;

import io.lancelot.kernels.CodeScan;
import io.lancelot.kernels.Metric;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Look-up tables of a query for product quantisation.
final class PqTables {

  final byte[] bytes;
  final float step;
  final float bias;

  private PqTables(byte[] bytes, float step, float bias) {
    this.bytes = bytes;
    this.step = step;
    this.bias = bias;
  }

  /// The part of the distance that depends on the query, `−2·q·b` (`−q·b` for inner products), as
  /// bytes: one table for all partitions.
  static PqTables ofProducts(PqCodec codec, float[] query) {
    int m = codec.subVectors();
    int codes = 1 << codec.bits();
    int sub = codec.codebook().length / (m * codes);
    float factor = codec.residual() ? -2 : -1;
    float[] values = new float[m * codes];
    CodeScan.products(query, codec.columns(), sub, codes, values);
    float[] least = new float[m];
    float widest = 0;
    float bias = 0;
    for (int s = 0; s < m; s++) {
      float low = Float.POSITIVE_INFINITY;
      float high = Float.NEGATIVE_INFINITY;
      for (int c = s * codes; c < (s + 1) * codes; c++) {
        values[c] *= factor;
        low = Math.min(low, values[c]);
        high = Math.max(high, values[c]);
      }
      least[s] = low;
      bias += low;
      widest = Math.max(widest, high - low);
    }
    int top = Math.min(codec.bits() == 8 ? 255 : 127, 32767 / m);
    float step = widest == 0 ? 1 : widest / top;
    float perStep = 1 / step;
    byte[] bytes = new byte[m * codes + CodeScan.TABLE_SLACK];
    for (int s = 0; s < m; s++) {
      for (int c = s * codes; c < (s + 1) * codes; c++) {
        bytes[c] = (byte) Math.min(top, (int) ((values[c] - least[s]) * perStep + 0.5f));
      }
    }
    return new PqTables(bytes, step, bias);
  }

  /// Distances of each sub-vector's codes from the query in one partition.
  static float[] residual(PqCodec codec, IvfModel model, float[] query, int partition) {
    int m = codec.subVectors();
    int codes = 1 << codec.bits();
    float[] book = codec.codebook();
    int dim = query.length;
    int sub = dim / m;
    boolean dot = model.metric() == Metric.DOT;
    float[] table = new float[m * codes];
    for (int s = 0; s < m; s++) {
      for (int c = 0; c < codes; c++) {
        int at = (s * codes + c) * sub;
        float sum = dot && s == 0 ? 1 : 0;
        for (int d = 0; d < sub; d++) {
          float q = query[s * sub + d];
          if (dot) {
            sum -= q * book[at + d];
          } else {
            float x = q - model.centres()[partition * dim + s * sub + d] - book[at + d];
            sum += x * x;
          }
        }
        table[s * codes + c] = sum;
      }
    }
    return table;
  }

  /// The sum of a record's look-ups.
  static float estimate(PqCodec codec, float[] table, MemorySegment records, long row) {
    int bytes = codec.recordBytes();
    long at = row * bytes;
    float sum = 0;
    if (codec.bits() == 8) {
      for (int s = 0; s < bytes; s++) {
        sum += table[s * 256 + (records.get(ValueLayout.JAVA_BYTE, at + s) & 0xff)];
      }
      return sum;
    }
    for (int b = 0; b < bytes; b++) {
      int code = records.get(ValueLayout.JAVA_BYTE, at + b) & 0xff;
      sum += table[2 * b * 16 + (code & 15)] + table[(2 * b + 1) * 16 + (code >>> 4)];
    }
    return sum;
  }
}
