package io.lancelot.server;

import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.ipc.IpcWriter;
import io.lancelot.table.Blob;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Values of blob columns, whole or in parts.
final class BlobRoutes {

  private static final Pattern RANGE = Pattern.compile("bytes=([0-9]{1,18})-([0-9]{0,18})");
  private static final int MOST_BYTES = 64 << 20;
  private static final int BATCH_BYTES = 8 << 20;

  private BlobRoutes() {}

  /// The values of some rows, as an Arrow stream with a row for each id, in the order asked for.
  static void fetch(Exchange exchange, Table table, Memory memory) {
    String column = Body.requiredText(exchange.body(), "column");
    long[] ids =
        Body.items(exchange.body(), "row_ids").stream()
            .mapToLong(id -> {
              if (id instanceof Number number) {
                return number.longValue();
              }
              throw new InvalidInputException("row_ids: expected=numbers, found=" + id);
            })
            .toArray();
    Schema schema = Schema.of(Field.nullable(column, Types.LARGE_BINARY));
    List<@Nullable Blob> blobs = table.takeBlobs(column, ids);
    exchange.withHeader("x-lancedb-version", Long.toString(table.version()));
    try (Scratch scratch = memory.scratch();
        OutputStream out = exchange.answerStream(WriteRoutes.ARROW_STREAM);
        IpcWriter writer = IpcWriter.stream(Channels.newChannel(out), schema, memory)) {
      int next = 0;
      while (next < blobs.size()) {
        scratch.reset();
        ColumnBuilder values = ColumnBuilder.of(Types.LARGE_BINARY, scratch);
        int rows = 0;
        for (long bytes = 0; next < blobs.size() && bytes < BATCH_BYTES; next++, rows++) {
          Blob blob = blobs.get(next);
          values.append(blob == null ? null : blob.readAll());
          bytes += blob == null ? 0 : blob.size();
        }
        writer.write(new Batch(schema, rows, List.of(values.build())));
      }
      writer.finish();
    } catch (IOException e) {
      throw new StorageException("cannot send the answer: " + e.getMessage(), e);
    } finally {
      close(blobs);
    }
  }

  private static void close(List<@Nullable Blob> blobs) {
    for (Blob blob : blobs) {
      if (blob != null) {
        blob.close();
      }
    }
  }

  /// A range of one value.
  static void bytes(Exchange exchange, Table table, String column, String rowId) {
    long id;
    try {
      id = Long.parseUnsignedLong(rowId);
    } catch (NumberFormatException e) {
      throw new InvalidInputException("row id: expected=a number, found=" + rowId, e);
    }
    exchange.withHeader("x-lancedb-version", Long.toString(table.version()));
    List<@Nullable Blob> blobs = table.takeBlobs(column, id);
    try {
      Blob blob = blobs.getFirst();
      if (blob == null) {
        exchange.answerBytes(204, new byte[0]);
        return;
      }
      long size = blob.size();
      Matcher range = RANGE.matcher(exchange.header("range").orElse("bytes=0-"));
      if (!range.matches()) {
        throw new InvalidInputException(
            "range: expected=bytes=FROM-TO, found=" + exchange.header("range").orElse(""));
      }
      long from = Long.parseLong(range.group(1));
      if (from >= size) {
        exchange.withHeader("content-range", "bytes */" + size).answerBytes(416, new byte[0]);
        return;
      }
      long to =
          range.group(2).isEmpty() ? size - 1 : Math.min(size - 1, Long.parseLong(range.group(2)));
      if (to < from) {
        throw new InvalidInputException("range: expected=not empty, found=" + range.group());
      }
      to = Math.min(to, from + MOST_BYTES - 1);
      exchange
          .withHeader("content-range", "bytes " + from + "-" + to + "/" + size)
          .withHeader("content-type", "application/octet-stream")
          .answerBytes(206, blob.readRange(from, to - from + 1));
    } finally {
      close(blobs);
    }
  }
}
