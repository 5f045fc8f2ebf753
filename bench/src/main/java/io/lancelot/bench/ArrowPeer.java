package io.lancelot.bench;

import io.lancelot.base.Memory;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.ipc.IpcWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.Schema;

/// A data set in Arrow Java's memory, for peers that take and give Arrow streams. Made before any
/// clock starts.
final class ArrowPeer implements AutoCloseable {

  private final BufferAllocator allocator = new RootAllocator();
  private final List<ArrowRecordBatch> batches = new ArrayList<>();
  private final Schema schema;

  ArrowPeer(DataSet data) {
    try (Memory memory = Memory.ofLimit(8L << 30)) {
      schema = readSchema(ipc(data, List.of(), memory));
      for (Batch batch : data.batches()) {
        // One message at a time: a byte array holds 2 GB.
        try (ArrowStreamReader reader =
            new ArrowStreamReader(
                new ByteArrayInputStream(ipc(data, List.of(batch), memory)), allocator)) {
          reader.loadNextBatch();
          batches.add(new VectorUnloader(reader.getVectorSchemaRoot()).getRecordBatch());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] ipc(DataSet data, List<Batch> batches, Memory memory) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (IpcWriter writer = IpcWriter.stream(Channels.newChannel(out), data.schema(), memory)) {
      batches.forEach(writer::write);
      writer.finish();
    }
    return out.toByteArray();
  }

  private Schema readSchema(byte[] ipc) throws IOException {
    try (ArrowStreamReader reader =
        new ArrowStreamReader(new ByteArrayInputStream(ipc), allocator)) {
      return reader.getVectorSchemaRoot().getSchema();
    }
  }

  BufferAllocator allocator() {
    return allocator;
  }

  /// The data set as a C stream; the consumer releases it.
  ArrowArrayStream export() {
    ArrowArrayStream stream = ArrowArrayStream.allocateNew(allocator);
    Data.exportArrayStream(allocator, new Rows(), stream);
    return stream;
  }

  /// Reads a result to its last byte and returns its rows.
  static long read(ArrowReader reader) throws IOException {
    ReadBytes reading = new ReadBytes();
    long rows = 0;
    while (reader.loadNextBatch()) {
      VectorSchemaRoot root = reader.getVectorSchemaRoot();
      rows += root.getRowCount();
      root.getFieldVectors().forEach(vector -> read(vector, reading));
    }
    return reading.rows(rows);
  }

  @SuppressWarnings("restricted")
  private static void read(FieldVector vector, ReadBytes reading) {
    for (ArrowBuf buffer : vector.getFieldBuffers()) {
      if (buffer.readableBytes() > 0) {
        MemorySegment bytes =
            MemorySegment.ofAddress(buffer.memoryAddress()).reinterpret(buffer.readableBytes());
        reading.read(bytes, 0, bytes.byteSize());
      }
    }
    vector.getChildrenFromFields().forEach(child -> read(child, reading));
  }

  @Override
  public void close() {
    batches.forEach(ArrowRecordBatch::close);
    allocator.close();
  }

  /// Hands out the batches without copying.
  private final class Rows extends ArrowReader {
    private int next;

    Rows() {
      super(ArrowPeer.this.allocator);
    }

    @Override
    public boolean loadNextBatch() throws IOException {
      VectorSchemaRoot root = getVectorSchemaRoot();
      if (next == batches.size()) {
        return false;
      }
      new VectorLoader(root).load(batches.get(next++));
      return true;
    }

    @Override
    public long bytesRead() {
      return 0;
    }

    @Override
    protected void closeReadSource() {}

    @Override
    protected Schema readSchema() {
      return schema;
    }
  }
}
