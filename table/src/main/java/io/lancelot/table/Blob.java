package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.storage.ObjectReader;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A large value, open for reading at any place. Nothing is read before it is asked for, and
/// nothing is kept. Not thread-safe; closing it closes the streams and channels it gave out.
public final class Blob implements AutoCloseable {

  private final Supplier<ObjectReader> opener;
  private final long start;
  private final long size;
  private @Nullable ObjectReader object;
  private boolean closed;
  private long position;

  /// @param opener opens the object that holds the value
  /// @param start where the value starts in it
  Blob(Supplier<ObjectReader> opener, long start, long size) {
    this.opener = opener;
    this.start = start;
    this.size = size;
  }

  /// A value that is a whole object, such as one that a server hands out in ranges.
  public static Blob of(ObjectReader object) {
    return new Blob(() -> object, 0, object.sizeBytes());
  }

  /// Length in bytes.
  public long size() {
    return size;
  }

  /// Where the next [#read] starts.
  public long position() {
    return position;
  }

  /// Moves to a position between 0 and [#size()].
  public void seek(long newPosition) {
    if (newPosition < 0 || newPosition > size) {
      throw new InvalidInputException(
          "position in a blob: expected=0 to " + size + ", found=" + newPosition);
    }
    position = newPosition;
  }

  /// Reads from the position on and moves it.
  ///
  /// @return bytes read, at most as many as `target` has room for; -1 at the end
  public int read(ByteBuffer target) {
    int count = (int) Math.min(target.remaining(), size - position);
    if (count == 0) {
      return target.hasRemaining() ? -1 : 0;
    }
    ByteBuffer part = target.slice(target.position(), count);
    if (target.isDirect() || target.hasArray()) {
      fill(position, MemorySegment.ofBuffer(part));
    } else {
      throw new InvalidInputException("target of a read: expected=writable, found=read-only");
    }
    target.position(target.position() + count);
    position += count;
    return count;
  }

  /// Everything from the position on.
  public byte[] readAll() {
    byte[] bytes = readRange(position, size - position);
    position = size;
    return bytes;
  }

  /// Bytes `[offset, offset + length)`, wherever the position is, which stays.
  public byte[] readRange(long offset, long length) {
    if (offset < 0 || length < 0 || offset > size - length) {
      throw new InvalidInputException(
          "range of a blob: expected=inside " + size + " bytes, found=" + offset + "+" + length);
    }
    if (length > Integer.MAX_VALUE - 8) {
      throw new InvalidInputException(
          "range of a blob: expected=less than 2 GiB at once, found=" + length);
    }
    byte[] bytes = new byte[(int) length];
    fill(offset, MemorySegment.ofArray(bytes));
    return bytes;
  }

  private void fill(long offset, MemorySegment target) {
    if (target.byteSize() == 0) {
      return;
    }
    ObjectReader source = object();
    long at = start + offset;
    if (at < 0 || at > source.sizeBytes() - target.byteSize()) {
      throw new CorruptDataException(
          "blob: expected=inside "
              + source.sizeBytes()
              + " bytes, found="
              + Long.toUnsignedString(start)
              + "+"
              + Long.toUnsignedString(size)
              + " (path="
              + source.path()
              + ")");
    }
    source.read(at, target);
  }

  private ObjectReader object() {
    if (closed) {
      throw new InvalidInputException("blob is closed");
    }
    ObjectReader known = object;
    if (known == null) {
      known = opener.get();
      object = known;
    }
    return known;
  }

  /// A stream from the position on. It shares the position with the blob.
  public InputStream stream() {
    return new InputStream() {
      @Override
      public int read() {
        byte[] one = new byte[1];
        return Blob.this.read(ByteBuffer.wrap(one)) < 0 ? -1 : one[0] & 0xFF;
      }

      @Override
      public int read(byte[] target, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, target.length);
        return Blob.this.read(ByteBuffer.wrap(target, offset, length));
      }

      @Override
      public long skip(long count) {
        long skipped = Math.clamp(count, 0, size - position);
        position += skipped;
        return skipped;
      }

      @Override
      public int available() {
        return (int) Math.min(Integer.MAX_VALUE, size - position);
      }
    };
  }

  /// A read-only channel. It shares the position with the blob.
  public SeekableByteChannel channel() {
    return new Channel();
  }

  private final class Channel implements SeekableByteChannel {
    private boolean open = true;

    private void check() throws ClosedChannelException {
      if (!isOpen()) {
        throw new ClosedChannelException();
      }
    }

    @Override
    public int read(ByteBuffer target) throws ClosedChannelException {
      check();
      return Blob.this.read(target);
    }

    @Override
    public long position() throws ClosedChannelException {
      check();
      return position;
    }

    @Override
    public SeekableByteChannel position(long newPosition) throws ClosedChannelException {
      check();
      if (newPosition < 0) {
        throw new IllegalArgumentException("position: expected=not negative, found=" + newPosition);
      }
      // A channel may stand behind its end, where nothing is read.
      position = Math.min(newPosition, size);
      return this;
    }

    @Override
    public long size() throws ClosedChannelException {
      check();
      return size;
    }

    @Override
    public int write(ByteBuffer source) {
      throw new NonWritableChannelException();
    }

    @Override
    public SeekableByteChannel truncate(long newSize) {
      throw new NonWritableChannelException();
    }

    @Override
    public boolean isOpen() {
      return open && !closed;
    }

    @Override
    public void close() {
      open = false;
    }
  }

  @Override
  public void close() {
    closed = true;
    ObjectReader known = object;
    object = null;
    if (known != null) {
      known.close();
    }
  }
}
