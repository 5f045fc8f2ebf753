package io.lancelot.file;

import java.lang.foreign.MemorySegment;
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

  /// Room for indices into a dictionary.
  int[] indices = new int[0];

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
  }
}
