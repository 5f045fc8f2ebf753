package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.index.BuildProgress;
import io.lancelot.kernels.Centroids;
import io.lancelot.kernels.Metric;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/// Product quantisation: a codebook entry for each sub-vector, of the vector's difference from its
/// partition's centre (of the vector itself for inner products). Format: lance-format section 4.6.
final class PqCodec implements Codec {

  static final String COLUMN = "__pq_code";

  private final VectorType type;
  private final Metric metric;
  private final int subVectors;
  private final int bits;

  /// `[sub-vector][code][dimension]`.
  private final float[] codebook;

  private final float[] centres;
  private final Centroids[] books;
  private volatile float[] columns = {};

  /// @param centres of the partitions; empty where residuals are not taken
  PqCodec(
      VectorType type, Metric metric, int subVectors, int bits, float[] codebook, float[] centres) {
    this.type = type;
    this.metric = metric;
    this.subVectors = subVectors;
    this.bits = bits;
    this.codebook = codebook;
    this.centres = metric == Metric.DOT ? new float[0] : centres;
    this.books = new Centroids[subVectors];
    int codes = 1 << bits;
    int sub = type.dim() / subVectors;
    for (int s = 0; s < subVectors; s++) {
      float[] book = new float[codes * sub];
      System.arraycopy(codebook, s * codes * sub, book, 0, book.length);
      books[s] = Centroids.ofL2(book, codes, sub);
    }
  }

  /// Trains a codebook on a sample of residuals in random order.
  static PqCodec train(
      Context context,
      VectorType type,
      IvfParams params,
      float[] residuals,
      int rows,
      float[] centres,
      BuildProgress progress) {
    int dim = type.dim();
    int sub = dim / params.subVectors();
    int codes = 1 << params.bits();
    float[] codebook = new float[codes * dim];
    int used = Math.min(rows, codes * params.sampleRate());
    for (int s = 0; s < params.subVectors(); s++) {
      float[] book = new float[sub];
      int before = s;
      BuildProgress training =
          (_, done, total) ->
              progress.report("codebook", before * total + done, params.subVectors() * total);
      if (used > 0) {
        book =
            new KMeans(
                    context, Metric.L2, new KMeans.Rows(residuals, s * sub, dim, used, sub), 17 + s)
                .train(codes, params.maxIterations(), training);
      }
      int trained = book.length / sub;
      for (int c = 0; c < codes; c++) {
        // Codes beyond those that there are vectors for repeat the last one.
        System.arraycopy(
            book, Math.min(c, trained - 1) * sub, codebook, (s * codes + c) * sub, sub);
      }
    }
    return new PqCodec(
        type, params.metric(), params.subVectors(), params.bits(), codebook, centres);
  }

  @Override
  public Coding coding() {
    return Coding.PQ;
  }

  int subVectors() {
    return subVectors;
  }

  int bits() {
    return bits;
  }

  float[] codebook() {
    return codebook;
  }

  /// The codebook by the numbers' places: for each number of a vector the codes' numbers there.
  float[] columns() {
    float[] known = columns;
    if (known.length == 0) {
      int codes = 1 << bits;
      int sub = type.dim() / subVectors;
      known = new float[codebook.length];
      for (int d = 0; d < type.dim(); d++) {
        for (int c = 0; c < codes; c++) {
          known[d * codes + c] = codebook[(d / sub * codes + c) * sub + d % sub];
        }
      }
      columns = known;
    }
    return known;
  }

  boolean residual() {
    return metric != Metric.DOT;
  }

  @Override
  public int recordBytes() {
    return subVectors * bits / 8;
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
    int dim = type.dim();
    float[] residuals = new float[count * dim];
    for (int i = 0; i < count; i++) {
      int partition = Math.max(0, partitions[from + i]);
      for (int d = 0; d < dim; d++) {
        float centre = centres.length == 0 ? 0 : centres[partition * dim + d];
        residuals[i * dim + d] = rows[at + i * dim + d] - centre;
      }
    }
    int[] codes = new int[count];
    float[] scores = new float[count];
    int sub = dim / subVectors;
    for (int s = 0; s < subVectors; s++) {
      books[s].nearest(residuals, s * sub, dim, count, codes, scores, 0);
      for (int i = 0; i < count; i++) {
        if (partitions[from + i] >= 0) {
          put(out, slots[from + i] * recordBytes(), s, codes[i]);
        }
      }
    }
  }

  private void put(MemorySegment out, long record, int s, int code) {
    if (bits == 8) {
      out.set(ValueLayout.JAVA_BYTE, record + s, (byte) code);
    } else if (s % 2 == 0) {
      out.set(ValueLayout.JAVA_BYTE, record + s / 2, (byte) code);
    } else {
      byte low = out.get(ValueLayout.JAVA_BYTE, record + s / 2);
      out.set(ValueLayout.JAVA_BYTE, record + s / 2, (byte) (low & 15 | code << 4));
    }
  }

  /// The code of a record's sub-vector.
  int code(MemorySegment records, int row, int s) {
    long record = (long) row * recordBytes();
    if (bits == 8) {
      return records.get(ValueLayout.JAVA_BYTE, record + s) & 0xff;
    }
    int both = records.get(ValueLayout.JAVA_BYTE, record + s / 2);
    return s % 2 == 0 ? both & 15 : both >>> 4 & 15;
  }

  @Override
  public List<Field> fields() {
    return List.of(Codec.byteLists(COLUMN, recordBytes()));
  }

  @Override
  public List<Column> columns(MemorySegment records, int rows, Scratch scratch) {
    int bytes = recordBytes();
    MemorySegment out = scratch.allocateBytes((long) rows * bytes);
    for (int b = 0; b < bytes; b++) {
      for (int r = 0; r < rows; r++) {
        out.set(
            ValueLayout.JAVA_BYTE,
            (long) b * rows + r,
            records.get(ValueLayout.JAVA_BYTE, (long) r * bytes + b));
      }
    }
    return List.of(Codec.bytes(fields().getFirst(), out, rows));
  }

  @Override
  public String metadata(int buffer) {
    return "{\"codebook_position\":"
        + buffer
        + ",\"nbits\":"
        + bits
        + ",\"num_sub_vectors\":"
        + subVectors
        + ",\"dimension\":"
        + type.dim()
        + ",\"codebook_tensor\":[],\"transposed\":true}";
  }

  @Override
  public Optional<Wire.Tensor> buffer() {
    return Optional.of(Wire.Tensor.ofFloats(type, metric, codebook, 1 << bits, type.dim()));
  }
}
