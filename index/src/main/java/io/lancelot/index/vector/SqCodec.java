package io.lancelot.index.vector;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/// A byte per dimension, between bounds that all dimensions share. Format: lance-format section
/// 4.7.
record SqCodec(int dim, double start, double end) implements Codec {

  static final String COLUMN = "__sq_code";

  @Override
  public Coding coding() {
    return Coding.SQ;
  }

  @Override
  public int recordBytes() {
    return dim;
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
    float low = (float) start;
    float scale = scale();
    for (int i = 0; i < count; i++) {
      if (partitions[from + i] < 0) {
        continue;
      }
      long to = slots[from + i] * dim;
      for (int d = 0; d < dim; d++) {
        float code = (rows[at + i * dim + d] - low) * scale;
        out.set(ValueLayout.JAVA_BYTE, to + d, (byte) (int) Math.clamp(code, 0f, 255f));
      }
    }
  }

  /// A vector as codes.
  byte[] codes(float[] vector) {
    byte[] codes = new byte[dim];
    for (int d = 0; d < dim; d++) {
      float code = (vector[d] - (float) start) * scale();
      codes[d] = (byte) (int) Math.clamp(code, 0f, 255f);
    }
    return codes;
  }

  /// Codes per unit; zero if all values are the same.
  float scale() {
    return end > start ? (float) (255 / (end - start)) : 0;
  }

  @Override
  public List<Field> fields() {
    return List.of(Codec.byteLists(COLUMN, dim));
  }

  @Override
  public List<Column> columns(MemorySegment records, int rows, Scratch scratch) {
    return List.of(
        Codec.bytes(fields().getFirst(), Codec.gather(records, dim, 0, dim, rows, scratch), rows));
  }

  @Override
  public String metadata(int buffer) {
    return "{\"dim\":"
        + dim
        + ",\"num_bits\":8,\"bounds\":{\"start\":"
        + start
        + ",\"end\":"
        + end
        + "}}";
  }

  @Override
  public Optional<Wire.Tensor> buffer() {
    return Optional.empty();
  }
}
