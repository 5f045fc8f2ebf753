package io.lancelot;

import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.storage.Durability;
import java.time.Duration;

/// How a connection behaves.
///
/// @param memoryBytes the budget of native memory for everything this connection does; work that
///   needs more is refused with the figure. Default: the JVM's maximum heap size, at least 256 MiB
/// @param readConsistency how old the version a table handle reads may be, as far as commits of
///   others go; its own commits it sees at once. Zero looks before every read. Default: 5 seconds
/// @param autoOptimize whether tables that are written through this connection are compacted and
///   their indices kept up in the background. Default: no
/// @param durability whether a write is forced to the local disk before it is acknowledged.
///   Without, as upstream does it, a power cut may take acknowledged writes, or leave torn files.
///   Default: yes
public record ConnectOptions(
    long memoryBytes, Duration readConsistency, boolean autoOptimize, Durability durability) {

  public ConnectOptions {
    if (readConsistency.isNegative()) {
      throw new InvalidInputException("read consistency: expected>=0, found=" + readConsistency);
    }
  }

  public static ConnectOptions defaults() {
    return new ConnectOptions(
        Context.defaultMemoryBytes(), Duration.ofSeconds(5), false, Durability.SYNC);
  }

  public ConnectOptions withMemoryBytes(long bytes) {
    return new ConnectOptions(bytes, readConsistency, autoOptimize, durability);
  }

  public ConnectOptions withReadConsistency(Duration interval) {
    return new ConnectOptions(memoryBytes, interval, autoOptimize, durability);
  }

  /// Keeps files few by itself: see [Table#optimize]. Writers wait when they get too far ahead.
  public ConnectOptions withAutoOptimize() {
    return new ConnectOptions(memoryBytes, readConsistency, true, durability);
  }

  /// For scratch data and tests: `withDurability(Durability.NONE)`.
  public ConnectOptions withDurability(Durability chosen) {
    return new ConnectOptions(memoryBytes, readConsistency, autoOptimize, chosen);
  }
}
