package io.lancelot.server;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.ResourceExhaustedException;
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
  private final Services services;

  private SentRows(IpcReader rows, Services services) {
    this.rows = rows;
    this.services = services;
  }

  static SentRows of(Exchange exchange, Services services) {
    return new SentRows(
        blamed(
            services,
            () ->
                IpcReader.stream(NAME, Channels.newChannel(exchange.stream()), services.bodies())),
        services);
  }

  private static <T extends @Nullable Object> T blamed(Services services, Supplier<T> read) {
    try {
      return read.get();
    } catch (CorruptDataException e) {
      throw new InvalidInputException(String.valueOf(e.getMessage()), e);
    } catch (ResourceExhaustedException e) {
      if (scarce(services.memory()) || scarce(services.bodies())) {
        throw e;
      }
      // It is not others who take the memory: it will not fit later either.
      throw new Failures.Coded(
          Failures.Code.INVALID_INPUT, 413, "batch too large: " + e.getMessage());
    }
  }

  private static boolean scarce(Memory memory) {
    return memory.usedBytes() > memory.limitBytes() / 2;
  }

  @Override
  public Schema schema() {
    return rows.schema();
  }

  @Override
  public @Nullable Batch next() {
    return SentRows.<@Nullable Batch>blamed(services, rows::next);
  }

  @Override
  public void close() {
    rows.close();
  }
}
