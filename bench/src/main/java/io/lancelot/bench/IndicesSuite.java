package io.lancelot.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/// Approximate indices: how long they take to build and what they take on disk, and for each way to
/// search them recall, time, and time in [Reference]s, which are taken just before and after.
final class IndicesSuite {

  /// What `--only` may name: kinds of index, searches among rows that pass a filter, and the first
  /// search after opening in a fresh JVM.
  enum Part {
    IVF_HNSW_SQ,
    IVF_RQ,
    IVF_PQ,
    IVF_HNSW_FLAT,
    IVF_HNSW_PQ,
    IVF_SQ,
    IVF_FLAT,
    LUCENE,
    JVECTOR,
    FILTERS,
    FIRST
  }

  private static final String SUITE = "indices";
  private static final int K = 10;
  private static final int CLIENTS = 2;
  private static final int FILTERED_QUERIES = 60;
  private static final int FIRST_QUERIES = 100;

  private final DataSet data;
  private final Vectors vectors;
  private final Similarity similarity;
  private final List<Peer> peers;
  private final Effort effort;
  private final Path folder;
  private final Versions versions;
  private final List<Part> parts;
  private final int queries;
  private final double[] farthest;
  private final Reference reference;

  IndicesSuite(
      DataSet data,
      List<Peer> peers,
      Effort effort,
      Path folder,
      Versions versions,
      List<Part> parts) {
    this.data = data;
    this.vectors = data.vectors().orElseThrow();
    this.similarity = vectors.truth().map(Vectors.Truth::similarity).orElse(Similarity.L2);
    this.peers = peers;
    this.effort = effort;
    this.folder = folder;
    this.versions = versions;
    this.parts = parts;
    this.queries = Math.min(10 * effort.queries(), vectors.queries().length);
    this.farthest = new double[queries];
    this.reference = new Reference(vectors);
  }

  void run(Consumer<Result> results, Consumer<String> progress) {
    progress.accept("finding the true neighbours of " + queries + " queries");
    for (int i = 0; i < queries; i++) {
      farthest[i] = vectors.farthest(similarity, i, K);
    }
    reference.micros();
    measure(new LancelotIndices(data, similarity), results, progress);
    if (peers.contains(Peer.LANCE)) {
      measure(new LanceIndices(data, similarity), results, progress);
    }
    if (peers.contains(Peer.LUCENE) && parts.contains(Part.LUCENE)) {
      measure(new LuceneIndices(data, similarity), results, progress);
    }
    if (peers.contains(Peer.JVECTOR) && parts.contains(Part.JVECTOR)) {
      measure(new JVectorIndices(data, similarity), results, progress);
    }
  }

  private void measure(NeighbourIndex system, Consumer<Result> results, Consumer<String> progress) {
    try (system) {
      system.load(Files.createDirectories(folder.resolve(system.name())));
      for (String kind : system.kinds()) {
        if (kind.startsWith("IVF") && !parts.contains(Part.valueOf(kind))) {
          continue;
        }
        progress.accept(system.name() + ": building " + kind);
        Stopwatch watch = new Stopwatch();
        system.build(kind);
        double seconds = watch.seconds();
        double cpuSeconds = watch.cpuMillis() / 1e3;
        results.accept(built(system, kind, seconds, cpuSeconds));
        if (system instanceof LancelotIndices && parts.contains(Part.FIRST)) {
          progress.accept(system.name() + ": " + kind + ", first search");
          results.accept(first(system, kind, false));
          results.accept(first(system, kind, true));
        }
        List<Setting> settings = Setting.of(kind.contains("HNSW") ? "HNSW" : kind);
        // A width that has never been asked for undoes what was compiled: not while times are
        // taken.
        settings.forEach(setting -> warm(system, setting));
        for (Setting setting : settings) {
          progress.accept(system.name() + ": " + kind + ", " + setting);
          results.accept(searched(system, kind, setting));
        }
        if (parts.contains(Part.FILTERS)) {
          for (Passing filter : Passing.of(data)) {
            progress.accept(system.name() + ": " + kind + " where " + filter.predicate());
            results.accept(filtered(system, kind, filter));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The best of a few JVMs: how long the first search takes after opening, and what it finds.
  private Result first(NeighbourIndex system, String kind, boolean module) throws IOException {
    Path asked = folder.resolve("queries");
    FirstSearches.write(Arrays.copyOf(vectors.queries(), Math.min(FIRST_QUERIES, queries)), asked);
    Path classes = Path.of(System.getProperty("lancelot.bench.classes", ""));
    FirstSearches best = null;
    for (int round = 0; round < effort.rounds(); round++) {
      FirstSearches now =
          FirstSearches.run(
              folder.resolve(system.name()), LancelotIndices.TABLE, asked, module, classes);
      best = best == null || now.first() < best.first() ? now : best;
    }
    if (best == null) {
      throw new IllegalStateException("no rounds");
    }
    Map<String, Object> params = params();
    params.put("open", best.open());
    params.put("ten", best.ten());
    params.put("all", best.all());
    double recall =
        vectors.hits(similarity, 0, best.found(), farthest[0])
            / (double) Math.min(K, vectors.count());
    String work = kind + (module ? ", first search, vector module" : ", first search");
    return result(system, work, "first", best.first(), "ms", OptionalDouble.of(recall), 1, params);
  }

  private void warm(NeighbourIndex system, Setting setting) {
    long end = System.nanoTime() + effort.warmupMillis() * 1_000_000L;
    for (int i = 0; i < queries && System.nanoTime() < end; i++) {
      system.nearest(vectors.queries()[i], K, setting, Optional.empty());
    }
  }

  private Result built(NeighbourIndex system, String kind, double seconds, double cpuSeconds) {
    Map<String, Object> params = params();
    params.put("bytes", system.bytes());
    params.put("cpu", cpuSeconds);
    return result(system, kind, "build", seconds, "s", OptionalDouble.empty(), 1, params);
  }

  /// One question: the answers of one pass, and times of several.
  private interface Asking {
    long[] ask(int query);
  }

  private record Measured(double micros, double p99, double reference, List<long[]> answers) {}

  private Measured measure(int count, Asking asking) {
    long end = System.nanoTime() + effort.warmupMillis() * 1_000_000L;
    for (int i = 0; i < count || System.nanoTime() < end; i++) {
      asking.ask(i % count);
    }
    double before = reference.micros();
    List<long[]> answers = new ArrayList<>();
    double[] least = new double[count];
    Arrays.fill(least, Double.MAX_VALUE);
    Samples all = new Samples();
    long enough = System.nanoTime() + 10_000_000L * effort.sampleMillis();
    for (int round = 0; round < effort.rounds() && System.nanoTime() < enough; round++) {
      for (int i = 0; i < count; i++) {
        long start = System.nanoTime();
        long[] found = asking.ask(i);
        double micros = (System.nanoTime() - start) / 1e3;
        least[i] = Math.min(least[i], micros);
        all.add(micros);
        if (round == 0) {
          answers.add(found);
        }
      }
    }
    Samples best = new Samples();
    Arrays.stream(least).forEach(best::add);
    return new Measured(
        best.median(), all.quantile(0.99), Math.min(before, reference.micros()), answers);
  }

  private Result searched(NeighbourIndex system, String kind, Setting setting) {
    Asking asking = i -> system.nearest(vectors.queries()[i], K, setting, Optional.empty());
    Measured measured = measure(queries, asking);
    long hits = 0;
    for (int i = 0; i < queries; i++) {
      hits += vectors.hits(similarity, i, measured.answers.get(i), farthest[i]);
    }
    Map<String, Object> params = params(measured);
    params.put("setting", setting.toString());
    params.put("clients2", perSecond(asking));
    double recall = (double) hits / ((long) queries * Math.min(K, vectors.count()));
    return result(
        system,
        kind + ", " + setting,
        "latency",
        measured.micros,
        "us",
        OptionalDouble.of(recall),
        1,
        params);
  }

  private Result filtered(NeighbourIndex system, String kind, Passing filter) {
    int count = Math.min(FILTERED_QUERIES, queries);
    Measured measured =
        measure(
            count,
            i -> system.nearest(vectors.queries()[i], K, Setting.DEFAULT, Optional.of(filter)));
    BitSet rows = filter.rows(data);
    int wanted = Math.min(K, rows.cardinality());
    long hits = 0;
    for (int i = 0; i < count; i++) {
      double bound = vectors.farthest(similarity, i, wanted, rows);
      for (long row : measured.answers.get(i)) {
        if (!rows.get((int) row)) {
          throw new WrongAnswerException(system.name() + " found a row outside of " + filter);
        }
      }
      hits += vectors.hits(similarity, i, measured.answers.get(i), bound);
    }
    Map<String, Object> params = params(measured);
    params.put("setting", "where " + filter.name());
    return result(
        system,
        kind + ", where " + filter.name(),
        "latency",
        measured.micros,
        "us",
        OptionalDouble.of((double) hits / ((long) count * wanted)),
        1,
        params);
  }

  /// Queries answered in a second by two clients at once.
  private double perSecond(Asking asking) {
    long nanos = 3_000_000L * effort.sampleMillis();
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<Double>> running = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        int first = client * queries / CLIENTS;
        running.add(clients.submit(() -> answered(asking, first, nanos)));
      }
      double sum = 0;
      for (Future<Double> client : running) {
        sum += client.get();
      }
      return sum;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a client failed", e.getCause());
    }
  }

  private double answered(Asking asking, int first, long nanos) {
    long start = System.nanoTime();
    long count = 0;
    while (System.nanoTime() - start < nanos) {
      asking.ask((int) ((first + count++) % queries));
    }
    return count * 1e9 / (System.nanoTime() - start);
  }

  private Map<String, Object> params() {
    Map<String, Object> params = new LinkedHashMap<>();
    params.put("data", data.name());
    params.put("rows", data.rows());
    params.put("dim", vectors.dim());
    params.put("queries", queries);
    return params;
  }

  private Map<String, Object> params(Measured measured) {
    Map<String, Object> params = params();
    params.put("p99", measured.p99);
    params.put("reference", measured.reference);
    params.put("ratio", measured.micros / measured.reference);
    return params;
  }

  private Result result(
      NeighbourIndex system,
      String work,
      String metric,
      double value,
      String unit,
      OptionalDouble recall,
      int threads,
      Map<String, Object> params) {
    return new Result(
        SUITE,
        work,
        system.name(),
        versions.of(system.name()),
        metric,
        value,
        unit,
        recall,
        threads,
        params);
  }
}
