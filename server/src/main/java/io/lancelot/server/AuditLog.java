package io.lancelot.server;

import io.lancelot.base.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Who did what, one line of JSON for each request that named a table or a namespace: time, request
/// id, key's name, operation, database, table, status and code. Never rows, filters or keys.
/// Thread-safe.
final class AuditLog implements AutoCloseable {

  private final Optional<FileChannel> file;

  /// @param path empty to note nothing
  AuditLog(Optional<Path> path) {
    try {
      this.file =
          path.isEmpty()
              ? Optional.empty()
              : Optional.of(
                  FileChannel.open(
                      path.get(),
                      StandardOpenOption.CREATE,
                      StandardOpenOption.WRITE,
                      StandardOpenOption.APPEND));
    } catch (IOException e) {
      throw new StorageException("cannot open the audit log: " + e.getMessage(), e);
    }
  }

  void note(
      String request, String who, String operation, String database, String table, int status) {
    if (file.isEmpty()) {
      return;
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", Instant.now().toString());
    line.put("request", request);
    line.put("who", who);
    line.put("operation", operation);
    line.put("database", database);
    line.put("table", table);
    line.put("status", status);
    byte[] bytes = (Exchange.json(line) + "\n").getBytes(StandardCharsets.UTF_8);
    try {
      // One write of a file opened to append: lines of several threads do not mix.
      file.get().write(ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      System.getLogger(AuditLog.class.getName())
          .log(System.Logger.Level.ERROR, "the audit log cannot be written", e);
    }
  }

  @Override
  public void close() {
    try {
      if (file.isPresent()) {
        file.get().close();
      }
    } catch (IOException e) {
      throw new StorageException("cannot close the audit log: " + e.getMessage(), e);
    }
  }
}
