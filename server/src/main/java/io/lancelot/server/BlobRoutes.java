package io.lancelot.server;

import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.ipc.IpcWriter;
import io.lancelot.server.Router.Route;
import io.lancelot.server.Router.TableHandler;
import io.lancelot.table.Blob;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Values of columns of blobs: whole ones together, or ranges of one.
final class BlobRoutes {

  private static final String ARROW_STREAM = "application/vnd.apache.arrow.stream";
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-(\\d{0,18})");
  private static final int MAX_ROWS = 10_000;
  private static final long MAX_BYTES = 256L << 20;
  private static final int COPY_BYTES = 1 << 20;

  private final Services services;

  BlobRoutes(Services services) {
    this.services = services;
  }

  void addTo(Map<String, Route<TableHandler>> routes) {
    routes.put("fetch_blobs", new Route<>(Access.READ, this::fetch));
    routes.put("blob/*/*/bytes", new Route<>(Access.READ, this::bytes));
  }

  private void fetch(Exchange exchange, TableRef ref) {
    String column =
        QueryBody.text(exchange.body(), "column")
            .orElseThrow(() -> new InvalidInputException("column: expected=a name, found=nothing"));
    if (!(exchange.body().get("row_ids") instanceof List<?> list)) {
      throw new InvalidInputException("row_ids: expected=an array of numbers, found=nothing");
    }
    if (list.size() > MAX_ROWS) {
      throw new InvalidInputException(
          "fetch_blobs accepts at most " + MAX_ROWS + " rows, found=" + list.size());
    }
    long[] rows = new long[list.size()];
    for (int i = 0; i < rows.length; i++) {
      if (!(list.get(i) instanceof Number number)) {
        throw new InvalidInputException("row_ids: expected=numbers, found=" + list.get(i));
      }
      rows[i] = number.longValue();
    }
    services.reading(ref, exchange.body(), table -> sendAll(exchange, table, column, rows));
  }

  private void sendAll(Exchange exchange, Table table, String column, long[] rows) {
    Services.requireVisible(exchange, table, column, rows);
    List<@Nullable Blob> blobs = table.takeBlobs(column, rows);
    try (Scratch scratch = services.memory().scratch()) {
      long total = 0;
      for (Blob blob : blobs) {
        total += blob == null ? 0 : blob.size();
      }
      if (total > MAX_BYTES) {
        throw new InvalidInputException(
            "fetch_blobs accepts at most " + MAX_BYTES + " total blob bytes, found=" + total);
      }
      ColumnBuilder values = ColumnBuilder.of(Types.LARGE_BINARY, scratch);
      for (Blob blob : blobs) {
        values.append(blob == null ? null : blob.readAll());
      }
      Schema schema = Schema.of(Field.nullable(column, Types.LARGE_BINARY));
      exchange.withHeader("x-lancedb-version", Long.toString(table.version()));
      try (AnswerStream out = exchange.answerStream(ARROW_STREAM);
          IpcWriter writer = IpcWriter.stream(out, schema, services.memory())) {
        writer.write(new Batch(schema, rows.length, List.of(values.build())));
        writer.finish();
        out.finish();
      }
    } catch (IOException e) {
      throw new StorageException("cannot send the answer: " + e.getMessage(), e);
    } finally {
      for (Blob blob : blobs) {
        if (blob != null) {
          blob.close();
        }
      }
    }
  }

  private void bytes(Exchange exchange, TableRef ref) {
    OptionalLong row = exchange.boundNumber("row");
    services.reading(
        ref,
        exchange.number("version"),
        table -> {
          Services.requireVisible(exchange, table, exchange.bound("column"), row.orElseThrow());
          Blob blob = table.takeBlobs(exchange.bound("column"), row.orElseThrow()).getFirst();
          exchange.withHeader("x-lancedb-version", Long.toString(table.version()));
          if (blob == null) {
            exchange.answerEmpty(204);
            return;
          }
          try (blob) {
            send(exchange, blob);
          }
        });
  }

  private static void send(Exchange exchange, Blob blob) {
    long size = blob.size();
    if (exchange.method().equals("HEAD")) {
      exchange.withHeader("content-length", Long.toString(size)).answerEmpty(200);
      return;
    }
    Matcher range = RANGE.matcher(exchange.header("range").orElse("bytes=0-"));
    if (!range.matches()) {
      throw new InvalidInputException(
          "range: expected=bytes=FIRST-LAST, found=" + exchange.header("range").orElse(""));
    }
    long first = Long.parseLong(range.group(1));
    long last = range.group(2).isEmpty() ? size - 1 : Long.parseLong(range.group(2));
    last = Math.min(last, size - 1);
    if (first >= size || last < first) {
      exchange.withHeader("content-range", "bytes */" + size).answerEmpty(416);
      return;
    }
    exchange.withHeader("content-range", "bytes " + first + "-" + last + "/" + size);
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(COPY_BYTES, last - first + 1));
    try (AnswerStream out = exchange.answerStream(206, "application/octet-stream")) {
      blob.seek(first);
      for (long left = last - first + 1; left > 0; left -= buffer.limit()) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), left));
        while (buffer.hasRemaining()) {
          blob.read(buffer);
        }
        out.write(buffer.array(), 0, buffer.limit());
      }
      out.finish();
    } catch (IOException e) {
      throw new StorageException("cannot send the answer: " + e.getMessage(), e);
    }
  }
}
