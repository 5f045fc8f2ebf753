package io.lancelot.file;

import java.lang.foreign.MemorySegment;

/// A page's symbol table; its identity tells a decoder whether it has it loaded.
///
/// @param bytes as stored
record FsstTable(MemorySegment bytes) {

  @Override
  public boolean equals(@org.jspecify.annotations.Nullable Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
