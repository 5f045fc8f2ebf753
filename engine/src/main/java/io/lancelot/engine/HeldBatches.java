package io.lancelot.engine;

import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Batches;
import java.util.ArrayList;
import java.util.List;

/// Copies of batches, in memory that is theirs.
final class HeldBatches implements AutoCloseable {

  private final Scratch memory;
  private final List<Batch> batches = new ArrayList<>();

  HeldBatches(Memory memory) {
    this.memory = memory.scratch();
  }

  void add(Batch batch) {
    if (batch.rowCount() > 0) {
      batches.add(Batches.copy(batch, memory));
    }
  }

  /// Adds all that is left of a stream.
  void addAll(BatchStream stream) {
    for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
      add(batch);
    }
  }

  List<Batch> batches() {
    return batches;
  }

  long bytes() {
    return memory.heldBytes();
  }

  /// Gives the memory back; more may be added afterwards.
  void clear() {
    batches.clear();
    memory.close();
  }

  @Override
  public void close() {
    clear();
  }
}
