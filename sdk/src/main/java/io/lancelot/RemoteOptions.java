package io.lancelot;

import io.lancelot.base.InvalidInputException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/// How a database of a server is reached.
///
/// @param apiKey sent as `x-api-key`; empty for none
/// @param host `http://127.0.0.1:10024`; empty for LanceDB Cloud in `region`
/// @param region of LanceDB Cloud
/// @param headers asked before each request, for tokens that expire: its headers take the place of
///   others
/// @param timeout of one request until its answer begins
/// @param connection memory for rows on the way, and how old what is known of a table may be
public record RemoteOptions(
    String apiKey,
    String host,
    String region,
    Supplier<Map<String, String>> headers,
    Duration timeout,
    ConnectOptions connection) {

  public RemoteOptions {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new InvalidInputException("timeout: expected=more than nothing, found=" + timeout);
    }
  }

  public static RemoteOptions of(String apiKey, String host) {
    return new RemoteOptions(
        apiKey, host, "us-east-1", Map::of, Duration.ofMinutes(5), ConnectOptions.defaults());
  }

  public RemoteOptions withRegion(String name) {
    return new RemoteOptions(apiKey, host, name, headers, timeout, connection);
  }

  public RemoteOptions withHeaders(Supplier<Map<String, String>> provider) {
    return new RemoteOptions(apiKey, host, region, provider, timeout, connection);
  }

  public RemoteOptions withTimeout(Duration longest) {
    return new RemoteOptions(apiKey, host, region, headers, longest, connection);
  }

  public RemoteOptions withConnection(ConnectOptions options) {
    return new RemoteOptions(apiKey, host, region, headers, timeout, options);
  }

  /// The key stays out of logs.
  @Override
  public String toString() {
    return "RemoteOptions[host=" + host + ", region=" + region + ", timeout=" + timeout + "]";
  }
}
