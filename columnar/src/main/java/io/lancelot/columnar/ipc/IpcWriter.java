package io.lancelot.columnar.ipc;

import com.google.flatbuffers.FlatBufferBuilder;
import io.lancelot.base.Memory;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Values;
import io.lancelot.columnar.VarColumn;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.flatbuf.RecordBatch;
import org.jspecify.annotations.Nullable;

/// Writes batches as an Arrow IPC stream or file, uncompressed.
///
/// Dictionary values are collected over the whole life of the writer and sent as deltas when new
/// ones appear, so that an index always means the same value. A stream starts a dictionary anew
/// when the index type cannot tell more values apart; a file cannot.
///
/// A write that failed leaves the output unusable: every later call but [#close()] fails. Not
/// thread-safe.
public final class IpcWriter implements AutoCloseable {

  private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);
  private static final ByteBuffer PADDING = ByteBuffer.allocateDirect(64).asReadOnlyBuffer();

  private record Block(long offset, int metadataLength, long bodyLength) {}

  /// One dictionary on its way out: what was sent so far.
  private static final class SentDictionary {
    final Map<@Nullable Object, Integer> indexOf = new HashMap<>();
    boolean sent;
  }

  private final WritableByteChannel out;
  private final Schema schema;
  private final boolean file;
  private final Scratch scratch;
  private final List<SentDictionary> dictionaries = new ArrayList<>();
  private final List<Block> dictionaryBlocks = new ArrayList<>();
  private final List<Block> batchBlocks = new ArrayList<>();
  private long position;
  private boolean finished;
  private boolean broken;

  private IpcWriter(WritableByteChannel out, Schema schema, Memory memory, boolean file) {
    this.out = out;
    this.schema = schema;
    this.file = file;
    this.scratch = memory.scratch();
    if (file) {
      write(ByteBuffer.wrap(MAGIC));
      pad(8);
    }
    FlatBufferBuilder builder = new FlatBufferBuilder(1024);
    int header = IpcSchemas.write(builder, schema);
    writeMessage(builder, MessageHeader.Schema, header, List.of(), 0);
  }

  /// A writer of the stream format.
  public static IpcWriter stream(WritableByteChannel out, Schema schema, Memory memory) {
    return new IpcWriter(out, schema, memory, false);
  }

  /// A writer of the file format, which ends with an index of its batches.
  public static IpcWriter file(WritableByteChannel out, Schema schema, Memory memory) {
    return new IpcWriter(out, schema, memory, true);
  }

  /// Writes one batch. Its columns must have exactly the writer's types.
  public void write(Batch batch) {
    if (!batch.schema().fields().equals(schema.fields())) {
      throw new IllegalArgumentException(
          "batch schema: expected=" + schema.fields() + ", found=" + batch.schema().fields());
    }
    checkUsable();
    broken = true;
    try {
      writeBatch(batch);
      broken = false;
    } finally {
      scratch.reset();
    }
  }

  private void checkUsable() {
    if (broken || finished) {
      throw new IllegalStateException(
          broken ? "an earlier write of this Arrow IPC output failed" : "finished already");
    }
  }

  private void writeBatch(Batch batch) {
    List<Column> columns = new ArrayList<>();
    int[] nextDictionary = {0};
    for (Column column : batch.columns()) {
      columns.add(encodeDictionaries(column, nextDictionary, false));
    }
    Body body = new Body();
    columns.forEach(body::add);
    FlatBufferBuilder builder = new FlatBufferBuilder(1024);
    int header = body.header(builder, batch.rowCount());
    batchBlocks.add(
        writeMessage(builder, MessageHeader.RecordBatch, header, body.buffers, body.length));
  }

  /// The column with every dictionary's indices pointing into what this writer has sent, sending
  /// what is new first.
  ///
  /// @param nested whether the column lies inside the values of a dictionary
  private Column encodeDictionaries(Column column, int[] nextDictionary, boolean nested) {
    return switch (column) {
      case NullColumn _, BoolColumn _, FixedColumn _, VarColumn _ -> column;
      case ListColumn list ->
          new ListColumn(
              list.type(),
              list.length(),
              list.offsets(),
              encodeDictionaries(list.items(), nextDictionary, nested),
              list.validity());
      case FixedListColumn list ->
          new FixedListColumn(
              list.type(),
              list.length(),
              encodeDictionaries(list.items(), nextDictionary, nested),
              list.validity());
      case StructColumn struct -> {
        List<Column> children = new ArrayList<>();
        for (Column child : struct.children()) {
          children.add(encodeDictionaries(child, nextDictionary, nested));
        }
        yield new StructColumn(struct.type(), struct.length(), children, struct.validity());
      }
      case DictionaryColumn dictionary -> sendDictionary(dictionary, nextDictionary, nested);
    };
  }

  private DictionaryColumn sendDictionary(
      DictionaryColumn column, int[] nextDictionary, boolean nested) {
    int id = nextDictionary[0]++;
    while (dictionaries.size() <= id) {
      dictionaries.add(new SentDictionary());
    }
    SentDictionary sent = dictionaries.get(id);
    Column values = column.values();
    // The first dictionary goes out whole and so keeps its order; later ones as far as they are
    // used.
    boolean[] wanted = usedValues(column);
    if (!sent.sent) {
      Arrays.fill(wanted, true);
    }
    int[] translated = new int[values.length()];
    int[] fresh = new int[values.length()];
    int freshCount = translate(values, wanted, sent, translated, fresh);
    DataType.Int index = column.type().index();
    if (sent.indexOf.size()
        > 1L << Math.min(index.signed() ? index.bits() - 1 : index.bits(), 31)) {
      if (sent.sent && (file || nested)) {
        throw new ResourceExhaustedException(
            "too many dictionary values for an Arrow IPC "
                + (file ? "file" : "stream")
                + ": found="
                + sent.indexOf.size()
                + " in "
                + column.type().arrowName()
                + "; use a wider index type");
      }
      sent.indexOf.clear();
      sent.sent = false;
      freshCount = translate(values, usedValues(column), sent, translated, fresh);
    }
    Column delta = Columns.gather(values, fresh, freshCount, scratch);
    // Also where nothing is new, so that dictionaries further in get their numbers.
    delta = encodeDictionaries(delta, nextDictionary, true);
    if (freshCount > 0 || !sent.sent) {
      Body body = new Body();
      body.add(delta);
      FlatBufferBuilder builder = new FlatBufferBuilder(256);
      int data = body.header(builder, freshCount);
      int header =
          org.apache.arrow.flatbuf.DictionaryBatch.createDictionaryBatch(
              builder, id, data, sent.sent);
      dictionaryBlocks.add(
          writeMessage(builder, MessageHeader.DictionaryBatch, header, body.buffers, body.length));
      sent.sent = true;
    }
    var indices = (ColumnBuilder.OfFixed) ColumnBuilder.of(index, scratch);
    for (int i = 0; i < column.length(); i++) {
      if (column.isNull(i)) {
        indices.appendNull();
      } else {
        indices.appendLong(translated[column.indexAt(i)]);
      }
    }
    return new DictionaryColumn(column.type(), (FixedColumn) indices.build(), values);
  }

  private static boolean[] usedValues(DictionaryColumn column) {
    boolean[] used = new boolean[column.values().length()];
    for (int i = 0; i < column.length(); i++) {
      if (!column.isNull(i)) {
        used[column.indexAt(i)] = true;
      }
    }
    return used;
  }

  /// Gives every wanted value its position in what was sent, new positions to new values. Returns
  /// how many of those there are.
  private static int translate(
      Column values, boolean[] wanted, SentDictionary sent, int[] translated, int[] fresh) {
    int freshCount = 0;
    for (int i = 0; i < wanted.length; i++) {
      if (!wanted[i]) {
        continue;
      }
      int next = sent.indexOf.size();
      Integer known = sent.indexOf.putIfAbsent(Values.key(values, i), next);
      if (known == null) {
        fresh[freshCount++] = i;
      }
      translated[i] = known == null ? next : known;
    }
    return freshCount;
  }

  /// The buffers of one message in Arrow's order, and the nodes that describe them.
  private final class Body {
    final List<MemorySegment> buffers = new ArrayList<>();
    final List<long[]> nodes = new ArrayList<>();
    long length;

    void add(Column column) {
      nodes.add(new long[] {column.length(), column.nullCount()});
      if (!(column instanceof NullColumn)) {
        addBuffer(
            column.validity() == null || column.nullCount() == 0
                ? MemorySegment.NULL
                : column.validity().compact(scratch).segment());
      }
      switch (column) {
        case NullColumn _ -> {}
        case BoolColumn bool -> addBuffer(bool.values().compact(scratch).segment());
        case FixedColumn fixed ->
            addBuffer(fixed.data().asSlice(0, (long) fixed.length() * fixed.width()));
        case VarColumn var -> {
          long first = var.offset(0);
          addBuffer(offsetsFromZero(var.offsets(), var.large(), var.length(), first));
          addBuffer(var.data().asSlice(first, var.offset(var.length()) - first));
        }
        case ListColumn list -> {
          int first = list.offset(0);
          addBuffer(offsetsFromZero(list.offsets(), list.large(), list.length(), first));
          add(list.items().slice(first, list.offset(list.length()) - first));
        }
        case FixedListColumn list -> add(list.items());
        case StructColumn struct -> struct.children().forEach(this::add);
        case DictionaryColumn dictionary ->
            addBuffer(
                dictionary
                    .indices()
                    .data()
                    .asSlice(0, (long) dictionary.length() * dictionary.indices().width()));
      }
    }

    private MemorySegment offsetsFromZero(
        MemorySegment offsets, boolean large, int length, long first) {
      int width = large ? 8 : 4;
      long bytes = (length + 1L) * width;
      if (first == 0 && length > 0) {
        return offsets.asSlice(0, bytes);
      }
      MemorySegment moved = scratch.allocateBytes(bytes).fill((byte) 0);
      for (int i = 1; i <= length; i++) {
        if (large) {
          moved.set(FixedColumn.LONG, 8L * i, offsets.get(FixedColumn.LONG, 8L * i) - first);
        } else {
          moved.set(FixedColumn.INT, 4L * i, (int) (offsets.get(FixedColumn.INT, 4L * i) - first));
        }
      }
      return moved;
    }

    private void addBuffer(MemorySegment buffer) {
      buffers.add(buffer);
      length += (buffer.byteSize() + 63) & ~63L;
    }

    int header(FlatBufferBuilder builder, long rows) {
      RecordBatch.startNodesVector(builder, nodes.size());
      for (int i = nodes.size() - 1; i >= 0; i--) {
        FieldNode.createFieldNode(builder, nodes.get(i)[0], nodes.get(i)[1]);
      }
      int nodeVector = builder.endVector();
      RecordBatch.startBuffersVector(builder, buffers.size());
      long end = length;
      for (int i = buffers.size() - 1; i >= 0; i--) {
        long size = buffers.get(i).byteSize();
        end -= (size + 63) & ~63L;
        Buffer.createBuffer(builder, end, size);
      }
      int bufferVector = builder.endVector();
      return RecordBatch.createRecordBatch(builder, rows, nodeVector, bufferVector, 0, 0);
    }
  }

  private Block writeMessage(
      FlatBufferBuilder builder,
      byte headerType,
      int header,
      List<MemorySegment> buffers,
      long bodyLength) {
    int message =
        Message.createMessage(builder, MetadataVersion.V5, headerType, header, bodyLength, 0);
    builder.finish(message);
    ByteBuffer metadata = builder.dataBuffer();
    long start = position;
    int padded = (int) (((start + 8 + metadata.remaining() + 7) & ~7L) - start - 8);
    ByteBuffer prefix =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(-1).putInt(padded).flip();
    write(prefix);
    write(metadata.duplicate());
    pad(8);
    for (MemorySegment buffer : buffers) {
      write(buffer);
    }
    return new Block(start, padded + 8, bodyLength);
  }

  private void write(MemorySegment segment) {
    long at = 0;
    while (at < segment.byteSize()) {
      long length = Math.min(segment.byteSize() - at, 1L << 30);
      MemorySegment part = segment.asSlice(at, length);
      write(
          part.heapBase().filter(array -> !(array instanceof byte[])).isEmpty()
              ? part.asByteBuffer()
              : ByteBuffer.wrap(part.toArray(ValueLayout.JAVA_BYTE)));
      at += length;
    }
    long padding = ((segment.byteSize() + 63) & ~63L) - segment.byteSize();
    write(PADDING.duplicate().limit((int) padding));
  }

  private void pad(int alignment) {
    int padding = (int) (((position + alignment - 1) & -alignment) - position);
    write(PADDING.duplicate().limit(padding));
  }

  private void write(ByteBuffer bytes) {
    position += bytes.remaining();
    try {
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    } catch (IOException e) {
      throw new StorageException("cannot write Arrow IPC: " + e.getMessage(), e);
    }
  }

  /// Writes the end of the stream or file. The channel stays open.
  public void finish() {
    if (finished) {
      return;
    }
    checkUsable();
    finished = true;
    write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(-1).putInt(0).flip());
    if (!file) {
      return;
    }
    FlatBufferBuilder builder = new FlatBufferBuilder(1024);
    int schemaOffset = IpcSchemas.write(builder, schema);
    int dictionaryVector = blocks(builder, dictionaryBlocks, true);
    int batchVector = blocks(builder, batchBlocks, false);
    builder.finish(
        org.apache.arrow.flatbuf.Footer.createFooter(
            builder, MetadataVersion.V5, schemaOffset, dictionaryVector, batchVector, 0));
    ByteBuffer footer = builder.dataBuffer();
    int length = footer.remaining();
    write(footer.duplicate());
    write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(length).flip());
    write(ByteBuffer.wrap(MAGIC));
  }

  private static int blocks(FlatBufferBuilder builder, List<Block> blocks, boolean dictionaries) {
    if (dictionaries) {
      org.apache.arrow.flatbuf.Footer.startDictionariesVector(builder, blocks.size());
    } else {
      org.apache.arrow.flatbuf.Footer.startRecordBatchesVector(builder, blocks.size());
    }
    for (int i = blocks.size() - 1; i >= 0; i--) {
      Block block = blocks.get(i);
      org.apache.arrow.flatbuf.Block.createBlock(
          builder, block.offset(), block.metadataLength(), block.bodyLength());
    }
    return builder.endVector();
  }

  /// Releases memory; an unfinished stream stays unfinished.
  @Override
  public void close() {
    scratch.close();
  }
}
