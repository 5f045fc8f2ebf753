package io.lancelot.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/// The ten nearest vectors, found by comparing all of them.
final class VectorsSuite {

  private static final String SUITE = "vectors";
  private static final int K = 10;
  private static final int CLIENTS = 2;

  private final DataSet data;
  private final Vectors vectors;
  private final List<Contender> contenders;
  private final Effort effort;
  private final Path folder;
  private final Versions versions;
  private final int queries;
  private final Map<String, Figures> figures = new LinkedHashMap<>();

  /// Of each similarity and each query the distance that a right answer may have at the most.
  private final Map<Similarity, double[]> farthest = new EnumMap<>(Similarity.class);

  /// What was measured of one contender and one similarity.
  private static final class Figures {
    final Samples millis = new Samples();
    final Samples cpuMillis = new Samples();
    final Samples perSecond = new Samples();
    long found;
    long wanted;
  }

  VectorsSuite(
      DataSet data, List<Contender> contenders, Effort effort, Path folder, Versions versions) {
    this.data = data;
    this.vectors = data.vectors().orElseThrow();
    this.contenders = contenders;
    this.effort = effort;
    this.folder = folder;
    this.versions = versions;
    this.queries = Math.min(effort.queries(), vectors.queries().length);
  }

  /// Measures, and tells each figure once.
  void run(Consumer<Result> results, Consumer<String> progress) {
    progress.accept("finding the true neighbours of " + queries + " queries");
    for (Similarity similarity : Similarity.values()) {
      double[] bounds = new double[queries];
      for (int i = 0; i < queries; i++) {
        bounds[i] = vectors.farthest(similarity, i, K);
      }
      farthest.put(similarity, bounds);
    }
    progress.accept("one thread over a mapped file");
    oneThread(results);
    for (Contender contender : contenders) {
      progress.accept("preparing " + contender.name());
      prepare(contender);
    }
    for (int round = 0; round < effort.rounds(); round++) {
      progress.accept("round " + (round + 1) + " of " + effort.rounds());
      for (Similarity similarity : Similarity.values()) {
        for (int i = 0; i < contenders.size(); i++) {
          oneClient(contenders.get((i + round) % contenders.size()), similarity, round);
        }
        for (int i = 0; i < contenders.size(); i++) {
          manyClients(contenders.get((i + round) % contenders.size()), similarity);
        }
      }
    }
    tell(results);
  }

  /// The loop by itself, which the goals in [Reference]s are about.
  private void oneThread(Consumer<Result> results) {
    MappedScan.Figures figures =
        new MappedScan(vectors, K, farthest.getOrDefault(Similarity.L2, new double[0]))
            .measure(folder);
    Map<String, Object> params = new LinkedHashMap<>();
    params.put("data", data.name());
    params.put("rows", data.rows());
    params.put("dim", vectors.dim());
    params.put("queries", queries);
    params.put("gigabytesPerSecond", figures.gigabytesPerSecond());
    String work = "exact l2 top-%d, one thread, mapped".formatted(K);
    double recall = figures.recall();
    results.accept(figure(work, "latency", figures.millis(), "ms", recall, params));
    results.accept(figure(work + ", in R", "ratio", figures.references(), "R", recall, params));
    results.accept(
        figure(
            work + ", of a plain sum's speed",
            "share",
            100 * figures.ofSum(),
            "%",
            recall,
            params));
  }

  private Result figure(
      String work,
      String metric,
      double value,
      String unit,
      double recall,
      Map<String, Object> params) {
    String us = "lancelot";
    return new Result(
        SUITE,
        work,
        us,
        versions.of(us),
        metric,
        value,
        unit,
        OptionalDouble.of(recall),
        1,
        params);
  }

  /// Writes the table and lets compilers and caches settle.
  private void prepare(Contender contender) {
    try {
      contender.ingest(Files.createDirectories(folder.resolve(contender.name() + "-vectors")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (Similarity similarity : Similarity.values()) {
      long end = System.nanoTime() + effort.warmupMillis() * 1_000_000L;
      for (int i = 0; i < queries || System.nanoTime() < end; i++) {
        contender.nearest(similarity, vectors.queries()[i % vectors.queries().length], K);
      }
    }
  }

  private Figures of(Contender contender, Similarity similarity) {
    return figures.computeIfAbsent(contender.name() + "\n" + similarity, _ -> new Figures());
  }

  private void oneClient(Contender contender, Similarity similarity, int round) {
    Figures figures = of(contender, similarity);
    Samples millis = new Samples();
    List<long[]> answers = new ArrayList<>();
    Stopwatch all = new Stopwatch();
    for (int i = 0; i < queries; i++) {
      long start = System.nanoTime();
      answers.add(contender.nearest(similarity, vectors.queries()[i], K));
      millis.add((System.nanoTime() - start) / 1e6);
    }
    figures.cpuMillis.add(all.cpuMillis() / queries);
    figures.millis.add(millis.median());
    double[] bounds = farthest.get(similarity);
    if (round == 0 && bounds != null) {
      for (int i = 0; i < queries; i++) {
        figures.found += vectors.hits(similarity, i, answers.get(i), bounds[i]);
        figures.wanted += Math.min(K, vectors.count());
      }
    }
  }

  private void manyClients(Contender contender, Similarity similarity) {
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      long start = System.nanoTime();
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        int first = client;
        running.add(
            clients.submit(() -> {
              for (int i = 0; i < queries; i++) {
                contender.nearest(similarity, vectors.queries()[(first + i) % queries], K);
              }
            }));
      }
      for (Future<?> client : running) {
        client.get();
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      of(contender, similarity).perSecond.add(CLIENTS * queries / seconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(contender.name() + " failed", e.getCause());
    }
  }

  private void tell(Consumer<Result> results) {
    for (Similarity similarity : Similarity.values()) {
      String work = "exact " + similarity.label() + " top-" + K;
      for (Contender contender : contenders) {
        Figures measured = of(contender, similarity);
        results.accept(result(contender, work, "latency", "ms", 1, measured, measured.millis));
      }
      for (Contender contender : contenders) {
        Figures measured = of(contender, similarity);
        results.accept(
            result(contender, work + ", cpu", "cpu", "ms", 1, measured, measured.cpuMillis));
      }
      for (Contender contender : contenders) {
        Figures measured = of(contender, similarity);
        results.accept(
            result(
                contender, work, "throughput", "queries/s", CLIENTS, measured, measured.perSecond));
      }
    }
  }

  private Result result(
      Contender contender,
      String work,
      String metric,
      String unit,
      int threads,
      Figures measured,
      Samples samples) {
    Map<String, Object> params = new LinkedHashMap<>();
    params.put("data", data.name());
    params.put("rows", data.rows());
    params.put("dim", vectors.dim());
    params.put("queries", queries);
    params.put("min", samples.min());
    params.put("max", samples.max());
    params.put("rounds", samples.count());
    return new Result(
        SUITE,
        work,
        contender.name(),
        versions.of(contender.name()),
        metric,
        samples.median(),
        unit,
        OptionalDouble.of((double) measured.found / measured.wanted),
        threads,
        params);
  }
}
