package io.lancelot.storage;

import io.lancelot.base.CancelledException;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.StorageException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A file mapped as a whole, with its channel kept for positional reads.
///
/// Interrupting a thread inside a read of a channel closes the channel for everybody. Other threads
/// then go on with copies from the mapping.
final class MappedReader implements ObjectReader {

  /// One request to the system at most, which also bounds the buffer the JDK keeps per thread for
  /// targets on the heap.
  private static final long MAX_READ_BYTES = 1 << 20;

  private final String path;
  private final FileChannel channel;
  private final Arena arena;
  private final MemorySegment mapped;
  private final ColdBlocks cold;
  private volatile boolean closed;

  private MappedReader(String path, FileChannel channel, Arena arena, MemorySegment mapped) {
    this.path = path;
    this.channel = channel;
    this.arena = arena;
    this.mapped = mapped;
    cold = new ColdBlocks(channel, path, mapped.byteSize());
  }

  /// Maps `sizeBytes` of `channel`, which the reader closes from now on, unless this fails.
  static MappedReader map(String path, FileChannel channel, long sizeBytes) throws IOException {
    Arena arena = Arena.ofShared();
    boolean mapped = false;
    try {
      MemorySegment bytes = channel.map(MapMode.READ_ONLY, 0, sizeBytes, arena);
      mapped = true;
      return new MappedReader(path, channel, arena, bytes);
    } finally {
      if (!mapped) {
        arena.close();
      }
    }
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public long sizeBytes() {
    return mapped.byteSize();
  }

  @Override
  public MemorySegment view(long position, long length, SegmentAllocator allocator) {
    check(position, length);
    return mapped.asSlice(position, length);
  }

  @Override
  public List<MemorySegment> viewAll(List<Range> ranges, SegmentAllocator allocator) {
    List<MemorySegment> views = new ArrayList<>(ranges.size());
    for (Range range : ranges) {
      views.add(view(range.position(), range.length(), allocator));
    }
    return views;
  }

  @Override
  public boolean mayBeCold() {
    return cold.any();
  }

  @Override
  public void expect(List<Range> ranges) {
    for (Range range : ranges) {
      check(range.position(), range.length());
    }
    if (ranges.isEmpty() || !channel.isOpen() || Thread.currentThread().isInterrupted()) {
      return;
    }
    try {
      cold.expect(ranges);
    } catch (ClosedByInterruptException e) {
      throw cancelled(e);
    } catch (ClosedChannelException e) {
      // Others go on with the mapping, which needs no channel.
    } catch (IOException e) {
      throw failed(e, ranges.getFirst().position(), ranges.getFirst().length());
    }
  }

  @Override
  public void read(long position, MemorySegment target) {
    check(position, target.byteSize());
    boolean bytes = target.isNative() || target.heapBase().orElse(null) instanceof byte[];
    if (!bytes || !channel.isOpen()) {
      copy(position, target);
      return;
    }
    if (Thread.currentThread().isInterrupted()) {
      throw cancelled(null);
    }
    try {
      readFully(channel, path, position, target);
    } catch (ClosedByInterruptException e) {
      throw cancelled(e);
    } catch (ClosedChannelException e) {
      copy(position, target);
    } catch (IOException e) {
      throw failed(e, position, target.byteSize());
    }
  }

  private StorageException failed(IOException e, long position, long length) {
    return new StorageException(
        "read failed: "
            + e.getMessage()
            + " (path="
            + path
            + ", position="
            + position
            + ", length="
            + length
            + ")",
        e);
  }

  /// Fills `target`, in native memory or a `byte[]`, from `position` of a file.
  static void readFully(FileChannel channel, String path, long position, MemorySegment target)
      throws IOException {
    long done = 0;
    while (done < target.byteSize()) {
      long length = Math.min(MAX_READ_BYTES, target.byteSize() - done);
      ByteBuffer buffer = target.asSlice(done, length).asByteBuffer();
      int count = channel.read(buffer, position + done);
      if (count < 0) {
        throw tooShort(path, position + target.byteSize(), position + done, null);
      }
      done += count;
    }
  }

  private void copy(long position, MemorySegment target) {
    try {
      MemorySegment.copy(mapped, position, target, 0, target.byteSize());
    } catch (InternalError e) {
      // How the JVM reports a page that is mapped but no longer in the file.
      throw tooShort(path, position + target.byteSize(), -1, e);
    } catch (IllegalStateException e) {
      if (!arena.scope().isAlive()) {
        throw SegmentReader.closedReader(path);
      }
      throw e;
    }
  }

  private static CorruptDataException tooShort(
      String path, long expected, long found, @Nullable Throwable cause) {
    return new CorruptDataException(
        "object cut short: expected=at least "
            + expected
            + " bytes, found="
            + (found < 0 ? "fewer" : found)
            + " (path="
            + path
            + ")",
        cause);
  }

  private CancelledException cancelled(@Nullable Throwable cause) {
    return new CancelledException("read interrupted (path=" + path + ")", cause);
  }

  private void check(long position, long length) {
    if (closed) {
      throw SegmentReader.closedReader(path);
    }
    ReadRanges.check(path, mapped.byteSize(), position, length);
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      try {
        arena.close();
      } catch (IllegalStateException e) {
        throw new InvalidInputException(
            "reader is in use: expected=no thread inside its memory, found=one that writes it to a"
                + " channel (path="
                + path
                + ")",
            e);
      }
      closed = true;
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw new StorageException("close failed: " + e.getMessage() + " (path=" + path + ")", e);
    }
  }
}
