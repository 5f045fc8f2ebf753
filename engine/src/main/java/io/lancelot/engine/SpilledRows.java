package io.lancelot.engine;

import io.lancelot.base.Context;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.ipc.IpcReader;
import io.lancelot.columnar.ipc.IpcWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// Rows that did not fit into memory: written once to a file in the system's folder for temporary
/// files, and read back, mapped. The file goes when this is closed.
final class SpilledRows implements BatchStream {

  private final Path path;
  private final FileChannel channel;
  private final IpcWriter writer;
  private final Schema schema;
  private final Context context;
  private final Arena arena = Arena.ofShared();
  private MemorySegment bytes = MemorySegment.NULL;
  private long rows;
  private @Nullable IpcReader reader;

  private SpilledRows(Path path, FileChannel channel, Schema schema, Context context) {
    this.path = path;
    this.channel = channel;
    this.schema = schema;
    this.context = context;
    this.writer = IpcWriter.file(channel, schema, context.memory());
  }

  /// An empty file for rows of a schema.
  static SpilledRows create(Schema schema, Context context) {
    Path path = null;
    FileChannel channel = null;
    try {
      path = Files.createTempFile("lancelot-", ".arrow");
      channel =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      return new SpilledRows(path, channel, schema, context);
    } catch (IOException | RuntimeException e) {
      discard(path, channel, e);
      throw e instanceof RuntimeException unchecked
          ? unchecked
          : new StorageException("create a file for rows that do not fit into memory", e);
    }
  }

  private static void discard(
      @Nullable Path path, @Nullable FileChannel channel, Exception because) {
    try {
      if (channel != null) {
        channel.close();
      }
      if (path != null) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  void write(Batch batch) {
    writer.write(batch);
    rows += batch.rowCount();
  }

  /// Ends writing; rows can be pulled from now on.
  void finish() {
    writer.finish();
    writer.close();
    try {
      bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (IOException e) {
      throw new StorageException("read rows back (path=" + path + ")", e);
    }
    rewind();
  }

  /// The first row is pulled next, again.
  void rewind() {
    if (reader != null) {
      reader.close();
    }
    reader = IpcReader.open(path.toString(), bytes, context.memory());
  }

  long rowCount() {
    return rows;
  }

  /// What the rows take in the file, once they are all written.
  long sizeBytes() {
    return bytes.byteSize();
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    IpcReader open = reader;
    if (open == null) {
      throw new IllegalStateException("rows are still being written");
    }
    return open.next();
  }

  @Override
  public void close() {
    writer.close();
    if (reader != null) {
      reader.close();
    }
    if (!arena.scope().isAlive()) {
      return;
    }
    arena.close();
    try {
      channel.close();
    } catch (IOException e) {
      throw new StorageException("remove rows that did not fit into memory (path=" + path + ")", e);
    }
  }
}
