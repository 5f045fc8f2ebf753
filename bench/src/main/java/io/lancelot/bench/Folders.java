package io.lancelot.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Batches;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.ipc.IpcReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// Finds and loads real data: folders with `meta.json` and raw vectors, JSON lines, or Arrow files.
final class Folders {

  private static final long SEED = 20;
  private static final long MANY_BYTES = 1_500_000;

  private Folders() {}

  /// Where a data set lies.
  ///
  /// @param path a folder of vectors, or a file of rows
  record Place(String name, Path path, boolean vectors) {
    /// Whether there are enough rows to tell systems apart.
    boolean large() {
      try {
        return Files.size(path) > MANY_BYTES;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /// Whether its rows are texts to search in: many, or judged ones.
    boolean texts() {
      return !vectors
          && path.toString().matches(".*\\.jsonl(\\.gz)?")
          && (large() || Files.exists(path.resolveSibling("qrels.tsv")));
    }

    DataSet load() {
      try {
        if (vectors) {
          return loadVectors(name, path);
        }
        return path.toString().endsWith(".arrow") ? loadArrow(name, path) : loadJson(name, path);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read data (path=" + path + ")", e);
      }
    }
  }

  /// Vectors of texts, and of questions.
  ///
  /// @param rows of each text; null where there is none
  record Embedded(float[] @Nullable [] rows, float[][] questions) {}

  /// The vectors of texts, in a folder beside theirs that is called the same, and for the model.
  ///
  /// @param places the rows of the texts by their ids
  static Optional<Embedded> embedded(Place texts, Map<String, Integer> places, int rows)
      throws IOException {
    Path own = texts.path().toAbsolutePath().getParent();
    Path folder = own == null ? Path.of("") : own.resolveSibling(texts.name() + "-minilm");
    if (!Files.exists(folder.resolve("movie_id.i32"))) {
      return Optional.empty();
    }
    try (DataSet data = loadVectors(texts.name(), folder);
        Arena arena = Arena.ofConfined()) {
      Vectors vectors = data.vectors().orElseThrow();
      MemorySegment ids =
          map(folder.resolve("movie_id.i32"), Integer.BYTES * vectors.count(), arena);
      float[] @Nullable [] of = new float[rows][];
      for (int i = 0; i < vectors.count(); i++) {
        Integer row = places.get(String.valueOf(ids.getAtIndex(FixedColumn.INT, i)));
        if (row != null) {
          of[row] =
              vectors
                  .rows()
                  .asSlice(4L * i * vectors.dim(), 4L * vectors.dim())
                  .toArray(FixedColumn.FLOAT);
        }
      }
      return Optional.of(new Embedded(of, vectors.queries()));
    }
  }

  /// The data sets of a folder, or of the folders in it, by name.
  static List<Place> find(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException("--data: expected=a folder, found=" + folder);
    }
    List<Place> places = new ArrayList<>(placesOf(folder));
    if (places.isEmpty()) {
      entries(folder).stream()
          .filter(Files::isDirectory)
          .forEach(inner -> places.addAll(placesOf(inner)));
    }
    if (places.isEmpty()) {
      throw new InvalidInputException(
          "--data: expected=a folder with meta.json, *.jsonl, *.jsonl.gz or *.arrow, or of such folders, found="
              + entries(folder).stream().map(Path::getFileName).toList()
              + " (path="
              + folder
              + ")");
    }
    return places;
  }

  private static List<Place> placesOf(Path folder) {
    String name = folder.toAbsolutePath().normalize().getFileName().toString();
    if (Files.exists(folder.resolve("meta.json"))) {
      return List.of(new Place(name, folder, true));
    }
    List<Place> places = new ArrayList<>();
    for (Path file : entries(folder)) {
      String fileName = file.getFileName().toString();
      if (fileName.endsWith(".arrow")) {
        places.add(new Place(fileName.replace(".arrow", ""), file, false));
      } else if (fileName.matches("(?!queries).*\\.jsonl(\\.gz)?")) {
        places.add(new Place(name, file, false));
      }
    }
    return places;
  }

  private static List<Path> entries(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DataSet loadVectors(String name, Path folder) throws IOException {
    Map<String, String> meta = meta(folder.resolve("meta.json"));
    int rows = Integer.parseInt(required(meta, "n", folder));
    int dim = Integer.parseInt(required(meta, "dim", folder));
    int queryCount = Integer.parseInt(required(meta, "nq", folder));
    String dtype = required(meta, "dtype", folder);
    Similarity similarity =
        Similarity.valueOf(required(meta, "metric", folder).toUpperCase(Locale.ROOT));
    Arena arena = Arena.ofShared();
    try {
      MemorySegment base = floats(folder.resolve("base." + dtype), dtype, (long) rows * dim, arena);
      MemorySegment asked =
          floats(folder.resolve("queries." + dtype), dtype, (long) queryCount * dim, arena);
      float[][] queries = new float[queryCount][];
      for (int i = 0; i < queryCount; i++) {
        queries[i] = asked.asSlice(4L * i * dim, 4L * dim).toArray(FixedColumn.FLOAT);
      }
      Optional<Vectors.Truth> truth = truth(folder, meta, similarity, queryCount);
      Vectors vectors = new Vectors("vector", dim, rows, base, queries, truth);
      return new Synthetic(SEED).withVectors(name, arena, vectors, numbers(folder, rows, arena));
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static Optional<Vectors.Truth> truth(
      Path folder, Map<String, String> meta, Similarity similarity, int queries)
      throws IOException {
    int k = Integer.parseInt(meta.getOrDefault("k_gt", "0"));
    Path file = folder.resolve("gt" + k + ".i32");
    if (k == 0 || !Files.exists(file)) {
      return Optional.empty();
    }
    try (Arena arena = Arena.ofConfined()) {
      int[] neighbours = map(file, 4L * k * queries, arena).toArray(FixedColumn.INT);
      return Optional.of(new Vectors.Truth(similarity, k, neighbours));
    }
  }

  /// The whole numbers that come with the vectors, one per row, as columns; not `rows`, which says
  /// where rows came from.
  private static Map<String, MemorySegment> numbers(Path folder, int rows, Arena arena)
      throws IOException {
    Map<String, MemorySegment> numbers = new TreeMap<>();
    for (Path file : entries(folder)) {
      String name = file.getFileName().toString();
      if (name.endsWith(".i32") && !name.equals("rows.i32") && Files.size(file) == 4L * rows) {
        try (Arena mapping = Arena.ofConfined()) {
          MemorySegment copy = arena.allocate(4L * rows, 64);
          copy.copyFrom(map(file, 4L * rows, mapping));
          numbers.put(name.replace(".i32", ""), copy);
        }
      }
    }
    return numbers;
  }

  private static Map<String, String> meta(Path file) throws IOException {
    Map<String, String> meta = new HashMap<>();
    try (JsonParser json = new JsonFactory().createParser(file.toFile())) {
      while (json.nextToken() != null) {
        if (json.currentToken().isScalarValue()) {
          meta.put(json.currentName(), json.getText());
        }
      }
    }
    return meta;
  }

  private static String required(Map<String, String> meta, String key, Path folder) {
    String value = meta.get(key);
    if (value == null) {
      throw new InvalidInputException(
          "meta.json: expected=" + key + ", found=" + meta.keySet() + " (path=" + folder + ")");
    }
    return value;
  }

  /// Numbers of any width as float32.
  private static MemorySegment floats(Path file, String dtype, long count, Arena arena)
      throws IOException {
    int width =
        switch (dtype) {
          case "u8", "i8" -> 1;
          case "f16" -> 2;
          case "f32" -> 4;
          default ->
              throw new InvalidInputException(
                  "meta.json dtype: expected=u8, i8, f16 or f32, found=" + dtype);
        };
    MemorySegment floats = arena.allocate(4L * count, 64);
    try (Arena mapping = Arena.ofConfined()) {
      MemorySegment raw = map(file, count * width, mapping);
      for (long i = 0; i < count; i++) {
        float value =
            switch (dtype) {
              case "u8" -> raw.get(ValueLayout.JAVA_BYTE, i) & 0xFF;
              case "i8" -> raw.get(ValueLayout.JAVA_BYTE, i);
              case "f16" -> Float.float16ToFloat(raw.get(FixedColumn.SHORT, 2 * i));
              default -> raw.get(FixedColumn.FLOAT, 4 * i);
            };
        floats.set(FixedColumn.FLOAT, 4 * i, value);
      }
    }
    return floats;
  }

  private static MemorySegment map(Path file, long bytes, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() != bytes) {
        throw new InvalidInputException(
            "file size: expected=" + bytes + ", found=" + channel.size() + " (path=" + file + ")");
      }
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
    }
  }

  private static DataSet loadArrow(String name, Path file) throws IOException {
    Arena arena = Arena.ofShared();
    try (Memory memory = Memory.ofLimit(8L << 30);
        IpcReader reader =
            IpcReader.open(file.toString(), map(file, Files.size(file), arena), memory)) {
      List<Batch> batches = new ArrayList<>();
      for (Batch batch = reader.next(); batch != null; batch = reader.next()) {
        Batch copy = Batches.copy(batch, arena);
        for (int first = 0; first < copy.rowCount(); first += DataSet.BATCH_ROWS) {
          batches.add(copy.slice(first, Math.min(DataSet.BATCH_ROWS, copy.rowCount() - first)));
        }
      }
      return new DataSet(name, arena, reader.schema(), batches, Optional.empty());
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static DataSet loadJson(String name, Path file) throws IOException {
    return JsonTable.of(name, rows(file));
  }

  /// The rows of a file of JSON lines, compressed or not.
  static List<Map<String, Object>> rows(Path file) throws IOException {
    try (InputStream raw = Files.newInputStream(file);
        InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
        JsonParser json = new JsonFactory().createParser(in)) {
      List<Map<String, Object>> rows = new ArrayList<>();
      while (json.nextToken() == JsonToken.START_OBJECT) {
        rows.add(JsonTable.row(json));
      }
      return rows;
    }
  }
}
