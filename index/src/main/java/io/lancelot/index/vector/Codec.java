package io.lancelot.index.vector;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.Types;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/// Turns vectors into what an index stores of them. While an index is built, each row has a record
/// of a fixed size; a partition's records become columns when it is written.
sealed interface Codec permits FlatCodec, SqCodec, PqCodec, RqCodec {

  Coding coding();

  /// Bytes of a row's record.
  int recordBytes();

  /// Encodes rows that lie one after the other.
  ///
  /// @param rows floats, as [VectorType#read] gives them
  /// @param at where the first row begins
  /// @param partitions the partition of each row, negative for rows to leave out
  /// @param slots where each row's record goes, counted in records
  void encode(
      float[] rows, int at, int count, int[] partitions, long[] slots, int from, MemorySegment out);

  /// The columns beside the row ids.
  List<Field> fields();

  /// A partition's columns.
  List<Column> columns(MemorySegment records, int rows, Scratch scratch);

  /// What `storage_metadata` says.
  ///
  /// @param buffer the number of the global buffer that holds [#buffer]
  String metadata(int buffer);

  /// A codebook or the like, to be stored beside the codes.
  Optional<Wire.Tensor> buffer();

  /// A column of byte lists; the segment is taken over.
  static FixedListColumn bytes(Field field, MemorySegment data, int rows) {
    DataType.FixedSizeList type = (DataType.FixedSizeList) field.type();
    return new FixedListColumn(
        type,
        rows,
        new FixedColumn(type.item().type(), Math.multiplyExact(rows, type.size()), data, null),
        null);
  }

  static Field byteLists(String name, int size) {
    return Field.nullable(
        name, new DataType.FixedSizeList(Field.nullable("item", Types.UINT8), size));
  }

  /// Copies `bytes` of each record from `offset` on into a dense array.
  static MemorySegment gather(
      MemorySegment records, int recordBytes, int offset, int bytes, int rows, Scratch scratch) {
    MemorySegment out = scratch.allocateBytes((long) rows * bytes);
    if (offset == 0 && bytes == recordBytes) {
      return out.copyFrom(records.asSlice(0, (long) rows * bytes));
    }
    for (int r = 0; r < rows; r++) {
      MemorySegment.copy(records, (long) r * recordBytes + offset, out, (long) r * bytes, bytes);
    }
    return out;
  }
}
