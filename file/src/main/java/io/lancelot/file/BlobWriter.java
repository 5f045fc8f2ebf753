package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Puts large values where their size has them lie: into the data file, into an object beside it
/// together with others, or into one of their own. What becomes a column is where they lie.
///
/// Format: lance-format section 2.5, blob v2.
final class BlobWriter implements AutoCloseable {

  private static final int COPY_BYTES = 1 << 20;

  private final AlignedWriter sink;
  private final BlobFiles files;
  private long lastNumber;
  private @Nullable ObjectWriter pack;
  private long packNumber;
  private @Nullable ObjectReader source;
  private String sourceAddress = "";

  BlobWriter(AlignedWriter sink, BlobFiles files) {
    this.sink = sink;
    this.files = files;
  }

  /// Writes the values of the live items.
  ///
  /// @param column of values as users give them, or of descriptors of rows that move
  /// @return descriptors in memory of `scratch`, null where the column is
  StructColumn write(
      Column column, LevelItems items, BlobSizes sizes, String path, Scratch scratch) {
    Descriptors found = new Descriptors(column.length(), scratch);
    boolean moving = column.type().equals(BlobDescriptor.TYPE);
    if (moving) {
      files.checkMoving();
    }
    BlobInput input = moving ? null : new BlobInput(column, path);
    short[] defs = items.slotDefs();
    int[] positions = items.positions();
    for (int i = 0; i < items.live(); i++) {
      int row = positions == null ? i : positions[i];
      if (defs != null && defs[i] != 0 || column.isNull(row)) {
        continue;
      }
      BlobDescriptor blob =
          input == null
              ? moved(BlobDescriptor.of((StructColumn) column, row), sizes, path, scratch)
              : given(input, row, sizes, path);
      found.set(row, blob);
    }
    return found.column(column);
  }

  private BlobDescriptor given(BlobInput input, int row, BlobSizes sizes, String path) {
    VarColumn data = input.data(row);
    if (data == null) {
      BlobDescriptor external = input.external(row);
      if (!files.externalAllowed()) {
        throw new InvalidInputException(
            "blob outside the table: expected=bytes, or leave to refer to other places, found="
                + external.uri()
                + " (column="
                + path
                + ")");
      }
      return external;
    }
    long from = data.offset(row);
    MemorySegment bytes = data.data().asSlice(from, data.offset(row + 1) - from);
    Place place = place(bytes.byteSize(), sizes);
    place.out.write(bytes);
    return place.finished();
  }

  private BlobDescriptor moved(BlobDescriptor from, BlobSizes sizes, String path, Scratch scratch) {
    if (from.kind() == BlobDescriptor.EXTERNAL) {
      return from;
    }
    if (from.kind() != BlobDescriptor.MOVED) {
      throw new UnsupportedFeatureException(
          "blob of kind " + from.kind() + " cannot be moved (column=" + path + ")");
    }
    ObjectReader object = source(from.uri());
    Place place = place(from.size(), sizes);
    try (Scratch copying = scratch.memory().scratch()) {
      MemorySegment buffer = copying.allocateBytes(Math.min(COPY_BYTES, Math.max(1, from.size())));
      for (long done = 0; done < from.size(); done += buffer.byteSize()) {
        MemorySegment part = buffer.asSlice(0, Math.min(buffer.byteSize(), from.size() - done));
        object.read(from.position() + done, part);
        place.out.write(part);
      }
    }
    return place.finished();
  }

  /// Values of one object mostly come one after the other.
  private ObjectReader source(String address) {
    ObjectReader known = source;
    if (known != null && sourceAddress.equals(address)) {
      return known;
    }
    closeSource();
    ObjectReader opened = files.moved(address);
    source = opened;
    sourceAddress = address;
    return opened;
  }

  private interface Sink {
    void write(MemorySegment bytes);
  }

  /// Where a value goes.
  private record Place(BlobDescriptor blob, Sink out, Runnable end) {
    BlobDescriptor finished() {
      end.run();
      return blob;
    }
  }

  private Place place(long size, BlobSizes sizes) {
    if (size == 0) {
      return new Place(new BlobDescriptor(BlobDescriptor.INLINE, 0, 0, 0, ""), _ -> {}, () -> {});
    }
    if (size <= sizes.inline()) {
      long position = sink.align();
      return new Place(
          new BlobDescriptor(BlobDescriptor.INLINE, position, size, 0, ""), sink::write, () -> {});
    }
    if (size <= sizes.packed()) {
      ObjectWriter out = pack(size, sizes);
      return new Place(
          new BlobDescriptor(BlobDescriptor.PACKED, out.position(), size, packNumber, ""),
          out::write,
          () -> {});
    }
    ObjectWriter out = files.create(++lastNumber);
    return new Place(
        new BlobDescriptor(BlobDescriptor.DEDICATED, 0, size, lastNumber, ""),
        bytes -> {
          try {
            out.write(bytes);
          } catch (RuntimeException | Error e) {
            out.close();
            throw e;
          }
        },
        () -> {
          try (out) {
            out.finish();
          }
        });
  }

  private ObjectWriter pack(long size, BlobSizes sizes) {
    ObjectWriter open = pack;
    if (open != null && (open.position() == 0 || open.position() + size <= sizes.pack())) {
      return open;
    }
    finish();
    packNumber = ++lastNumber;
    ObjectWriter fresh = files.create(packNumber);
    pack = fresh;
    return fresh;
  }

  /// Makes what was written visible, before the data file that refers to it.
  void finish() {
    ObjectWriter open = pack;
    pack = null;
    if (open != null) {
      try (open) {
        open.finish();
      }
    }
  }

  private void closeSource() {
    if (source != null) {
      source.close();
      source = null;
    }
  }

  @Override
  public void close() {
    closeSource();
    if (pack != null) {
      pack.close();
      pack = null;
    }
  }

  /// A column of descriptors under construction.
  private static final class Descriptors {
    private final int count;
    private final MemorySegment kinds;
    private final MemorySegment positions;
    private final MemorySegment sizes;
    private final MemorySegment numbers;
    private final byte[][] uris;
    private final Scratch scratch;
    private long uriBytes;

    Descriptors(int count, Scratch scratch) {
      this.count = count;
      this.scratch = scratch;
      this.kinds = zeros(count);
      this.positions = zeros(8L * count);
      this.sizes = zeros(8L * count);
      this.numbers = zeros(4L * count);
      this.uris = new byte[count][];
    }

    private MemorySegment zeros(long bytes) {
      return scratch.allocateBytes(bytes).fill((byte) 0);
    }

    void set(int row, BlobDescriptor blob) {
      kinds.set(ValueLayout.JAVA_BYTE, row, (byte) blob.kind());
      positions.set(FixedColumn.LONG, 8L * row, blob.position());
      sizes.set(FixedColumn.LONG, 8L * row, blob.size());
      numbers.set(FixedColumn.INT, 4L * row, (int) blob.blobId());
      if (!blob.uri().isEmpty()) {
        uris[row] = blob.uri().getBytes(StandardCharsets.UTF_8);
        uriBytes += uris[row].length;
      }
    }

    StructColumn column(Column of) {
      MemorySegment offsets = scratch.allocateBytes(4L * (count + 1));
      MemorySegment text = scratch.allocateBytes(uriBytes);
      int at = 0;
      for (int i = 0; i < count; i++) {
        offsets.set(FixedColumn.INT, 4L * i, at);
        byte[] uri = uris[i];
        if (uri != null) {
          MemorySegment.copy(uri, 0, text, ValueLayout.JAVA_BYTE, at, uri.length);
          at += uri.length;
        }
      }
      offsets.set(FixedColumn.INT, 4L * count, at);
      return new StructColumn(
          BlobDescriptor.TYPE,
          count,
          List.of(
              new FixedColumn(Types.UINT8, count, kinds, null),
              new FixedColumn(Types.UINT64, count, positions, null),
              new FixedColumn(Types.UINT64, count, sizes, null),
              new FixedColumn(Types.UINT32, count, numbers, null),
              new VarColumn(Types.UTF8, count, offsets, text, null)),
          of.validity());
    }
  }
}
