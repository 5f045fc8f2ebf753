package io.lancelot.server;

import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.ipc.IpcReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Inserts that come in parts: the parts wait in temporary files until all of them become one
/// version. Thread-safe.
final class Uploads implements AutoCloseable {

  /// More than any client has under way; who leaves uploads behind loses the oldest.
  private static final int MOST = 64;

  private static final int FINISHED_KEPT = 1024;

  private final Memory memory;
  private final Map<String, Upload> open = new LinkedHashMap<>();
  private final Map<String, Long> finished = new ConcurrentHashMap<>();

  Uploads(Memory memory) {
    this.memory = memory;
  }

  /// Parts of one insert.
  private static final class Upload {
    private final Path table;
    private final Path folder;
    private final Map<String, Path> parts = new LinkedHashMap<>();
    private boolean overwrite;

    Upload(Path table, Path folder) {
      this.table = table;
      this.folder = folder;
    }
  }

  /// @return the name of a new upload to that table
  String begin(Path table) {
    String id = UUID.randomUUID().toString();
    try {
      Upload upload = new Upload(table, Files.createTempDirectory("lancelot-upload-"));
      synchronized (open) {
        if (open.size() >= MOST) {
          delete(open.remove(open.keySet().iterator().next()));
        }
        open.put(id, upload);
      }
    } catch (IOException e) {
      throw new StorageException("cannot keep an upload", e);
    }
    return id;
  }

  /// Keeps a part. One that comes again replaces what came before.
  void put(String id, Path table, String part, boolean overwrite, InputStream body) {
    Upload upload = upload(id, table);
    try {
      Path file = Files.createTempFile(upload.folder, "part", ".arrows");
      try (var out = Files.newOutputStream(file)) {
        body.transferTo(out);
      }
      synchronized (open) {
        upload.parts.put(part, file);
        upload.overwrite |= overwrite;
      }
    } catch (IOException e) {
      throw new StorageException("cannot keep a part of an upload: " + e.getMessage(), e);
    }
  }

  private Upload upload(String id, Path table) {
    synchronized (open) {
      Upload upload = open.get(id);
      if (upload == null || !upload.table.equals(table)) {
        throw new InvalidInputException("upload_id: expected=one that is under way, found=" + id);
      }
      return upload;
    }
  }

  /// Makes all parts one version. May be asked again for the same upload.
  long complete(String id, Path path, Table table) {
    Long known = finished.get(id);
    if (known != null) {
      return known;
    }
    Upload upload = upload(id, path);
    // A client may ask again while the first time is still under way.
    synchronized (upload) {
      known = finished.get(id);
      if (known != null) {
        return known;
      }
      long version;
      if (upload.parts.isEmpty()) {
        version = table.version();
      } else {
        BatchStream rows = new Parts(List.copyOf(upload.parts.values()), memory);
        version = upload.overwrite ? table.overwrite(rows) : table.add(rows);
      }
      if (finished.size() >= FINISHED_KEPT) {
        finished.clear();
      }
      finished.put(id, version);
      abort(id);
      return version;
    }
  }

  void abort(String id) {
    Upload upload;
    synchronized (open) {
      upload = open.remove(id);
    }
    delete(upload);
  }

  private static void delete(@Nullable Upload upload) {
    if (upload == null) {
      return;
    }
    try (var files = Files.list(upload.folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(upload.folder);
    } catch (IOException e) {
      System.getLogger(Uploads.class.getName())
          .log(System.Logger.Level.WARNING, "cannot delete " + upload.folder, e);
    }
  }

  @Override
  public void close() {
    List<String> ids;
    synchronized (open) {
      ids = new ArrayList<>(open.keySet());
    }
    ids.forEach(this::abort);
  }

  /// The rows of several files, one after another.
  private static final class Parts implements BatchStream {
    private final ArrayDeque<Path> left;
    private final Memory memory;
    private IpcReader reader;

    Parts(List<Path> files, Memory memory) {
      this.left = new ArrayDeque<>(files);
      this.memory = memory;
      this.reader = open(left.removeFirst(), memory);
    }

    private static IpcReader open(Path file, Memory memory) {
      try {
        return IpcReader.stream("part of an upload", FileChannel.open(file), memory);
      } catch (IOException e) {
        throw new StorageException("cannot read " + file, e);
      }
    }

    @Override
    public Schema schema() {
      return reader.schema();
    }

    @Override
    public @Nullable Batch next() {
      while (true) {
        Batch batch = reader.next();
        Path file = batch == null ? left.pollFirst() : null;
        if (file == null) {
          return batch;
        }
        Schema before = reader.schema();
        reader.close();
        reader = open(file, memory);
        if (!reader.schema().equals(before)) {
          throw new InvalidInputException(
              "parts of an upload: expected=one schema, found="
                  + before
                  + " and "
                  + reader.schema());
        }
      }
    }

    @Override
    public void close() {
      reader.close();
    }
  }
}
