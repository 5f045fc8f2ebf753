package io.lancelot.file;

import io.lancelot.file.proto.CompressiveEncoding;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// One stream of levels of a page, encoded chunk by chunk.
///
/// @param encoding what a reader has to undo
/// @param sizes bytes of each chunk's levels
/// @param bytes the chunks' levels without gaps
record LevelChunks(CompressiveEncoding encoding, int[] sizes, MemorySegment bytes) {

  /// Levels as they are.
  ///
  /// @param ends where each chunk's levels end
  static @Nullable LevelChunks raw(@Nullable MemorySegment levels, int[] ends) {
    if (levels == null) {
      return null;
    }
    int[] sizes = new int[ends.length];
    for (int i = 0; i < ends.length; i++) {
      sizes[i] = 2 * (ends[i] - (i == 0 ? 0 : ends[i - 1]));
    }
    return new LevelChunks(Encodings.flat(16), sizes, levels);
  }
}
