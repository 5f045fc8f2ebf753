package io.lancelot.server;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.ipc.IpcReader;
import java.nio.channels.Channels;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The rows that a request brings. What is damaged in them is the client's fault: no repetition
/// helps, and no table is corrupt.
final class SentRows implements BatchStream {

  private static final String NAME = "request body";

  private final IpcReader rows;

  private SentRows(IpcReader rows) {
    this.rows = rows;
  }

  static SentRows of(Exchange exchange, Memory memory) {
    return new SentRows(
        blamed(() -> IpcReader.stream(NAME, Channels.newChannel(exchange.stream()), memory)));
  }

  private static <T extends @Nullable Object> T blamed(Supplier<T> read) {
    try {
      return read.get();
    } catch (CorruptDataException e) {
      throw new InvalidInputException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public Schema schema() {
    return rows.schema();
  }

  @Override
  public @Nullable Batch next() {
    return SentRows.<@Nullable Batch>blamed(rows::next);
  }

  @Override
  public void close() {
    rows.close();
  }
}
