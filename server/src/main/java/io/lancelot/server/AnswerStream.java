package io.lancelot.server;

import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The body of an answer. A short one is kept until its end, and then goes out with its head and
/// its length in one piece; a longer one is sent as it is written. What is not finished is not
/// sent, so that a failure can still be told as long as nothing has gone out.
final class AnswerStream extends OutputStream implements WritableByteChannel {

  /// How much a client gets at a time.
  static final int PIECE = 64 << 10;

  private final ServerResponse response;
  private byte[] held = new byte[4096];
  private int count;
  private @Nullable OutputStream sending;

  AnswerStream(ServerResponse response) {
    this.response = response;
  }

  /// Whether some of it is on its way, so that no other answer can be given.
  boolean begun() {
    return sending != null;
  }

  @Override
  public void write(int value) throws IOException {
    room(1);
    held[count++] = (byte) value;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    for (int at = 0; at < length; ) {
      int part = room(length - at);
      System.arraycopy(bytes, offset + at, held, count, part);
      count += part;
      at += part;
    }
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int length = bytes.remaining();
    while (bytes.hasRemaining()) {
      int part = room(bytes.remaining());
      bytes.get(held, count, part);
      count += part;
    }
    return length;
  }

  /// Makes room for at least one byte.
  ///
  /// @return for how many of those wanted there is room
  private int room(int wanted) throws IOException {
    if (held.length - count < wanted && held.length < PIECE) {
      int grown = Integer.highestOneBit(Math.min(PIECE, count + wanted) - 1) << 1;
      held = Arrays.copyOf(held, grown);
    }
    if (count == held.length) {
      send();
    }
    return Math.min(wanted, held.length - count);
  }

  private void send() throws IOException {
    OutputStream out = sending;
    if (out == null) {
      out = response.outputStream();
      sending = out;
    }
    out.write(held, 0, count);
    count = 0;
  }

  /// Sends what is left.
  void finish() throws IOException {
    if (sending == null) {
      response.send(held, 0, count);
      return;
    }
    send();
    sending.close();
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {
    // Only what is finished is an answer.
  }
}
