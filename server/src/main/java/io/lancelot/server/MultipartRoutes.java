package io.lancelot.server;

import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.ipc.IpcReader;
import io.lancelot.columnar.ipc.IpcWriter;
import io.lancelot.server.Router.Route;
import io.lancelot.server.Router.TableHandler;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Rows that come in parts, at once and in any order, and are added as one version when all are
/// there. Parts wait in files of the server's own folder, which go with it; what a killed server
/// left goes after a day.
final class MultipartRoutes implements AutoCloseable {

  private static final int MAX_UPLOADS = 1000;
  private static final long MAX_AGE_NANOS = 3_600_000_000_000L;

  private static final Duration LEFT_BEHIND = Duration.ofDays(1);

  private final Services services;
  private final Path parts;
  private final Map<String, Upload> uploads = new ConcurrentHashMap<>();

  MultipartRoutes(Services services) {
    this.services = services;
    Path all = services.options().ownFolder().resolve("uploads");
    this.parts = all.resolve(UUID.randomUUID().toString());
    removeLeftBehind(all);
  }

  private static void removeLeftBehind(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    Instant oldest = Instant.now().minus(LEFT_BEHIND);
    try (Stream<Path> servers = Files.list(folder)) {
      for (Path server : servers.toList()) {
        if (Files.getLastModifiedTime(server).toInstant().isBefore(oldest)) {
          NamespaceRoutes.deleteAll(server);
        }
      }
    } catch (IOException | StorageException e) {
      System.getLogger(MultipartRoutes.class.getName())
          .log(System.Logger.Level.WARNING, "old uploads stay: " + e.getMessage());
    }
  }

  /// Removes the parts of uploads that were not completed.
  @Override
  public void close() {
    uploads.clear();
    if (Files.isDirectory(parts)) {
      NamespaceRoutes.deleteAll(parts);
    }
  }

  /// @param parts by the client's ids: a part that is sent again takes the place of the first
  private static final class Upload {
    private final TableRef table;
    private final Path folder;
    private final long begun = System.nanoTime();
    private final Map<String, Path> parts = new ConcurrentHashMap<>();
    private volatile boolean overwrite;
    private volatile long version = -1;

    Upload(TableRef table, Path folder) {
      this.table = table;
      this.folder = folder;
    }
  }

  void addTo(Map<String, Route<TableHandler>> routes) {
    routes.put("multipart_write/create", new Route<>(Access.WRITE, this::create));
    routes.put("multipart_write/complete", new Route<>(Access.WRITE, this::complete));
    routes.put("multipart_write/abort", new Route<>(Access.WRITE, this::abort));
    Route<TableHandler> whole = Objects.requireNonNull(routes.get("insert"));
    routes.put(
        "insert",
        new Route<>(
            Access.WRITE,
            (exchange, ref) -> {
              if (exchange.param("upload_id").isPresent()) {
                part(exchange, ref);
              } else {
                whole.handler().handle(exchange, ref);
              }
            }));
  }

  private void create(Exchange exchange, TableRef ref) {
    services.tableOfStream(ref);
    long now = System.nanoTime();
    uploads
        .entrySet()
        .removeIf(entry -> {
          boolean old = now - entry.getValue().begun > MAX_AGE_NANOS;
          if (old) {
            delete(entry.getValue());
          }
          return old;
        });
    if (uploads.size() >= MAX_UPLOADS) {
      throw new Failures.Coded(Failures.Code.THROTTLED, "uploads under way: " + uploads.size());
    }
    String id = UUID.randomUUID().toString();
    try {
      uploads.put(id, new Upload(ref, Files.createDirectories(parts.resolve(id))));
    } catch (IOException e) {
      throw new StorageException("cannot make a folder for an upload", e);
    }
    exchange.answer(Map.of("upload_id", id));
  }

  private Upload upload(Exchange exchange, TableRef ref) {
    Optional<String> id = exchange.param("upload_id");
    Upload upload = id.isEmpty() ? null : uploads.get(id.get());
    if (upload == null
        || !upload.table.place().equals(ref.place())
        || !upload.table.name().equals(ref.name())) {
      throw new InvalidInputException(
          "upload_id: expected=one of an upload to this table, found=" + id.orElse("nothing"));
    }
    return upload;
  }

  private void part(Exchange exchange, TableRef ref) {
    Upload upload = upload(exchange, ref);
    String part = exchange.param("upload_part_id").orElseGet(() -> UUID.randomUUID().toString());
    Path file = upload.folder.resolve(UUID.randomUUID() + ".arrow");
    try (BatchStream rows = SentRows.of(exchange, services);
        FileChannel out =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        IpcWriter writer = IpcWriter.stream(out, rows.schema(), services.memory())) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        writer.write(batch);
      }
      writer.finish();
    } catch (IOException e) {
      throw new StorageException("cannot keep a part of an upload: " + e.getMessage(), e);
    }
    if (exchange.param("mode").filter(mode -> mode.equals("overwrite")).isPresent()) {
      upload.overwrite = true;
    }
    upload.parts.put(part, file);
    exchange.answer(Map.of());
  }

  /// Can be repeated: the first answer comes again.
  private void complete(Exchange exchange, TableRef ref) {
    Upload upload = upload(exchange, ref);
    synchronized (upload) {
      if (upload.version < 0) {
        Table table = services.tableOfStream(upload.table);
        List<Path> files = new ArrayList<>(upload.parts.values());
        if (files.isEmpty()) {
          upload.version = table.version();
        } else {
          BatchStream rows = new Parts(files, services);
          upload.version = upload.overwrite ? table.overwrite(rows) : table.add(rows);
          services.upkeep().touched(upload.table);
        }
        delete(upload);
      }
    }
    exchange.withHeader("x-lancedb-version", Long.toString(upload.version));
    exchange.answer(Map.of("version", upload.version));
  }

  private void abort(Exchange exchange, TableRef ref) {
    Upload upload = upload(exchange, ref);
    exchange.param("upload_id").ifPresent(uploads::remove);
    delete(upload);
    exchange.answer(Map.of());
  }

  private static void delete(Upload upload) {
    NamespaceRoutes.deleteAll(upload.folder);
  }

  /// The rows of files, one after the other.
  private static final class Parts implements BatchStream {
    private final Iterator<Path> files;
    private final Services services;
    private Part part;

    /// A file that is read.
    private record Part(FileChannel channel, IpcReader rows) implements AutoCloseable {
      @Override
      public void close() {
        rows.close();
        try {
          channel.close();
        } catch (IOException e) {
          throw new StorageException("cannot close a part of an upload: " + e.getMessage(), e);
        }
      }
    }

    Parts(List<Path> files, Services services) {
      this.files = files.iterator();
      this.services = services;
      this.part = open(this.files.next());
    }

    private Part open(Path file) {
      try {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        return new Part(channel, IpcReader.stream("part of an upload", channel, services.memory()));
      } catch (IOException e) {
        throw new StorageException("cannot read a part of an upload: " + e.getMessage(), e);
      }
    }

    @Override
    public Schema schema() {
      return part.rows().schema();
    }

    @Override
    public @Nullable Batch next() {
      Batch batch = part.rows().next();
      while (batch == null && files.hasNext()) {
        Schema schema = schema();
        part.close();
        part = open(files.next());
        if (!schema().fields().equals(schema.fields())) {
          throw new InvalidInputException(
              "parts of an upload: expected=" + schema + ", found=" + schema());
        }
        batch = part.rows().next();
      }
      return batch;
    }

    @Override
    public void close() {
      part.close();
    }
  }
}
