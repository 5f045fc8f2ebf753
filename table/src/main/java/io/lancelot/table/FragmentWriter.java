package io.lancelot.table;

import io.lancelot.base.Context;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.file.DataFileWriter;
import io.lancelot.file.FileVersion;
import io.lancelot.file.LanceSchema;
import io.lancelot.storage.ObjectWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Writes a stream of rows into data files, one fragment each, in bounded memory. Nothing refers to
/// the files until they are committed, and until then they are not durable ([WrittenFiles]).
final class FragmentWriter implements AutoCloseable {

  /// Rows per file; Lance's own limit.
  static final long MAX_ROWS = 1 << 20;

  /// Bytes per file; stores have a largest object.
  private static final long MAX_BYTES = 90L * 1000 * 1000 * 1000;

  private final TableRoot root;
  private final LanceSchema schema;
  private final FileVersion version;
  private final Context context;
  private final WrittenFiles written;
  private final long maxRows;
  private final long maxBytes;
  private final BlobRules blobs;
  private final List<Fragment> fragments = new ArrayList<>();
  private @Nullable Open open;

  private record Open(String name, ObjectWriter out, DataFileWriter writer) {
    boolean full(long maxBytes) {
      return out.position() + writer.bufferedBytes() >= maxBytes;
    }
  }

  FragmentWriter(
      TableRoot root,
      LanceSchema schema,
      FileVersion version,
      Context context,
      WrittenFiles written,
      long maxRows,
      long maxBytes,
      BlobRules blobs) {
    this.blobs = blobs;
    this.root = root;
    this.schema = schema;
    this.version = version;
    this.context = context;
    this.written = written;
    this.maxRows = maxRows;
    this.maxBytes = maxBytes;
  }

  /// Writes a whole stream as fragments of a table of this schema. On failure the files are
  /// removed.
  static List<Fragment> writeAll(
      TableRoot root,
      LanceSchema schema,
      FileVersion version,
      Context context,
      WrittenFiles written,
      BatchStream rows,
      BlobRules blobs) {
    Alignment alignment = Alignment.of(schema, rows.schema());
    try (FragmentWriter writer =
        new FragmentWriter(
            root, alignment.written(), version, context, written, MAX_ROWS, MAX_BYTES, blobs)) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        writer.write(alignment.align(batch));
      }
      return writer.finish();
    } catch (RuntimeException | Error e) {
      written.discard(e);
      throw e;
    }
  }

  /// Writes a whole stream as columns of one existing fragment, into one file.
  static List<Fragment> writeColumns(
      TableRoot root,
      LanceSchema columns,
      FileVersion version,
      Context context,
      WrittenFiles written,
      BatchStream rows) {
    try (FragmentWriter writer =
        new FragmentWriter(
            root,
            columns,
            version,
            context,
            written,
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            BlobRules.BYTES)) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        writer.write(batch);
      }
      return writer.finish();
    }
  }

  /// @param batch of the schema; may be reused as soon as this returns
  void write(Batch batch) {
    int from = 0;
    while (from < batch.rowCount()) {
      Open file = open == null ? start() : open;
      int room = (int) Math.min(maxRows - file.writer().rowCount(), Integer.MAX_VALUE);
      int count = Math.min(room, batch.rowCount() - from);
      boolean whole = from == 0 && count == batch.rowCount();
      file.writer().write(whole ? batch : batch.slice(from, count));
      from += count;
      if (file.writer().rowCount() >= maxRows || file.full(maxBytes)) {
        finishFile(file);
      }
    }
  }

  private Open start() {
    String name = newName();
    String path = root.data(name);
    ObjectWriter out = written.create(path);
    DataFileWriter writer =
        DataFileWriter.create(
            out, schema, version, context, new BlobObjects(root, name, written, blobs));
    Open file = new Open(name, out, writer);
    open = file;
    return file;
  }

  private void finishFile(Open file) {
    DataFileWriter.Summary summary = file.writer().finish();
    DataFile dataFile =
        new DataFile(
            file.name(),
            Arrays.stream(summary.fieldIds()).boxed().toList(),
            Arrays.stream(summary.columnIndices()).boxed().toList(),
            summary.version(),
            summary.sizeBytes(),
            OptionalInt.empty());
    fragments.add(Fragment.ofNewFile(dataFile, summary.rowCount()));
    file.writer().close();
    open = null;
  }

  /// The fragments written, in the order of their rows.
  List<Fragment> finish() {
    if (open != null) {
      finishFile(open);
    }
    return List.copyOf(fragments);
  }

  /// As Lance names its files: binary digits first spread the names over a store's partitions.
  private String newName() {
    byte[] random = new byte[16];
    context.random().nextBytes(random);
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      for (int bit = 7; bit >= 0; bit--) {
        name.append(random[i] >>> bit & 1);
      }
    }
    return name + HexFormat.of().formatHex(random, 3, 16) + ".lance";
  }

  /// Abandons a file that is not finished.
  @Override
  public void close() {
    if (open != null) {
      open.writer().close();
      open = null;
    }
  }
}
