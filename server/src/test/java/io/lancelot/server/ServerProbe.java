package io.lancelot.server;

import io.lancelot.Database;
import io.lancelot.Lancelot;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;

/// A server, and requests to it that no client would send.
final class ServerProbe implements AutoCloseable {

  static final String DATABASE = "dev";

  private final LancelotServer server;
  private final HttpClient client = HttpClient.newHttpClient();

  ServerProbe(ServerOptions options) {
    server = LancelotServer.start(options.withPort(0));
  }

  LancelotServer server() {
    return server;
  }

  String address() {
    return "http://127.0.0.1:" + server.port();
  }

  Database database(String key) {
    return Lancelot.connect("db://" + DATABASE, key, address());
  }

  HttpResponse<String> post(String key, String path, String body) throws Exception {
    return send(
        key, path, HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  HttpResponse<String> get(String key, String path) throws Exception {
    return send(key, path, HttpRequest.newBuilder().GET());
  }

  private HttpResponse<String> send(String key, String path, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    request.uri(URI.create(address() + path)).header("x-lancedb-database", DATABASE);
    Map<String, String> headers =
        key.isEmpty()
            ? Map.of()
            : key.startsWith("Bearer ") ? Map.of("authorization", key) : Map.of("x-api-key", key);
    headers.forEach(request::header);
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }
}
