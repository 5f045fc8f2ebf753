package io.lancelot.storage;

import io.lancelot.base.InvalidInputException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/// A new file, gathered in a buffer of the store's and written in large pieces.
final class LocalWriter implements ObjectWriter {

  private enum State {
    OPEN,
    FAILED,
    FINISHED,
    CLOSED
  }

  private final LocalStore store;
  private final String path;
  private final Path target;
  private final TempFile temp;
  private final boolean forced;
  private final MemorySegment buffer;
  private long buffered;
  private long position;
  private State state = State.OPEN;

  /// @param forced whether to make the file durable
  LocalWriter(
      LocalStore store,
      String path,
      Path target,
      TempFile temp,
      boolean forced,
      MemorySegment buffer) {
    this.store = store;
    this.path = path;
    this.target = target;
    this.temp = temp;
    this.forced = forced;
    this.buffer = buffer;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public void write(MemorySegment bytes) {
    checkOpen();
    long length = bytes.byteSize();
    try {
      if (length >= buffer.byteSize() && bytes.isNative()) {
        flush();
        temp.write(bytes);
      } else {
        gather(bytes);
      }
    } catch (IOException e) {
      state = State.FAILED;
      throw store.failure("write", path, e);
    }
    position += length;
  }

  private void gather(MemorySegment bytes) throws IOException {
    long done = 0;
    while (true) {
      long length = Math.min(bytes.byteSize() - done, buffer.byteSize() - buffered);
      MemorySegment.copy(bytes, done, buffer, buffered, length);
      buffered += length;
      done += length;
      if (done == bytes.byteSize()) {
        return;
      }
      flush();
    }
  }

  private void flush() throws IOException {
    temp.write(buffer.asSlice(0, buffered));
    buffered = 0;
  }

  /// After a failed force nobody knows which bytes reached the disk, and a second force may lie; so
  /// a failure here is final and the file goes.
  @Override
  public void finish() {
    checkOpen();
    state = State.FAILED;
    try {
      flush();
      if (forced) {
        store.publishNew(temp, target);
      } else {
        LocalStore.publishUnforced(temp, target);
      }
    } catch (IOException e) {
      throw store.failure("write", path, e);
    }
    state = State.FINISHED;
  }

  private void checkOpen() {
    if (state != State.OPEN) {
      throw new InvalidInputException(
          "writer takes no more bytes: expected=an open writer, found=a "
              + switch (state) {
                case OPEN, CLOSED -> "closed";
                case FAILED -> "failed";
                case FINISHED -> "finished";
              }
              + " one (path="
              + path
              + ")");
    }
  }

  @Override
  public void close() {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    temp.close();
    store.giveBuffer(buffer);
  }
}
