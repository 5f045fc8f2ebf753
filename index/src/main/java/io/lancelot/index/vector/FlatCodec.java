package io.lancelot.index.vector;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.kernels.Metric;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/// Vectors as they are; of length one under cosine. Format: lance-format section 4.5.
record FlatCodec(VectorType type, Metric metric) implements Codec {

  static final String COLUMN = "flat";

  @Override
  public Coding coding() {
    return Coding.FLAT;
  }

  @Override
  public int recordBytes() {
    return type.dim() * type.element().bytes();
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
    int width = type.width(metric);
    for (int i = 0; i < count; i++) {
      if (partitions[from + i] >= 0) {
        type.write(rows, at + i * width, metric, out, slots[from + i] * recordBytes());
      }
    }
  }

  private Field field() {
    return Field.required(
        COLUMN, new DataType.FixedSizeList(Field.nullable("item", type.itemType()), type.dim()));
  }

  @Override
  public List<Field> fields() {
    return List.of(field());
  }

  @Override
  public List<Column> columns(MemorySegment records, int rows, Scratch scratch) {
    return List.of(
        Codec.bytes(
            field(), Codec.gather(records, recordBytes(), 0, recordBytes(), rows, scratch), rows));
  }

  @Override
  public String metadata(int buffer) {
    return "{\"dim\":" + type.dim() + "}";
  }

  @Override
  public Optional<Wire.Tensor> buffer() {
    return Optional.empty();
  }
}
