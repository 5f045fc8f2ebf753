package io.lancelot.engine;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The vectors of some rows, as kernels take them: one for each row, or lists of them.
///
/// @param data the numbers, vector after vector
/// @param whole vectors that are not null and have no null in them; null if all are so
/// @param lists which of the vectors belong to a row; null if each row has one
record VectorRows(MemorySegment data, @Nullable Bits whole, @Nullable ListColumn lists) {

  /// @param memory where it is written down which vectors are whole
  static VectorRows of(Column column, Scratch memory) {
    return switch (column) {
      case FixedListColumn vectors -> of(vectors, null, memory);
      case ListColumn lists -> of((FixedListColumn) lists.items(), lists, memory);
      default -> throw new IllegalStateException("not vectors: " + column.type().arrowName());
    };
  }

  private static VectorRows of(
      FixedListColumn vectors, @Nullable ListColumn lists, Scratch memory) {
    return new VectorRows(((FixedColumn) vectors.items()).data(), whole(vectors, memory), lists);
  }

  private static @Nullable Bits whole(FixedListColumn vectors, Scratch memory) {
    Bits items = vectors.items().validity();
    if (items == null) {
      return vectors.validity();
    }
    int size = vectors.size();
    MemorySegment words = memory.allocateBytes((vectors.length() + 63L) / 64 * 8).fill((byte) 0);
    for (int row = 0; row < vectors.length(); row++) {
      if (!vectors.isNull(row) && items.slice(row * size, size).count() == size) {
        long at = row / 64 * 8L;
        words.set(FixedColumn.LONG, at, words.get(FixedColumn.LONG, at) | 1L << (row % 64));
      }
    }
    return Bits.of(words, vectors.length());
  }

  static io.lancelot.kernels.@Nullable Bits kernelBits(@Nullable Bits bits) {
    return bits == null ? null : new io.lancelot.kernels.Bits(bits.segment(), bits.offset());
  }
}
