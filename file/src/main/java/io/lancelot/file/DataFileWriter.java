package io.lancelot.file;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.DataType;
import io.lancelot.file.proto.ColumnMetadata;
import io.lancelot.file.proto.FileDescriptor;
import io.lancelot.file.proto.FileSchema;
import io.lancelot.file.proto.StoredEncoding;
import io.lancelot.storage.ObjectWriter;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Writes one Lance data file as rows come. Format: lance-format section 1.
///
/// Each column collects up to a page (8 MiB, less for many columns and little memory) and writes it
/// at once; large runs of wide vectors go to the file without a copy. After an error the writer
/// only takes [#close()]. One thread at a time.
public final class DataFileWriter implements AutoCloseable {

  private static final long PAGE_BYTES = 8 << 20;
  private static final long MIN_PAGE_BYTES = 128 << 10;

  private final ObjectWriter out;
  private final AlignedWriter sink;
  private final LanceSchema schema;
  private final FileVersion version;
  private final ColumnsWriter columns;
  private final Map<String, String> metadata;
  private final List<Long> globalBuffers = new ArrayList<>();
  private long rowCount;
  private State state = State.OPEN;

  private enum State {
    OPEN,
    FAILED,
    FINISHED,
    CLOSED
  }

  /// What was written.
  ///
  /// @param path the object's path in its store
  /// @param fieldIds ids of the fields that own a column
  /// @param columnIndices the column of each of `fieldIds`
  public record Summary(
      String path,
      long rowCount,
      long sizeBytes,
      int[] fieldIds,
      int[] columnIndices,
      FileVersion version) {}

  private DataFileWriter(
      ObjectWriter out,
      LanceSchema schema,
      FileVersion version,
      Memory memory,
      Optional<Context> pool,
      Optional<BlobFiles> blobFiles) {
    this.out = out;
    this.sink = new AlignedWriter(out);
    this.schema = schema;
    this.metadata = new TreeMap<>(schema.metadata());
    this.version = version;
    int leafCount = Math.max(1, schema.leaves().size());
    long share = memory.limitBytes() / 8 / leafCount;
    long pageBytes = Math.clamp(share, MIN_PAGE_BYTES, PAGE_BYTES);
    this.columns =
        version == FileVersion.V2_0
            ? new V20Columns(schema, sink, memory, pageBytes)
            : new LevelColumns(schema, version, sink, memory, pool, pageBytes, blobFiles);
  }

  /// Starts a file. Takes ownership of `out`: [#finish()] finishes it, [#close()] without it
  /// abandons it.
  ///
  /// @throws UnsupportedFeatureException if the version cannot store a type of the schema
  /// @throws InvalidInputException if a field's metadata holds an encoding option that makes no
  ///   sense
  public static DataFileWriter create(
      ObjectWriter out, LanceSchema schema, FileVersion version, Memory memory) {
    return create(out, schema, version, memory, Optional.empty(), Optional.empty());
  }

  /// As above, with pages encoded on the context's threads beside the caller's. The file is the
  /// same.
  public static DataFileWriter create(
      ObjectWriter out, LanceSchema schema, FileVersion version, Context context) {
    return create(out, schema, version, context.memory(), Optional.of(context), Optional.empty());
  }

  /// As above, with columns of blobs whose values may lie in objects around the file.
  public static DataFileWriter create(
      ObjectWriter out,
      LanceSchema schema,
      FileVersion version,
      Context context,
      BlobFiles blobFiles) {
    return create(
        out, schema, version, context.memory(), Optional.of(context), Optional.of(blobFiles));
  }

  private static DataFileWriter create(
      ObjectWriter out,
      LanceSchema schema,
      FileVersion version,
      Memory memory,
      Optional<Context> pool,
      Optional<BlobFiles> blobFiles) {
    try {
      return new DataFileWriter(out, schema, version, memory, pool, blobFiles);
    } catch (RuntimeException e) {
      out.close();
      throw e;
    }
  }

  /// Appends rows. The batch's memory can be reused as soon as this returns.
  ///
  /// @param batch columns in the schema's order and of its types
  /// @throws InvalidInputException if a column's type differs, or a non-nullable field has a null
  public void write(Batch batch) {
    requireOpen();
    state = State.FAILED;
    checkTypes(batch);
    for (int i = 0; i < batch.columns().size(); i++) {
      columns.append(i, batch.column(i));
    }
    rowCount += batch.rowCount();
    state = State.OPEN;
  }

  private void requireOpen() {
    if (state != State.OPEN) {
      throw new IllegalStateException(
          "writer is not open: " + state + " (path=" + out.path() + ")");
    }
  }

  private void checkTypes(Batch batch) {
    if (batch.columns().size() != schema.fields().size()) {
      throw new InvalidInputException(
          "column count mismatch: expected="
              + schema.fields().size()
              + ", found="
              + batch.columns().size()
              + " (path="
              + out.path()
              + ")");
    }
    for (int i = 0; i < batch.columns().size(); i++) {
      LanceField field = schema.fields().get(i);
      DataType found = batch.column(i).type();
      if (!found.arrowName().equals(field.type().arrowName())
          && !(field.blobV2() && BlobInput.accepts(found))) {
        throw new InvalidInputException(
            "column type mismatch: expected="
                + field.type().arrowName()
                + ", found="
                + found.arrowName()
                + " (column="
                + field.name()
                + ")");
      }
    }
  }

  /// Rows written so far.
  public long rowCount() {
    return rowCount;
  }

  /// Bytes taken over and not yet written to the file.
  public long bufferedBytes() {
    return columns.bufferedBytes();
  }

  /// Adds an entry to the schema's metadata, or replaces it; the last word has the last call before
  /// [#finish()].
  public void putMetadata(String key, String value) {
    requireOpen();
    metadata.put(key, value);
  }

  /// Writes a global buffer, which readers find by its number.
  ///
  /// @return its number, from 1: number 0 is the file's own descriptor
  public int addGlobalBuffer(MemorySegment bytes) {
    requireOpen();
    state = State.FAILED;
    globalBuffers.add(sink.writeAligned(bytes));
    globalBuffers.add(bytes.byteSize());
    state = State.OPEN;
    return globalBuffers.size() / 2;
  }

  /// Writes what is left, and the file's metadata, and makes the file visible.
  public Summary finish() {
    requireOpen();
    state = State.FAILED;
    columns.finish();
    List<ColumnsWriter.Written> written = columns.columns();
    ByteString descriptor =
        FileDescriptor.newBuilder()
            .setSchema(
                FileSchema.newBuilder()
                    .addAllFields(schema.toFileProto())
                    .addAllMetadata(LanceSchema.metadataToProto(metadata)))
            .setLength(rowCount)
            .build()
            .toByteString();
    long descriptorAt = sink.writeAligned(segment(descriptor));
    long[] columnTable = new long[2 * written.size()];
    long columnsAt = sink.position();
    for (int i = 0; i < written.size(); i++) {
      ByteString metadata = columnMetadata(written.get(i).pages()).toByteString();
      columnTable[2 * i] = sink.write(segment(metadata));
      columnTable[2 * i + 1] = metadata.size();
    }
    long columnTableAt = sink.write(table(columnTable));
    long[] buffers = new long[2 + globalBuffers.size()];
    buffers[0] = descriptorAt;
    buffers[1] = descriptor.size();
    for (int i = 0; i < globalBuffers.size(); i++) {
      buffers[2 + i] = globalBuffers.get(i);
    }
    long bufferTableAt = sink.write(table(buffers));
    sink.write(footer(columnsAt, columnTableAt, bufferTableAt, buffers.length / 2, written.size()));
    long sizeBytes = sink.position();
    out.finish();
    state = State.FINISHED;
    int[] ids = written.stream().mapToInt(column -> column.field().id()).toArray();
    int[] indices = new int[ids.length];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = i;
    }
    return new Summary(out.path(), rowCount, sizeBytes, ids, indices, version);
  }

  private static MemorySegment segment(ByteString bytes) {
    return MemorySegment.ofArray(bytes.toByteArray());
  }

  private static MemorySegment table(long[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return MemorySegment.ofArray(bytes.array());
  }

  private MemorySegment footer(
      long columnsAt, long columnTableAt, long bufferTableAt, int bufferCount, int columnCount) {
    ByteBuffer bytes = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(columnsAt).putLong(columnTableAt).putLong(bufferTableAt);
    bytes.putInt(bufferCount).putInt(columnCount);
    bytes.putShort((short) version.footerMajor()).putShort((short) version.footerMinor());
    bytes.put("LANC".getBytes(StandardCharsets.US_ASCII));
    return MemorySegment.ofArray(bytes.array());
  }

  private static ColumnMetadata columnMetadata(List<ColumnMetadata.Page> pages) {
    // The column encoding "plain values", the same bytes in every file.
    Any values =
        Any.newBuilder()
            .setTypeUrl("/lance.encodings.ColumnEncoding")
            .setValue(ByteString.copyFrom(new byte[] {0x0A, 0x00}))
            .build();
    return ColumnMetadata.newBuilder()
        .setEncoding(
            StoredEncoding.newBuilder()
                .setDirect(StoredEncoding.Direct.newBuilder().setEncoding(values.toByteString())))
        .addAllPages(pages)
        .build();
  }

  /// Gives memory back. Without [#finish()] before, nothing of the file stays.
  @Override
  public void close() {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    columns.close();
    out.close();
  }
}
