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
/// @param autoOptimize whether tables that are written through this connection are compacted and
///   their indices kept up in the background. Default: no
public record ConnectOptions(long memoryBytes, Duration readConsistency, boolean autoOptimize) {

  public ConnectOptions {
    if (readConsistency.isNegative()) {
      throw new InvalidInputException("read consistency: expected>=0, found=" + readConsistency);
    }
  }

  public static ConnectOptions defaults() {
    return new ConnectOptions(Context.defaultMemoryBytes(), Duration.ofSeconds(5), false);
  }

  public ConnectOptions withMemoryBytes(long bytes) {
    return new ConnectOptions(bytes, readConsistency, autoOptimize);
  }

  public ConnectOptions withReadConsistency(Duration interval) {
    return new ConnectOptions(memoryBytes, interval, autoOptimize);
  }

  /// Keeps files few by itself: see [Table#optimize]. Writers wait when they get too far ahead.
  public ConnectOptions withAutoOptimize() {
    return new ConnectOptions(memoryBytes, readConsistency, true);
  }
}
