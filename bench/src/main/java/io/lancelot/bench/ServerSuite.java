package io.lancelot.bench;

import io.lancelot.Database;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.columnar.BatchStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// What a server costs: the same small vector query and the same rows, in this process and over
/// HTTP from a server beside it, turn by turn. The clients share the machine with the server.
final class ServerSuite {

  private static final String SUITE = "server";
  private static final String INSIDE = "lancelot";
  private static final String HTTP = "http";
  private static final String CLIENT = "client";
  private static final String DATABASE = "bench";
  private static final String TABLE = "t";
  private static final String INDEXED = "indexed";
  private static final int LIMIT = 10;
  private static final int IDLE = 2_000;
  private static final int WARMING_CLIENTS = 4;
  private static final int INGEST_FACTOR = 100;
  private static final int INDEXED_FACTOR = 200;

  /// What may be asked for by `--only`.
  enum Part {
    QUERIES,
    CLIENTS,
    INGEST,
    IDLE,
    INDEXING
  }

  private final DataSet data;
  private final Effort effort;
  private final Path folder;
  private final Versions versions;
  private final List<Part> parts;
  private final Map<String, Samples> samples = new LinkedHashMap<>();
  private final Map<String, Result> shapes = new LinkedHashMap<>();

  /// @param data what is searched; a hundred times as many rows are sent, and twice that indexed
  ServerSuite(DataSet data, Effort effort, Path folder, Versions versions, List<Part> parts) {
    this.data = data;
    this.effort = effort;
    this.folder = folder;
    this.versions = versions;
    this.parts = parts;
  }

  /// Measures, and tells each figure once.
  void run(Consumer<Result> results, Consumer<String> progress) {
    try (ServedProcess served = new ServedProcess(folder.resolve("served"));
        Database there = Lancelot.connect("db://" + DATABASE, "", served.address());
        Database here = Lancelot.connect(folder.resolve("here").toString());
        Table remote = there.createTable(TABLE, stream(data));
        Table local = here.createTable(TABLE, stream(data))) {
      warmUp(served, local, remote);
      for (Part part : parts) {
        progress.accept(part.name());
        switch (part) {
          case QUERIES -> queries(served, local, remote);
          case CLIENTS -> clients(served, local);
          case INGEST -> ingest(here, there);
          case IDLE -> idle(served);
          case INDEXING -> indexing(served, there);
        }
      }
    }
    samples.forEach(
        (key, values) -> results.accept(result(Objects.requireNonNull(shapes.get(key)), values)));
  }

  private static BatchStream stream(DataSet rows) {
    return BatchStream.of(rows.schema(), rows.batches());
  }

  private float[] vector() {
    return data.vectors().orElseThrow().queries()[0];
  }

  private byte[] request(String table) {
    return KeptConnection.post(
        "/v1/table/" + table + "/query/",
        DATABASE,
        "{\"k\":"
            + LIMIT
            + ",\"columns\":[\"id\"],\"vector\":"
            + Arrays.toString(vector()).replace(" ", "")
            + "}");
  }

  private void search(Table table) {
    if (table.search(vector()).limit(LIMIT).select("id").toMaps().size() != LIMIT) {
      throw new WrongAnswerException("search: expected=" + LIMIT + " rows");
    }
  }

  /// Two processors need half a minute under load until what a request runs through is compiled: it
  /// is much more code than a query.
  private void warmUp(ServedProcess served, Table local, Table remote) {
    byte[] request = request(TABLE);
    List<KeptConnection> connections = connect(served, WARMING_CLIENTS);
    long end = System.nanoTime() + 15L * effort.warmupMillis() * 1_000_000;
    List<Runnable> work = new ArrayList<>(List.of(() -> search(local), () -> search(remote)));
    connections.forEach(connection -> work.add(() -> connection.ask(request)));
    together(
        work,
        one -> {
          while (System.nanoTime() < end) {
            one.run();
          }
        });
    connections.forEach(KeptConnection::close);
  }

  /// One client, one query after the other.
  private void queries(ServedProcess served, Table local, Table remote) {
    byte[] request = request(TABLE);
    try (KeptConnection connection = new KeptConnection(served.port())) {
      Map<String, Runnable> ways = new LinkedHashMap<>();
      ways.put(INSIDE, () -> search(local));
      ways.put(HTTP, () -> connection.ask(request));
      ways.put(CLIENT, () -> search(remote));
      for (int round = 0; round < effort.rounds(); round++) {
        ways.forEach((name, way) -> {
          double[] took = latencies(way, 3L * effort.sampleMillis(), () -> false);
          note("query", name, "ms", 1, percentile(took, 50));
          note("query, p99", name, "ms", 1, percentile(took, 99));
        });
      }
    }
  }

  /// How many milliseconds each run took, in order of length.
  private static double[] latencies(Runnable work, long millis, BooleanSupplier over) {
    List<Double> took = new ArrayList<>();
    long end = System.nanoTime() + millis * 1_000_000;
    for (long now = System.nanoTime(); now < end && !over.getAsBoolean(); ) {
      work.run();
      long done = System.nanoTime();
      took.add((done - now) / 1e6);
      now = done;
    }
    return took.stream().mapToDouble(Double::doubleValue).sorted().toArray();
  }

  private static double percentile(double[] sorted, int percent) {
    return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
  }

  private void clients(ServedProcess served, Table local) {
    byte[] request = request(TABLE);
    for (int round = -1; round < effort.rounds(); round++) {
      for (int clients : new int[] {4, 16}) {
        List<KeptConnection> connections = connect(served, clients);
        double http;
        try {
          http =
              perSecond(
                  connections.stream()
                      .<Runnable>map(connection -> () -> connection.ask(request))
                      .toList());
        } finally {
          connections.forEach(KeptConnection::close);
        }
        double inside = perSecond(Collections.nCopies(clients, () -> search(local)));
        if (round >= 0) {
          note("queries", HTTP, "queries/s", clients, http);
          note("queries", INSIDE, "queries/s", clients, inside);
        }
      }
    }
  }

  private static List<KeptConnection> connect(ServedProcess served, int count) {
    List<KeptConnection> connections = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      connections.add(new KeptConnection(served.port()));
    }
    return connections;
  }

  private double perSecond(List<Runnable> clients) {
    AtomicLong answers = new AtomicLong();
    long nanos = 5L * effort.sampleMillis() * 1_000_000;
    long begun = System.nanoTime();
    together(
        clients,
        one -> {
          while (System.nanoTime() - begun < nanos) {
            one.run();
            answers.incrementAndGet();
          }
        });
    return answers.get() / ((System.nanoTime() - begun) / 1e9);
  }

  private static void together(List<Runnable> work, Consumer<Runnable> each) {
    List<Thread> threads = new ArrayList<>();
    for (Runnable one : work) {
      threads.add(Thread.ofPlatform().start(() -> each.accept(one)));
    }
    for (Thread thread : threads) {
      join(thread);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void ingest(Database here, Database there) {
    int rows = (int) (INGEST_FACTOR * data.rows());
    try (DataSet many = new Synthetic(2).table(rows, data.vectors().orElseThrow().dim());
        Table inside = here.createTable("many", stream(many));
        Table over = there.createTable("many", stream(many))) {
      Runnable insideOnce = () -> inside.add(stream(many));
      Runnable overOnce = () -> over.add(stream(many));
      latencies(insideOnce, effort.warmupMillis(), () -> false);
      latencies(overOnce, effort.warmupMillis(), () -> false);
      for (int round = 0; round < effort.rounds(); round++) {
        note("ingest", INSIDE, "rows/s", 1, rows / seconds(insideOnce));
        note("ingest", CLIENT, "rows/s", 1, rows / seconds(overOnce));
      }
    }
  }

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private void idle(ServedProcess served) {
    byte[] request = request(TABLE);
    served.megabytes();
    double before = served.megabytes();
    List<KeptConnection> connections = connect(served, IDLE);
    try {
      connections.forEach(connection -> connection.ask(request));
      note(IDLE + " idle connections", HTTP, "MB", 1, served.megabytes() - before);
    } finally {
      connections.forEach(KeptConnection::close);
    }
  }

  /// What readers notice of an index that is built beside them.
  private void indexing(ServedProcess served, Database there) {
    int rows = (int) (INDEXED_FACTOR * data.rows());
    byte[] request = request(INDEXED);
    try (DataSet many = new Synthetic(3).table(rows, data.vectors().orElseThrow().dim());
        Table table = there.createTable(INDEXED, stream(many));
        KeptConnection connection = new KeptConnection(served.port())) {
      String column = many.vectors().orElseThrow().column();
      table.createIndex(column, Index.ivfPq());
      Runnable read = () -> connection.ask(request);
      latencies(read, 2L * effort.warmupMillis(), () -> false);
      for (int round = 0; round < Math.min(3, effort.rounds()); round++) {
        double[] quiet = latencies(read, 2000, () -> false);
        int partitions = 300 + round;
        Thread builder =
            Thread.ofPlatform()
                .start(() -> {
                  for (int i = 0; i < 3; i++) {
                    table.createIndex(column, Index.ivfPq().numPartitions(partitions + 10 * i));
                  }
                });
        double[] busy = latencies(read, 60_000, () -> !builder.isAlive());
        join(builder);
        note("read, quiet, p50", HTTP, "ms", 1, percentile(quiet, 50));
        note("read, quiet, p99", HTTP, "ms", 1, percentile(quiet, 99));
        note("read while indexing, p50", HTTP, "ms", 1, percentile(busy, 50));
        note("read while indexing, p99", HTTP, "ms", 1, percentile(busy, 99));
      }
    }
  }

  private void note(String work, String system, String unit, int clients, double value) {
    String key = work + "\n" + system + "\n" + clients;
    samples.computeIfAbsent(key, _ -> new Samples()).add(value);
    String metric =
        switch (unit) {
          case "ms" -> "latency";
          case "MB" -> "size";
          default -> "throughput";
        };
    shapes.computeIfAbsent(
        key,
        _ ->
            new Result(
                SUITE,
                work,
                system,
                versions.of(INSIDE),
                metric,
                value,
                unit,
                OptionalDouble.empty(),
                clients,
                Map.of()));
  }

  private Result result(Result shape, Samples values) {
    Map<String, Object> params = new LinkedHashMap<>();
    params.put("data", data.name());
    params.put("rows", data.rows());
    params.put("min", values.min());
    params.put("max", values.max());
    params.put("rounds", values.count());
    return new Result(
        shape.suite(),
        shape.work(),
        shape.system(),
        shape.version(),
        shape.metric(),
        values.median(),
        shape.unit(),
        shape.recall(),
        shape.threads(),
        params);
  }
}
