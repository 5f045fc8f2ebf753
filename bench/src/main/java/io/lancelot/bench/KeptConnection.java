package io.lancelot.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// A connection that stays open for one request after the other, with no more of a client than that
/// takes: what is measured is the server.
final class KeptConnection implements AutoCloseable {

  private static final String LENGTH = "content-length: ";

  private final Socket socket;
  private final OutputStream out;
  private final InputStream in;
  private final byte[] buffer = new byte[1 << 14];

  KeptConnection(int port) {
    try {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      out = socket.getOutputStream();
      in = socket.getInputStream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A request with a body of JSON.
  static byte[] post(String path, String database, String body) {
    return ("POST "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nx-lancedb-database: "
            + database
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  /// Sends a request and reads its answer, which must be 200.
  void ask(byte[] request) {
    try {
      out.write(request);
      answer();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void answer() throws IOException {
    int count = 0;
    int wanted = -1;
    while (wanted < 0 || count < wanted) {
      int read = in.read(buffer, count, buffer.length - count);
      if (read < 0) {
        throw new IOException("the server hung up");
      }
      count += read;
      if (wanted < 0) {
        wanted = length(count);
      }
    }
  }

  /// How long the whole answer is; negative while its head is not there.
  private int length(int count) throws IOException {
    String text = new String(buffer, 0, count, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      return -1;
    }
    String head = text.substring(0, end + 2).toLowerCase(Locale.ROOT);
    int at = head.indexOf(LENGTH);
    if (!head.startsWith("http/1.1 200") || at < 0) {
      throw new IOException("expected=200 with a length, found=" + text);
    }
    int start = at + LENGTH.length();
    return end + 4 + Integer.parseInt(head.substring(start, head.indexOf("\r\n", start)).strip());
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
