package io.lancelot.file;

import io.lancelot.base.Context;
import io.lancelot.base.Memory;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedListColumn;
import java.util.List;
import java.util.Optional;

/// Columns of versions 2.1 and 2.2: one for each leaf, which carries the levels of what lies above
/// it.
final class LevelColumns implements ColumnsWriter {

  /// Rows are taken over in pieces of about this size, so that a large batch does not make large
  /// pages.
  private static final long PIECE_BYTES = 2 << 20;

  private final PageQueue queue;
  private final Optional<BlobWriter> blobs;
  private final List<Shredder> shredders;
  private final List<LeafWriter> leaves;

  LevelColumns(
      LanceSchema schema,
      FileVersion version,
      AlignedWriter sink,
      Memory memory,
      Optional<Context> pool,
      long pageBytes,
      Optional<BlobFiles> blobFiles) {
    this.queue = new PageQueue(sink, memory, pool, pageBytes);
    this.blobs = blobFiles.map(files -> new BlobWriter(sink, files));
    ShredderBuilder builder = new ShredderBuilder(version, queue, pageBytes, blobs);
    this.shredders = schema.fields().stream().map(builder::build).toList();
    this.leaves = builder.leaves();
  }

  @Override
  public void append(int field, Column column) {
    append(shredders.get(field), column);
  }

  private static void append(Shredder shredder, Column column) {
    int rows = column.length();
    if (rows == 0) {
      return;
    }
    long bytes = ColumnsWriter.sizeOf(column);
    if (rows > 1 && bytes > PIECE_BYTES && !plainVectors(column)) {
      int half = rows / 2;
      append(shredder, column.slice(0, half));
      append(shredder, column.slice(half, rows - half));
      return;
    }
    shredder.append(column, LevelItems.rows(rows), rows);
  }

  /// Fixed-size lists without nulls are cut into pages where they are written.
  private static boolean plainVectors(Column column) {
    return column instanceof FixedListColumn list && list.validity() == null;
  }

  @Override
  public long bufferedBytes() {
    long bytes = 0;
    for (LeafWriter leaf : leaves) {
      bytes += leaf.bufferedBytes();
    }
    return bytes;
  }

  @Override
  public void finish() {
    leaves.forEach(LeafWriter::flush);
    queue.finishAll();
    blobs.ifPresent(BlobWriter::finish);
  }

  @Override
  public List<Written> columns() {
    return leaves.stream().map(leaf -> new Written(leaf.field(), leaf.pages())).toList();
  }

  @Override
  public void close() {
    queue.close();
    leaves.forEach(LeafWriter::close);
    blobs.ifPresent(BlobWriter::close);
  }
}
