package io.lancelot.columnar.ipc;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.base.StorageException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Columns;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.jspecify.annotations.Nullable;

/// Reads Arrow IPC: the file format and the stream format, from memory (without copying bodies) or
/// from a channel.
///
/// Damaged input is a [CorruptDataException]; every length and offset is checked before it is used.
public final class IpcReader implements BatchStream {

  private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_METADATA = 256 << 20;

  /// What is not worth counting.
  private static final int USUAL_METADATA = 64 << 10;

  /// A message and its body.
  record Envelope(Message message, MemorySegment body) {}

  /// Where messages come from.
  private sealed interface Source permits Segment, Channel, Blocks {
    @Nullable Envelope next();

    /// Gives its memory back.
    default void close() {}
  }

  private final String name;
  private final Scratch scratch;
  private final Memory memory;
  private final Source source;
  private final List<IpcSchemas.Node> nodes;
  private final Schema schema;
  private final Map<Long, Column> dictionaries = new HashMap<>();
  private final Map<Long, Scratch> dictionaryMemory = new HashMap<>();
  private final Map<Long, IpcSchemas.Node> dictionaryNodes = new HashMap<>();
  private boolean ended;
  private @Nullable RuntimeException failure;

  private IpcReader(String name, Source source, Scratch scratch) {
    this.name = name;
    this.source = source;
    this.scratch = scratch;
    this.memory = scratch.memory();
    try {
      Envelope first = source.next();
      if (first == null || first.message().headerType() != MessageHeader.Schema) {
        throw new CorruptDataException(
            "Arrow IPC: expected=schema message first (path=" + name + ")");
      }
      var header = new org.apache.arrow.flatbuf.Schema();
      if (first.message().header(header) == null) {
        throw new CorruptDataException("Arrow IPC: schema message is empty (path=" + name + ")");
      }
      // A field takes at least eight bytes: its table's first word and a reference to the table.
      this.nodes = IpcSchemas.nodes(header, first.message().getByteBuffer().capacity() / 8);
      this.schema = schema(nodes, header);
      nodes.forEach(this::collectDictionaries);
    } catch (RuntimeException e) {
      source.close();
      scratch.close();
      throw typed(e, name);
    }
  }

  private static Schema schema(
      List<IpcSchemas.Node> nodes, org.apache.arrow.flatbuf.Schema header) {
    try {
      return IpcSchemas.schema(
          nodes, IpcSchemas.metadata(header.customMetadataLength(), header::customMetadata));
    } catch (InvalidInputException e) {
      throw new UnsupportedFeatureException("Arrow IPC schema: " + e.getMessage(), e);
    }
  }

  /// Reads from memory, which must outlive the reader's batches. Whether it is a file or a stream
  /// is seen from its first bytes.
  ///
  /// @param name what to call the input in messages
  public static IpcReader open(String name, MemorySegment bytes, Memory memory) {
    boolean file = bytes.byteSize() >= 8 && startsWithMagic(bytes);
    try {
      Source source = file ? new Blocks(name, bytes) : new Segment(name, bytes, 0);
      return new IpcReader(name, source, memory.scratch());
    } catch (RuntimeException e) {
      throw typed(e, name);
    }
  }

  /// Reads the stream format from a channel, one message at a time. The channel is not closed.
  public static IpcReader stream(String name, ReadableByteChannel channel, Memory memory) {
    Scratch scratch = memory.scratch();
    return new IpcReader(name, new Channel(name, channel, memory), scratch);
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    if (failure != null) {
      throw failure;
    }
    scratch.reset();
    try {
      while (true) {
        Envelope envelope = ended ? null : source.next();
        if (envelope == null) {
          ended = true;
          return null;
        }
        switch (envelope.message().headerType()) {
          case MessageHeader.DictionaryBatch -> readDictionary(envelope);
          case MessageHeader.RecordBatch -> {
            var header = new org.apache.arrow.flatbuf.RecordBatch();
            envelope.message().header(header);
            return readBatch(header, envelope.body());
          }
          default ->
              throw new CorruptDataException(
                  "Arrow IPC: unexpected message type "
                      + envelope.message().headerType()
                      + " (path="
                      + name
                      + ")");
        }
      }
    } catch (RuntimeException e) {
      failure = typed(e, name);
      throw failure;
    }
  }

  @Override
  public void close() {
    ended = true;
    source.close();
    scratch.close();
    dictionaryMemory.values().forEach(Scratch::close);
    dictionaries.clear();
  }

  private void collectDictionaries(IpcSchemas.Node node) {
    if (node.dictionaryId().isPresent()) {
      IpcSchemas.Node other = dictionaryNodes.putIfAbsent(node.dictionaryId().get(), node);
      if (other != null && !valueType(other).equals(valueType(node))) {
        throw new CorruptDataException(
            "Arrow IPC schema: two types for dictionary "
                + node.dictionaryId().get()
                + ": expected="
                + valueType(other).arrowName()
                + ", found="
                + valueType(node).arrowName()
                + " (path="
                + name
                + ")");
      }
    }
    node.children().forEach(this::collectDictionaries);
  }

  private static DataType valueType(IpcSchemas.Node node) {
    return ((DataType.Dictionary) node.field().type()).value();
  }

  private Batch readBatch(org.apache.arrow.flatbuf.RecordBatch header, MemorySegment body) {
    IpcBody buffers = new IpcBody(header, body, scratch, dictionaries);
    int rows = IpcBody.count(header.length(), "rows");
    List<Column> columns = new ArrayList<>();
    for (IpcSchemas.Node node : nodes) {
      Column column = buffers.column(node);
      if (column.length() != rows) {
        throw new CorruptDataException(
            "Arrow IPC: column length: expected="
                + rows
                + ", found="
                + column.length()
                + " (column="
                + node.field().name()
                + ")");
      }
      columns.add(column);
    }
    return new Batch(schema, rows, columns);
  }

  private void readDictionary(Envelope envelope) {
    var header = new org.apache.arrow.flatbuf.DictionaryBatch();
    envelope.message().header(header);
    IpcSchemas.Node node = dictionaryNodes.get(header.id());
    var data = header.data();
    if (node == null || data == null) {
      throw new CorruptDataException("Arrow IPC: unknown dictionary id " + header.id());
    }
    Column before = dictionaries.get(header.id());
    if (source instanceof Blocks && before != null && !header.isDelta()) {
      throw new CorruptDataException(
          "Arrow IPC file: dictionary " + header.id() + " comes twice (path=" + name + ")");
    }
    Column values =
        new IpcBody(data, envelope.body(), scratch, dictionaries).dictionaryValues(node);
    // What a replaced dictionary took is freed: batches that pointed at it are past by now.
    Scratch room = memory.scratch();
    try {
      values =
          header.isDelta() && before != null
              ? Columns.concat(values.type(), List.of(before, values), room)
              : Columns.copy(values, room);
    } catch (RuntimeException e) {
      room.close();
      throw e;
    }
    dictionaries.put(header.id(), values);
    Scratch old = dictionaryMemory.put(header.id(), room);
    if (old != null) {
      old.close();
    }
  }

  /// Errors of the flatbuffers classes and of our own range checks, as what they mean: damage.
  private static RuntimeException typed(RuntimeException e, String name) {
    if (e instanceof InvalidInputException) {
      return new CorruptDataException("Arrow IPC: " + e.getMessage() + " (path=" + name + ")", e);
    }
    if (e instanceof LancelotException
        || e instanceof IllegalStateException
        || e instanceof UncheckedIOException) {
      return e;
    }
    return new CorruptDataException(
        "Arrow IPC: malformed message (path=" + name + "): " + e.getMessage(), e);
  }

  private static boolean startsWithMagic(MemorySegment bytes) {
    return bytes.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) < 0;
  }

  private static Message message(String name, ByteBuffer metadata) {
    Message message = Message.getRootAsMessage(metadata.order(ByteOrder.LITTLE_ENDIAN));
    if (message.version() < MetadataVersion.V4) {
      throw new UnsupportedFeatureException(
          "Arrow IPC: metadata version: expected=V4 or V5, found=V"
              + (message.version() + 1)
              + " (path="
              + name
              + ")");
    }
    return message;
  }

  private static Envelope envelope(String name, MemorySegment bytes, long at, long metadataLength) {
    if (at < 0
        || metadataLength < 4
        || metadataLength > MAX_METADATA
        || at > bytes.byteSize() - metadataLength) {
      throw new CorruptDataException(
          "Arrow IPC: metadata outside the input: expected at most "
              + bytes.byteSize()
              + " bytes, found="
              + at
              + "+"
              + metadataLength
              + " (path="
              + name
              + ")");
    }
    Message message =
        message(
            name,
            ByteBuffer.wrap(bytes.asSlice(at, metadataLength).toArray(ValueLayout.JAVA_BYTE)));
    long bodyLength = message.bodyLength();
    long body = at + metadataLength;
    if (bodyLength < 0 || body > bytes.byteSize() - bodyLength) {
      throw new CorruptDataException(
          "Arrow IPC: truncated: expected="
              + bodyLength
              + " bytes of body, found="
              + (bytes.byteSize() - body)
              + " (path="
              + name
              + ")");
    }
    return new Envelope(message, bytes.asSlice(body, bodyLength));
  }

  /// Messages one behind the other in memory.
  private static final class Segment implements Source {
    private final String name;
    private final MemorySegment bytes;
    private long at;

    Segment(String name, MemorySegment bytes, long at) {
      this.name = name;
      this.bytes = bytes;
      this.at = at;
    }

    @Override
    public @Nullable Envelope next() {
      if (bytes.byteSize() == at && at > 0) {
        return null;
      }
      if (bytes.byteSize() - at < 4) {
        throw new CorruptDataException(
            bytes.byteSize() == 0
                ? "Arrow IPC: empty input (path=" + name + ")"
                : "Arrow IPC: truncated message prefix (path=" + name + ")");
      }
      int length = bytes.get(FixedColumn.INT, at);
      at += 4;
      if (length == -1) {
        if (bytes.byteSize() - at < 4) {
          throw new CorruptDataException("Arrow IPC: truncated message prefix (path=" + name + ")");
        }
        length = bytes.get(FixedColumn.INT, at);
        at += 4;
      }
      if (length == 0) {
        return null;
      }
      Envelope envelope = envelope(name, bytes, at, length);
      at += length + envelope.body().byteSize();
      return envelope;
    }
  }

  /// The messages that a file's footer lists: schema, dictionaries, batches.
  private static final class Blocks implements Source {
    private final String name;
    private final MemorySegment bytes;
    private final Footer footer;
    private int next = -1;

    Blocks(String name, MemorySegment bytes) {
      this.name = name;
      this.bytes = bytes;
      long end = bytes.byteSize() - MAGIC.length;
      if (end < 12 || bytes.asSlice(end).mismatch(MemorySegment.ofArray(MAGIC)) >= 0) {
        throw new CorruptDataException(
            "Arrow IPC file: expected=ARROW1 at the end; the file is truncated or not an Arrow file (path="
                + name
                + ")");
      }
      int length = bytes.get(FixedColumn.INT, end - 4);
      if (length <= 0 || length > end - 12) {
        throw new CorruptDataException(
            "Arrow IPC file: footer length: expected at most "
                + (end - 12)
                + ", found="
                + length
                + " (path="
                + name
                + ")");
      }
      byte[] footerBytes = bytes.asSlice(end - 4 - length, length).toArray(ValueLayout.JAVA_BYTE);
      footer = Footer.getRootAsFooter(ByteBuffer.wrap(footerBytes).order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public @Nullable Envelope next() {
      int index = next++;
      if (index < 0) {
        return new Segment(name, bytes, firstMessage()).next();
      }
      if (index < footer.dictionariesLength()) {
        return block(footer.dictionaries(index));
      }
      index -= footer.dictionariesLength();
      return index < footer.recordBatchesLength() ? block(footer.recordBatches(index)) : null;
    }

    /// The magic is padded to eight bytes or, by Arrow's Rust library, to sixty-four.
    private long firstMessage() {
      long at = 8;
      while (at < 64 && at <= bytes.byteSize() - 8 && bytes.get(FixedColumn.LONG, at) == 0) {
        at += 8;
      }
      return at;
    }

    private Envelope block(Block block) {
      long at = block.offset();
      if (at < 0 || at > bytes.byteSize() - 8) {
        throw new CorruptDataException(
            "Arrow IPC file: block outside the file: found=" + at + " (path=" + name + ")");
      }
      int prefix = bytes.get(FixedColumn.INT, at) == -1 ? 8 : 4;
      return envelope(name, bytes, at + prefix, block.metaDataLength() - (long) prefix);
    }
  }

  /// Messages from a channel, each in memory that the next one takes.
  private static final class Channel implements Source {
    private final String name;
    private final ReadableByteChannel channel;
    private final Arrivals metadata;
    private final Arrivals body;

    Channel(String name, ReadableByteChannel channel, Memory memory) {
      this.name = name;
      this.channel = channel;
      this.metadata = new Arrivals(memory, this::fill);
      this.body = new Arrivals(memory, this::fill);
    }

    @Override
    public @Nullable Envelope next() {
      ByteBuffer prefix = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      if (!fill(prefix, true)) {
        return null;
      }
      int length = prefix.getInt(0);
      if (length == -1) {
        fill(prefix.clear(), false);
        length = prefix.getInt(0);
      }
      if (length == 0) {
        return null;
      }
      if (length < 0 || length > MAX_METADATA) {
        throw new CorruptDataException(
            "Arrow IPC: metadata length: found=" + length + " (path=" + name + ")");
      }
      Message message = message(name, metadata(length));
      if (message.bodyLength() < 0) {
        throw new CorruptDataException("Arrow IPC: body length: found=" + message.bodyLength());
      }
      return new Envelope(message, body.read(message.bodyLength()));
    }

    private ByteBuffer metadata(int length) {
      if (length > USUAL_METADATA) {
        return metadata.read(length).asByteBuffer();
      }
      ByteBuffer bytes = ByteBuffer.allocate(length);
      fill(bytes, false);
      return bytes.flip();
    }

    @Override
    public void close() {
      metadata.close();
      body.close();
    }

    private void fill(MemorySegment target) {
      for (long at = 0; at < target.byteSize(); at += 1 << 30) {
        fill(target.asSlice(at, Math.min(1 << 30, target.byteSize() - at)).asByteBuffer(), false);
      }
    }

    private boolean fill(ByteBuffer target, boolean mayEnd) {
      try {
        while (target.hasRemaining()) {
          if (channel.read(target) < 0) {
            if (mayEnd && target.position() == 0) {
              return false;
            }
            throw new CorruptDataException(
                "Arrow IPC: the stream ends in the middle of a message (path=" + name + ")");
          }
        }
        return true;
      } catch (IOException e) {
        throw new StorageException("cannot read Arrow IPC from " + name + ": " + e.getMessage(), e);
      }
    }
  }
}
