package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.storage.ObjectReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/// Files that the real Lance wrote, and the rows in them. `src/test/golden/make.py` makes them.
final class GoldenFiles {

  private GoldenFiles() {}

  /// All data files.
  static List<Path> all() {
    try (Stream<Path> files = Files.list(folder())) {
      return files.filter(file -> file.toString().endsWith(".lance")).sorted().toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static Path folder() {
    try {
      return Path.of(
          java.util.Objects.requireNonNull(GoldenFiles.class.getResource("/golden")).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The rows of a data file by column, as canonical text.
  static Map<String, List<String>> rows(Path file) throws IOException {
    String name = file.getFileName().toString().replaceFirst("-2\\.[0-9]\\.lance$", ".rows.gz");
    Map<String, List<String>> rows = new LinkedHashMap<>();
    List<String> column = new ArrayList<>();
    try (InputStream in = new GZIPInputStream(Files.newInputStream(folder().resolve(name)));
        var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("# ")) {
          column = new ArrayList<>();
          rows.put(line.substring(2), column);
        } else {
          column.add(line);
        }
      }
    }
    return rows;
  }

  /// A file's bytes as an object.
  static ObjectReader reader(byte[] bytes, String path) {
    return new Bytes(bytes, path);
  }

  private static final class Bytes implements ObjectReader {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;
    private final String path;

    Bytes(byte[] bytes, String path) {
      this.path = path;
      MemorySegment copy = arena.allocate(Math.max(1, bytes.length), 64).asSlice(0, bytes.length);
      MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
      segment = copy.asReadOnly();
    }

    @Override
    public String path() {
      return path;
    }

    @Override
    public long sizeBytes() {
      return segment.byteSize();
    }

    @Override
    public MemorySegment view(long position, long length, SegmentAllocator allocator) {
      if (position < 0 || length < 0 || position > segment.byteSize() - length) {
        throw new CorruptDataException("range outside " + path);
      }
      return segment.asSlice(position, length);
    }

    @Override
    public void read(long position, MemorySegment target) {
      target.copyFrom(view(position, target.byteSize(), arena));
    }

    @Override
    public List<MemorySegment> viewAll(List<Range> ranges, SegmentAllocator allocator) {
      return ranges.stream()
          .map(range -> view(range.position(), range.length(), allocator))
          .toList();
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
