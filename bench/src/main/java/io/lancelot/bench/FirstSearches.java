package io.lancelot.bench;

import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.FixedColumn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Opens a table and searches it in a JVM of its own, which has done nothing before.
///
/// @param open milliseconds to connect and open the table
/// @param first milliseconds of the first search; `ten` and `all` of the first ten and all together
/// @param found the ids that the first search found
record FirstSearches(double open, double first, double ten, double all, long[] found) {

  private static final int K = 10;

  /// @param vectors whether the JVM has the vector module
  /// @param classes where to list the classes that the JVM loads for it, ours and those of
  ///   libraries; empty for not at all
  static FirstSearches run(Path database, String table, Path queries, boolean vectors, Path classes)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    if (vectors) {
      command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
    }
    boolean listed = !classes.toString().isEmpty();
    Path log = queries.resolveSibling("classes.log");
    if (listed) {
      // With one processor no class is loaded ahead, wanted or not.
      command.addAll(List.of("-XX:ActiveProcessorCount=1", "-Xlog:class+load:file=" + log));
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(
        List.of(FirstSearches.class.getName(), database.toString(), table, queries.toString()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String[] words;
    try (var out = process.inputReader(StandardCharsets.UTF_8)) {
      words = out.lines().collect(Collectors.joining(" ")).split(" ");
    }
    if (words.length < 4) {
      throw new IOException("the process of the first search ended without an answer");
    }
    if (listed) {
      list(log, classes);
    }
    return new FirstSearches(
        Double.parseDouble(words[0]),
        Double.parseDouble(words[1]),
        Double.parseDouble(words[2]),
        Double.parseDouble(words[3]),
        Arrays.stream(words).skip(4).mapToLong(Long::parseLong).toArray());
  }

  /// Classes in the order of their loading, without those of the JDK, of this program, and those
  /// that are made at run time.
  private static void list(Path log, Path classes) throws IOException {
    List<String> names =
        Files.readAllLines(log).stream()
            .map(line -> line.replaceFirst("^(\\[[^]]*\\])+ *", ""))
            .filter(line -> !line.contains("shared objects file"))
            .map(line -> line.substring(0, Math.max(0, line.indexOf(' '))))
            .filter(name -> name.matches("(io\\.lancelot|com|org)\\..*"))
            .filter(name -> !name.contains("$$") && !name.startsWith("io.lancelot.bench."))
            .distinct()
            .toList();
    Files.write(classes, names);
  }

  /// Arguments: folder of the database, table, file of queries, whose first number is their
  /// dimension.
  public static void main(String[] arguments) throws IOException {
    float[][] queries = read(Path.of(arguments[2]));
    long start = System.nanoTime();
    Database database = Lancelot.connect(arguments[0]);
    Table table = database.openTable(arguments[1]);
    long opened = System.nanoTime();
    long[] first = {};
    long[] ends = new long[queries.length];
    for (int i = 0; i < queries.length; i++) {
      long[] found = search(table, queries[i]);
      ends[i] = System.nanoTime();
      first = i == 0 ? found : first;
    }
    StringBuilder line = new StringBuilder().append((opened - start) / 1e6);
    for (int last : new int[] {0, Math.min(9, ends.length - 1), ends.length - 1}) {
      line.append(' ').append((ends[last] - opened) / 1e6);
    }
    for (long id : first) {
      line.append(' ').append(id);
    }
    System.out.println(line);
    System.exit(0);
  }

  private static long[] search(Table table, float[] query) {
    long[] found = new long[K];
    int count = 0;
    try (BatchStream stream = table.search(query).select("id").limit(K).stream()) {
      for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
        FixedColumn ids = (FixedColumn) batch.column("id");
        for (int i = 0; i < batch.rowCount(); i++) {
          found[count++] = ids.longAt(i);
        }
      }
    }
    return Arrays.copyOf(found, count);
  }

  static void write(float[][] queries, Path file) {
    int dim = queries[0].length;
    ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * queries.length * dim).putInt(dim);
    for (float[] query : queries) {
      for (float number : query) {
        bytes.putFloat(number);
      }
    }
    try {
      Files.write(file, bytes.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static float[][] read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    int dim = bytes.getInt();
    float[][] queries = new float[bytes.remaining() / 4 / dim][dim];
    for (float[] query : queries) {
      bytes.asFloatBuffer().get(query);
      bytes.position(bytes.position() + 4 * dim);
    }
    return queries;
  }
}
