package io.lancelot.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/// Whole rows: writing, scanning, filtering, fetching.
///
/// Contenders take turns at each work, in an order that moves on every round, so that what else the
/// machine does falls on all of them.
final class TablesSuite {

  private static final String SUITE = "tables";
  private static final int TAKEN = 1_000;
  private static final long SEED = 7;

  private static final String COLD = "take cold";
  private static final String COLD_PAIR = "take 2 columns cold";
  private static final int COLD_RUNS = 5;

  /// A plain sum over the mapped bytes of the contender's files: what its scans are to be held
  /// against.
  private static final String SUM = "sum of files";

  /// After the name of a work: the processors' time for one run of it.
  private static final String CPU = ", cpu";

  private final DataSet data;
  private final List<Contender> contenders;
  private final Effort effort;
  private final Path folder;
  private final Versions versions;
  private final List<Job> jobs = new ArrayList<>();
  private final Map<String, Samples> samples = new LinkedHashMap<>();

  /// One kind of work.
  ///
  /// @param amount what one run of it handles, for throughput: MB or rows; 0 to report the time
  private record Job(
      String work,
      String metric,
      String unit,
      double amount,
      ToLongFunction<Contender> run,
      long rows) {

    double value(long nanos) {
      return amount == 0 ? nanos / 1e6 : amount / (nanos / 1e9);
    }
  }

  TablesSuite(
      DataSet data, List<Contender> contenders, Effort effort, Path folder, Versions versions) {
    this.data = data;
    this.contenders = contenders.stream().filter(Contender::tables).toList();
    this.effort = effort;
    this.folder = folder;
    this.versions = versions;
    List<String> all = data.columns();
    List<String> pair = data.pair();
    String predicate = data.predicate();
    double rows = data.rows();
    long[] positions = data.someRows(TAKEN, SEED);
    latency("open", contender -> reopen(contender), 0);
    add("scan", "MB/s", data.bytes(all) / 1e6, contender -> contender.scan(all), data.rows());
    List<String> flat = data.flat();
    if (!flat.isEmpty()) {
      double bytes = data.bytes(flat) / 1e6;
      add("scan floats", "MB/s", bytes, contender -> contender.scan(flat), data.rows());
    }
    add("scan 2 columns", "rows/s", rows, contender -> contender.scan(pair), data.rows());
    add(
        "scan filtered",
        "rows/s",
        rows,
        contender -> contender.scan(all, predicate),
        data.matching());
    add("count filtered", "rows/s", rows, contender -> contender.count(predicate), data.matching());
    latency("take", contender -> contender.take(positions, all), positions.length);
    latency("take 2 columns", contender -> contender.take(positions, pair), positions.length);
  }

  private void add(
      String work, String unit, double amount, ToLongFunction<Contender> run, long rows) {
    jobs.add(new Job(work, "throughput", unit, amount, run, rows));
  }

  private void latency(String work, ToLongFunction<Contender> run, long rows) {
    jobs.add(new Job(work, "latency", "ms", 0, run, rows));
  }

  private static long reopen(Contender contender) {
    contender.reopen();
    return 0;
  }

  /// Measures, and tells each figure once.
  void run(Consumer<Result> results, Consumer<String> progress) {
    for (Contender contender : contenders) {
      progress.accept("warming up " + contender.name());
      long start = System.nanoTime();
      int warming = Integer.MIN_VALUE / 2;
      do {
        ingest(contender, warming++);
      } while (System.nanoTime() - start < effort.warmupMillis() * 1_000_000L);
      jobs.forEach(job -> repeat(contender, job, effort.warmupMillis()));
    }
    for (int round = 0; round < effort.rounds(); round++) {
      progress.accept("round " + (round + 1) + " of " + effort.rounds());
      for (Contender contender : turns(round)) {
        ingest(contender, round);
      }
      for (Job job : jobs) {
        for (Contender contender : turns(round)) {
          Stopwatch watch = new Stopwatch();
          Samples runs = repeat(contender, job, effort.sampleMillis());
          of(contender, job.work() + CPU).add(watch.cpuMillis() / runs.count());
          of(contender, job.work()).add(runs.median());
        }
      }
      for (Contender contender : turns(round)) {
        cold(contender, round, COLD, data.columns());
        cold(contender, round, COLD_PAIR, data.pair());
        String memory = contender.name() + "-" + round;
        of(contender, SUM)
            .add(Floor.megabytesPerSecond(folder.resolve(memory), effort.sampleMillis()));
      }
    }
    tell(results);
  }

  /// Fetches rows right after opening the table, with none of its bytes in the system's cache.
  private void cold(Contender contender, int round, String work, List<String> columns) {
    for (int i = 0; i < COLD_RUNS; i++) {
      long[] positions = data.someRows(TAKEN, SEED + i);
      contender.reopen();
      Floor.cool(folder.resolve(contender.name() + "-" + round));
      long start = System.nanoTime();
      contender.take(positions, columns);
      of(contender, work).add((System.nanoTime() - start) / 1e6);
    }
  }

  private List<Contender> turns(int round) {
    List<Contender> turns = new ArrayList<>();
    for (int i = 0; i < contenders.size(); i++) {
      turns.add(contenders.get((i + round) % contenders.size()));
    }
    return turns;
  }

  private Samples of(Contender contender, String work) {
    return samples.computeIfAbsent(work + "\n" + contender.name(), _ -> new Samples());
  }

  /// Writes the table anew and takes the times until the product says it is done, and until nothing
  /// of it is left in the system's write cache.
  private void ingest(Contender contender, int round) {
    try {
      Path fresh = folder.resolve(contender.name() + "-" + round);
      Path unforced = Files.createDirectories(fresh.resolveSibling(fresh.getFileName() + "-u"));
      Stopwatch first = new Stopwatch();
      OptionalDouble withoutForce =
          contender.ingestUnforced(unforced)
              ? OptionalDouble.of(first.seconds())
              : OptionalDouble.empty();
      // Gone before the system begins to write it, which would slow the next one down.
      deleteAll(unforced);
      Files.createDirectories(fresh);
      Stopwatch watch = new Stopwatch();
      contender.ingest(fresh);
      double done = withoutForce.orElse(watch.seconds());
      double cpu = watch.cpuMillis();
      long bytes = sync(fresh);
      double synced = watch.seconds();
      deleteAll(folder.resolve(contender.name() + "-" + (round - 1)));
      if (round >= 0) {
        of(contender, "ingest").add(data.rows() / done);
        of(contender, "ingest, forced").add(data.rows() / synced);
        of(contender, "ingest" + CPU).add(cpu);
        of(contender, "size").add(bytes / 1e6);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long sync(Path folder) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.force(true);
          bytes += channel.size();
        }
      }
    }
    return bytes;
  }

  static void deleteAll(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /// Runs a job for so long.
  private Samples repeat(Contender contender, Job job, int millis) {
    Samples runs = new Samples();
    long end = System.nanoTime() + millis * 1_000_000L;
    do {
      long start = System.nanoTime();
      long rows = job.run().applyAsLong(contender);
      runs.add(job.value(System.nanoTime() - start));
      if (rows != job.rows()) {
        throw new WrongAnswerException(
            job.work()
                + " by "
                + contender.name()
                + ": expected="
                + job.rows()
                + " rows, found="
                + rows
                + " (data="
                + data.name()
                + ", predicate="
                + data.predicate()
                + ")");
      }
    } while (System.nanoTime() < end);
    return runs;
  }

  private void tell(Consumer<Result> results) {
    tell("ingest", "throughput", "rows/s", results);
    tell("ingest, forced", "throughput", "rows/s", results);
    tell("ingest" + CPU, "cpu", "ms", results);
    tell("size", "size", "MB", results);
    tell(COLD, "latency", "ms", results);
    tell(COLD_PAIR, "latency", "ms", results);
    tell(SUM, "throughput", "MB/s", results);
    for (Job job : jobs) {
      tell(job.work(), job.metric(), job.unit(), results);
      tell(job.work() + CPU, "cpu", "ms", results);
    }
  }

  private void tell(String work, String metric, String unit, Consumer<Result> results) {
    for (Contender contender : contenders) {
      Samples found = of(contender, work);
      results.accept(
          new Result(
              SUITE,
              work,
              contender.name(),
              versions.of(contender.name()),
              metric,
              found.median(),
              unit,
              OptionalDouble.empty(),
              1,
              params(work, found)));
    }
  }

  private Map<String, Object> params(String work, Samples found) {
    Map<String, Object> params = new LinkedHashMap<>();
    params.put("data", data.name());
    params.put("rows", data.rows());
    if (work.contains("filtered")) {
      params.put("predicate", data.predicate());
    }
    if (work.contains("2 columns")) {
      params.put("columns", String.join(",", data.pair()));
    }
    params.put("min", found.min());
    params.put("max", found.max());
    params.put("rounds", found.count());
    return params;
  }
}
