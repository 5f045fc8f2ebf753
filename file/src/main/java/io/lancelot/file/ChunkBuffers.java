package io.lancelot.file;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One mini-block chunk taken apart: its levels and its value buffers.
///
/// Belongs to one [PageState] and is filled again and again. The buffers look into the file, so
/// they are good for one read only.
final class ChunkBuffers {

  /// The page this chunk is of and its number there; null when nothing is loaded.
  @Nullable MiniBlockPage page;

  int number;

  /// Value slots.
  int valueCount;

  /// Levels, 0 if the page has none.
  int levelCount;

  short[] rep = new short[0];
  short[] def = new short[0];

  MemorySegment[] buffers = new MemorySegment[0];

  /// Memory for values that have to be decoded as a whole, and whether they are.
  final GrowingMemory decoded = new GrowingMemory();

  boolean isDecoded;

  MemorySegment decodedValues = MemorySegment.NULL;

  /// Memory for a decompressed buffer.
  final GrowingMemory plain = new GrowingMemory();

  /// Room for the positions of values to take.
  int[] positions = new int[0];

  private int[] rowStarts = new int[0];

  private boolean hasRowStarts;

  private int[] indices = new int[0];

  /// The row that was looked for last and the level where it starts: the next one comes later.
  long foundRow;

  int foundLevel;

  /// How many value slots the first levels have, as counted last.
  int countedLevels;

  int countedValues;

  void clear() {
    page = null;
    foundRow = 0;
    foundLevel = 0;
    countedLevels = 0;
    countedValues = 0;
    isDecoded = false;
    hasRowStarts = false;
  }

  /// Room for indices into a dictionary.
  int[] indices(int count) {
    if (indices.length < count) {
      indices = new int[Math.max(1024, count)];
    }
    return indices;
  }

  /// Makes room in `positions`, whose contents stay.
  void reservePositions(int count) {
    if (positions.length < count) {
      positions = Arrays.copyOf(positions, Math.max(count, Math.max(256, 2 * positions.length)));
    }
  }

  /// Where each row that begins in the chunk begins, in levels, and the end.
  ///
  /// @param outermost the repetition level of a row's first item
  int[] rowStarts(int outermost) {
    if (!hasRowStarts) {
      if (rowStarts.length <= levelCount) {
        rowStarts = new int[Math.max(1024, levelCount) + 1];
      }
      int rows = 0;
      // The store counts only if the counter behind it moves: where rows begin is no pattern.
      for (int i = 0; i < levelCount; i++) {
        rowStarts[rows] = i;
        rows += rep[i] == outermost ? 1 : 0;
      }
      rowStarts[rows] = levelCount;
      hasRowStarts = true;
    }
    return rowStarts;
  }
}
