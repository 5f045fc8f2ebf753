package io.lancelot;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import java.time.Duration;

/// How a connection behaves.
///
/// @param memoryBytes the budget of native memory for everything this connection does; work that
///   needs more is refused with the figure. Default: the JVM's maximum heap size, at least 256 MiB
/// @param readConsistency how old the version a table handle reads may be, as far as commits of
///   others go; its own commits it sees at once. Zero looks before every read. Default: 5 seconds
public record ConnectOptions(long memoryBytes, Duration readConsistency) {

  public ConnectOptions {
    if (readConsistency.isNegative()) {
      throw new InvalidInputException("read consistency: expected>=0, found=" + readConsistency);
    }
  }

  public static ConnectOptions defaults() {
    return new ConnectOptions(Context.defaultMemoryBytes(), Duration.ofSeconds(5));
  }

  public ConnectOptions withMemoryBytes(long bytes) {
    return new ConnectOptions(bytes, readConsistency);
  }

  public ConnectOptions withReadConsistency(Duration interval) {
    return new ConnectOptions(memoryBytes, interval);
  }
}
