package io.lancelot.index.vector;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Types;
import io.lancelot.kernels.Metric;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// RaBitQ: the signs of the rotated difference from the partition's centre, further bits of each
/// number, and factors that turn products with them into distances. Format: lance-format section
/// 4.8.
///
/// A record holds the sign bits, the further bits packed as they are stored, and five factors.
final class RqCodec implements Codec {

  static final String CODES = "_rabit_codes";
  static final String EX_CODES = "__blocked_ex_codes";
  static final String ADD = "__add_factors";
  static final String SCALE = "__scale_factors";
  static final String ERROR = "__error_factors";
  private static final String ADD_EX = "__add_factors_ex";
  private static final String SCALE_EX = "__scale_factors_ex";
  private static final double EPSILON = 1.9;
  private static final int FACTORS = 5;

  private final int dim;
  private final Metric metric;
  private final int bits;
  private final Rotation rotation;
  private final float[] centres;

  /// The rotated centres.
  private final float[] rotated;

  RqCodec(int dim, Metric metric, int bits, Rotation rotation, float[] centres) {
    this.dim = dim;
    this.metric = metric;
    this.bits = bits;
    this.rotation = rotation;
    this.centres = centres;
    this.rotated = new float[centres.length];
    float[] one = new float[dim];
    for (int at = 0; at < centres.length; at += dim) {
      rotation.apply(centres, at, one);
      System.arraycopy(one, 0, rotated, at, dim);
    }
  }

  int dim() {
    return dim;
  }

  int bits() {
    return bits;
  }

  Rotation rotation() {
    return rotation;
  }

  @Override
  public Coding coding() {
    return Coding.RQ;
  }

  private int codeBytes() {
    return dim / 8;
  }

  private int exBytes() {
    return (dim + 63) / 64 * 8 * (bits - 1);
  }

  @Override
  public int recordBytes() {
    return codeBytes() + exBytes() + 4 * FACTORS;
  }

  @Override
  public void encode(
      float[] rows,
      int at,
      int count,
      int[] partitions,
      long[] slots,
      int from,
      MemorySegment out) {
    float[] residual = new float[dim];
    float[] r = new float[dim];
    int[] ex = new int[(dim + 63) / 64 * 64];
    for (int i = 0; i < count; i++) {
      int partition = partitions[from + i];
      if (partition < 0) {
        continue;
      }
      int centre = partition * dim;
      for (int d = 0; d < dim; d++) {
        residual[d] = rows[at + i * dim + d] - centres[centre + d];
      }
      rotation.apply(residual, 0, r);
      encodeRow(r, centre, ex, out, slots[from + i] * recordBytes());
    }
  }

  private void encodeRow(float[] r, int centre, int[] ex, MemorySegment out, long to) {
    double square = 0;
    double rd = 0;
    double cd = 0;
    double rc = 0;
    for (int d = 0; d < dim; d++) {
      double b = r[d] >= 0 ? 0.5 : -0.5;
      square += (double) r[d] * r[d];
      rd += r[d] * b;
      cd += rotated[centre + d] * b;
      rc += (double) r[d] * rotated[centre + d];
    }
    for (int i = 0; i < codeBytes(); i++) {
      int code = 0;
      for (int b = 0; b < 8; b++) {
        code |= r[8 * i + b] >= 0 ? 1 << b : 0;
      }
      out.set(ValueLayout.JAVA_BYTE, to + i, (byte) code);
    }
    long factors = to + codeBytes() + exBytes();
    factors(square, rd, cd, rc, out, factors, factors + 4);
    double spread = rd == 0 ? 0 : Math.max(square * dim / 4 / (rd * rd) - 1, 0) / (dim - 1);
    double error = 2 * Math.sqrt(square) * EPSILON * Math.sqrt(spread);
    out.set(FixedColumn.FLOAT, factors + 8, (float) (metric == Metric.DOT ? error / 2 : error));
    if (bits > 1) {
      encodeMore(r, centre, square, rc, ex, out, to, factors);
    }
  }

  private void factors(
      double square, double rd, double cd, double rc, MemorySegment out, long add, long scale) {
    double ratio = rd == 0 ? 0 : square / rd;
    boolean dot = metric == Metric.DOT;
    out.set(FixedColumn.FLOAT, add, (float) (dot ? 1 - rc + ratio * cd : square + 2 * ratio * cd));
    out.set(FixedColumn.FLOAT, scale, (float) (dot ? -ratio : -2 * ratio));
  }

  private void encodeMore(
      float[] r,
      int centre,
      double square,
      double rc,
      int[] ex,
      MemorySegment out,
      long to,
      long factors) {
    int more = bits - 1;
    int top = (1 << more) - 1;
    float t = bestStep(r, square, more);
    double rd = 0;
    double cd = 0;
    for (int d = 0; d < dim; d++) {
      int e = Math.clamp((int) (t * Math.abs(r[d]) + 1e-5f), 0, top);
      boolean positive = r[d] >= 0;
      int stored = positive ? e : ~e & top;
      ex[d] = stored;
      double f = (positive ? 1 << more : 0) + stored - ((1 << more) - 0.5);
      rd += r[d] * f;
      cd += rotated[centre + d] * f;
    }
    ExCodes.pack(ex, more, out, to + codeBytes());
    factors(square, rd, cd, rc, out, factors + 12, factors + 16);
  }

  /// Codes per unit that keep most of the direction: the best of a few tries.
  private float bestStep(float[] r, double square, int more) {
    float largest = 0;
    for (int d = 0; d < dim; d++) {
      largest = Math.max(largest, Math.abs(r[d]));
    }
    if (largest == 0 || square == 0) {
      return 0;
    }
    int top = (1 << more) - 1;
    float end = (top + 1) / largest;
    float best = end;
    double most = -1;
    int tries = more <= 4 ? 12 : 5;
    for (int i = 0; i < tries; i++) {
      float t = end * (more <= 2 ? 0.3f + 1.2f * i / tries : 0.6f + 0.6f * i / tries);
      float product = 0;
      float length = 0;
      for (int d = 0; d < dim; d++) {
        float x = Math.abs(r[d]);
        float e = Math.min((int) (t * x), top) + 0.5f;
        product += x * e;
        length += e * e;
      }
      double cosine = product / Math.sqrt(length);
      if (cosine > most) {
        most = cosine;
        best = t;
      }
    }
    return best;
  }

  @Override
  public List<Field> fields() {
    List<Field> fields = new ArrayList<>();
    fields.add(Codec.byteLists(CODES, codeBytes()));
    fields.add(Field.nullable(ADD, Types.FLOAT32));
    fields.add(Field.nullable(SCALE, Types.FLOAT32));
    fields.add(Field.nullable(ERROR, Types.FLOAT32));
    if (bits > 1) {
      fields.add(Codec.byteLists(EX_CODES, exBytes()));
      fields.add(Field.nullable(ADD_EX, Types.FLOAT32));
      fields.add(Field.nullable(SCALE_EX, Types.FLOAT32));
    }
    return fields;
  }

  @Override
  public List<Column> columns(MemorySegment records, int rows, Scratch scratch) {
    List<Column> columns = new ArrayList<>();
    List<Field> fields = fields();
    columns.add(
        Codec.bytes(
            fields.getFirst(),
            SignCodes.pack(records, recordBytes(), codeBytes(), rows, scratch),
            rows));
    int factors = codeBytes() + exBytes();
    columns.add(factor(records, factors, rows, scratch));
    columns.add(factor(records, factors + 4, rows, scratch));
    columns.add(factor(records, factors + 8, rows, scratch));
    if (bits > 1) {
      columns.add(
          Codec.bytes(
              fields.get(4),
              Codec.gather(records, recordBytes(), codeBytes(), exBytes(), rows, scratch),
              rows));
      columns.add(factor(records, factors + 12, rows, scratch));
      columns.add(factor(records, factors + 16, rows, scratch));
    }
    return columns;
  }

  private Column factor(MemorySegment records, int offset, int rows, Scratch scratch) {
    return new FixedColumn(
        Types.FLOAT32, rows, Codec.gather(records, recordBytes(), offset, 4, rows, scratch), null);
  }

  @Override
  public String metadata(int buffer) {
    StringBuilder signs = new StringBuilder();
    for (byte sign : rotation.signs()) {
      signs.append(signs.isEmpty() ? "" : ",").append(sign & 0xff);
    }
    return "{\"rotate_mat_position\":null,\"fast_rotation_signs\":["
        + signs
        + "],\"rotation_type\":\"fast\",\"code_dim\":"
        + dim
        + ",\"num_bits\":"
        + bits
        + ",\"packed\":true,\"query_estimator\":\"raw_query\"}";
  }

  @Override
  public Optional<Wire.Tensor> buffer() {
    return Optional.empty();
  }
}
