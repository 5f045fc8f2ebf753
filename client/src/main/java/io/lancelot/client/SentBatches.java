package io.lancelot.client;

import io.lancelot.base.Memory;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.ipc.IpcWriter;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.channels.Channels;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// Rows on their way to a server: a thread writes them as Arrow IPC while the connection reads.
final class SentBatches implements AutoCloseable {

  private static final int PIPE_BYTES = 1 << 20;

  private final BatchStream rows;
  private final Memory memory;
  private final PipedInputStream in = new PipedInputStream(PIPE_BYTES);
  private final CountDownLatch written = new CountDownLatch(1);
  private boolean opened;
  private volatile @Nullable RuntimeException failure;

  SentBatches(BatchStream rows, Memory memory) {
    this.rows = rows;
    this.memory = memory;
  }

  /// The bytes. There is one such stream.
  synchronized InputStream open() {
    if (opened) {
      throw new IllegalStateException("rows can be sent once");
    }
    opened = true;
    PipedOutputStream out;
    try {
      out = new PipedOutputStream(in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    Thread.ofVirtual().name("lancelot-send").start(() -> write(out));
    return new Body();
  }

  /// Breaks off where the rows did: a body that just ended would be taken for all of them.
  private final class Body extends FilterInputStream {
    Body() {
      super(SentBatches.this.in);
    }

    @Override
    public int read() throws IOException {
      return ended(super.read());
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return ended(super.read(bytes, offset, length));
    }

    private int ended(int count) throws IOException {
      if (count < 0) {
        await();
        if (failure != null) {
          throw new IOException("rows to send failed", failure);
        }
      }
      return count;
    }
  }

  private void write(PipedOutputStream out) {
    try (out;
        IpcWriter writer = IpcWriter.stream(Channels.newChannel(out), rows.schema(), memory)) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        writer.write(batch);
      }
      writer.finish();
    } catch (IOException e) {
      // The connection is gone; its reader tells.
    } catch (RuntimeException e) {
      failure = e;
    } finally {
      written.countDown();
    }
  }

  /// Throws what the rows threw.
  void rethrow() {
    close();
    RuntimeException thrown = failure;
    if (thrown != null && !(thrown.getCause() instanceof IOException)) {
      throw thrown;
    }
  }

  /// Ends the writing, and waits until nobody uses the rows any more.
  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    if (opened) {
      await();
    }
  }

  private void await() {
    try {
      written.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
