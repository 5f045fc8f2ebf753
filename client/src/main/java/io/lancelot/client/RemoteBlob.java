package io.lancelot.client;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.StorageException;
import io.lancelot.storage.ObjectReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/// One value of a column of blobs, read in ranges from a server.
final class RemoteBlob implements ObjectReader {

  private final Wire wire;
  private final String path;
  private final long size;
  private volatile boolean closed;

  /// @param path of the value's bytes, with its parameters
  RemoteBlob(Wire wire, String path, long size) {
    this.wire = wire;
    this.path = path;
    this.size = size;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public long sizeBytes() {
    return size;
  }

  @Override
  public MemorySegment view(long position, long length, SegmentAllocator allocator) {
    MemorySegment bytes = allocator.allocate(length);
    read(position, bytes);
    return bytes.asReadOnly();
  }

  @Override
  public void read(long position, MemorySegment target) {
    if (closed) {
      throw new InvalidInputException("blob is closed (path=" + path + ")");
    }
    if (target.byteSize() == 0) {
      return;
    }
    String range = "bytes=" + position + "-" + (position + target.byteSize() - 1);
    try (InputStream in =
        wire.send(Wire.Kind.READ, "GET", path, null, Map.of("range", range)).body()) {
      byte[] chunk = new byte[(int) Math.min(1 << 16, target.byteSize())];
      for (long at = 0; at < target.byteSize(); ) {
        int count = in.read(chunk, 0, (int) Math.min(chunk.length, target.byteSize() - at));
        if (count < 0) {
          throw new StorageException(
              "blob: expected="
                  + target.byteSize()
                  + " bytes, found="
                  + at
                  + " (path="
                  + path
                  + ")");
        }
        MemorySegment.copy(chunk, 0, target, ValueLayout.JAVA_BYTE, at, count);
        at += count;
      }
    } catch (IOException e) {
      throw new StorageException(
          "cannot read a blob: " + e.getMessage() + " (path=" + path + ")", e);
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
