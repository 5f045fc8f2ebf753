package io.lancelot.file;

import io.lancelot.base.LancelotException;
import io.lancelot.base.Memory;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ipc.IpcReader;
import java.io.ByteArrayInputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.Channels;

/// The readers of Arrow IPC files and streams as a target of a coverage-guided fuzzer: any bytes
/// end in a typed error or in batches of the schema.
public final class FuzzIpc {

  private static final int MAX_BATCHES = 50;

  private FuzzIpc() {}

  /// What Jazzer calls for every input.
  public static void fuzzerTestOneInput(byte[] bytes) {
    try (Memory memory = Memory.ofLimit(32L << 20)) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment copy = arena.allocate(bytes.length + 1L, 64).asSlice(0, bytes.length);
        MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
        try (IpcReader reader = IpcReader.open("fuzz", copy.asReadOnly(), memory)) {
          readAll(reader);
        } catch (LancelotException expected) {
          requireMessage(expected);
        }
      }
      var channel = Channels.newChannel(new ByteArrayInputStream(bytes));
      try (IpcReader reader = IpcReader.stream("fuzz", channel, memory)) {
        readAll(reader);
      } catch (LancelotException expected) {
        requireMessage(expected);
      }
      if (memory.usedBytes() != 0) {
        throw new AssertionError("memory not given back: " + memory.usedBytes());
      }
    }
  }

  private static void readAll(IpcReader reader) {
    int batches = 0;
    for (Batch batch = reader.next();
        batch != null && batches < MAX_BATCHES;
        batch = reader.next()) {
      batches++;
      for (int i = 0; i < batch.columns().size(); i++) {
        Column column = batch.columns().get(i);
        if (!column.type().equals(reader.schema().fields().get(i).type())) {
          throw new AssertionError("type of a column: " + column.type());
        }
        column.nullCount();
      }
    }
  }

  private static void requireMessage(LancelotException error) {
    if (error.getMessage() == null || error.getMessage().isEmpty()) {
      throw new AssertionError("error without a message", error);
    }
  }
}
