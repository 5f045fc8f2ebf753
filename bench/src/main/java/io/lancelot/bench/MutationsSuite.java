package io.lancelot.bench;

import io.lancelot.storage.Durability;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongUnaryOperator;

/// Changes of tables: many small appends and what they leave behind, updates, deletions, merges,
/// compaction, and tables with a long history.
///
/// Contenders take turns at each work, in an order that moves on every round. Every round begins
/// with fresh tables, so that all rounds do the same; the first rounds only warm up.
final class MutationsSuite implements AutoCloseable {

  private static final String SUITE = "mutations";
  private static final int MANY_VERSIONS = 10_000;
  private static final int MERGED = 10_000;
  private static final int APPENDED = 10;
  private static final int OPENINGS = 50;
  private static final int QUERIES = 15;
  private static final int CHANGES = 5;

  /// What may be asked for by `--only`.
  enum Part {
    APPENDS,
    CHANGES,
    MERGE,
    LARGE,
    VERSIONS
  }

  private final List<Mutator> contenders;
  private final Effort effort;
  private final int rows;
  private final Path folder;
  private final Versions versions;
  private final List<Part> parts;
  private final Map<String, Samples> samples = new LinkedHashMap<>();
  private final Map<String, String> units = new LinkedHashMap<>();
  private int tables;

  /// @param rows of the table that is changed; the large one has ten times as many, and a
  ///   two-hundredth of it is how many appends there are
  MutationsSuite(
      List<Mutator> contenders,
      Effort effort,
      int rows,
      Path folder,
      Versions versions,
      List<Part> parts) {
    this.contenders = contenders;
    this.effort = effort;
    this.rows = rows;
    this.folder = folder;
    this.versions = versions;
    this.parts = parts;
  }

  /// Measures, and tells each figure once.
  void run(Consumer<Result> results, Consumer<String> progress) {
    for (Part part : parts) {
      progress.accept(part.name());
      switch (part) {
        case APPENDS -> appends();
        case CHANGES -> changes();
        case MERGE -> merge(rows);
        case LARGE -> merge(10 * rows);
        case VERSIONS -> versions();
      }
    }
    tell(results);
  }

  private interface Work {
    void run(Mutator contender, boolean counts) throws IOException;
  }

  private void rounds(int warmup, Work work) {
    for (int round = -warmup; round < effort.rounds(); round++) {
      for (int i = 0; i < contenders.size(); i++) {
        Mutator contender = contenders.get(Math.floorMod(i + round, contenders.size()));
        try {
          work.run(contender, round >= 0);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void appends() {
    int count = rows / 200;
    LongUnaryOperator inOrder = LongUnaryOperator.identity();
    try (DataSet few = Synthetic.rows(APPENDED, inOrder)) {
      prepare(few);
      rounds(1, (contender, counts) -> appends(contender, few, count, counts));
      release(few);
    }
  }

  private void appends(Mutator contender, DataSet few, int count, boolean counts)
      throws IOException {
    Path own = fresh(contender);
    contender.create(own, few);
    double[] millis = new double[count];
    for (int i = 0; i < count; i++) {
      millis[i] = millis(() -> contender.append(few));
    }
    double first = millis(() -> scanned(contender, (count + 1L) * APPENDED));
    Samples queries = repeat(QUERIES, () -> scanned(contender, (count + 1L) * APPENDED));
    Samples openings = repeat(OPENINGS, () -> contender.open(own));
    contender.open(own);
    double compaction = millis(contender::compact);
    scanned(contender, (count + 1L) * APPENDED);
    if (counts) {
      note(contender, "append 10 rows", "ms", median(millis, 0, count));
      note(contender, "append 10 rows, first tenth", "ms", median(millis, 0, count / 10));
      note(
          contender, "append 10 rows, last tenth", "ms", median(millis, count - count / 10, count));
      note(contender, "scan after appends, first", "ms", first);
      note(contender, "scan after appends", "ms", queries.median());
      note(contender, "open with a version per append", "ms", openings.median());
      note(contender, "compact a fragment per append", "ms", compaction);
    }
    deleteTables(contender, own);
  }

  private static void scanned(Mutator contender, long expected) {
    long found = contender.scan();
    if (found != expected) {
      throw new WrongAnswerException(
          "scan by " + contender.name() + ": expected=" + expected + " rows, found=" + found);
    }
  }

  private void changes() {
    try (DataSet data = Synthetic.rows(rows, LongUnaryOperator.identity())) {
      prepare(data);
      rounds(
          1,
          (contender, counts) -> {
            Path own = fresh(contender);
            contender.create(own, data);
            if (!counts) {
              warmUp(i -> {
                if (contender.updates()) {
                  contender.update("id % 100 = " + i % 100);
                }
                contender.delete("id % 1000 = " + i % 1000);
              });
            }
            contender.create(fresh(contender), data);
            for (int i = 0; contender.updates() && i < CHANGES; i++) {
              String predicate = "id % 100 = " + i;
              double millis = millis(() -> contender.update(predicate));
              if (counts) {
                note(contender, "update 1 %", "ms", millis);
              }
            }
            contender.create(fresh(contender), data);
            for (int i = 0; i < CHANGES; i++) {
              String predicate = "id % 50 = " + i;
              double millis = millis(() -> contender.delete(predicate));
              if (counts) {
                note(contender, "delete 2 %", "ms", millis);
              }
            }
            scanned(contender, rows - (long) CHANGES * rows / 50);
            deleteTables(contender, own);
          });
      release(data);
    }
  }

  /// Half of the source is in the table, spread over all of it; half is new.
  private void merge(int tableRows) {
    int merged = Math.min(MERGED, rows / 2);
    long step = tableRows / (merged / 2);
    try (DataSet data = Synthetic.rows(tableRows, LongUnaryOperator.identity());
        DataSet source = Synthetic.rows(merged, i -> i % 2 == 0 ? i / 2 * step : tableRows + i)) {
      prepare(data);
      prepare(source);
      String work = "merge " + merged + " rows into " + tableRows;
      rounds(
          1,
          (contender, counts) -> {
            if (!counts) {
              contender.create(fresh(contender), data);
              warmUp(_ -> contender.merge(source));
            }
            Path own = fresh(contender);
            contender.create(own, data);
            contender.open(own);
            double millis = millis(() -> contender.merge(source));
            scanned(contender, tableRows + merged / 2);
            if (counts) {
              note(contender, work, "ms", millis);
              deleteTables(contender, own);
              return;
            }
            // By itself: looking at the memory takes time.
            Path again = fresh(contender);
            contender.create(again, data);
            contender.open(again);
            try (PeakMemory memory = new PeakMemory()) {
              contender.merge(source);
              note(contender, work + ", memory", "MB", memory.megabytes());
            }
          });
      release(data);
      release(source);
    }
  }

  /// One table with a long history, which both open: our own writing, for theirs takes minutes.
  private void versions() {
    try (DataSet few = Synthetic.rows(APPENDED, LongUnaryOperator.identity());
        LancelotMutator writer = new LancelotMutator(Durability.SYNC)) {
      prepare(few);
      Path own = fresh(writer);
      writer.create(own, few);
      writer.growTo(Math.min(MANY_VERSIONS, rows / 20));
      rounds(
          1,
          (contender, counts) -> {
            Samples openings = repeat(OPENINGS, () -> contender.open(own));
            if (counts) {
              note(
                  contender,
                  "open with " + Math.min(MANY_VERSIONS, rows / 20) + " versions",
                  "ms",
                  openings.median());
            }
          });
      release(few);
    }
  }

  private void prepare(DataSet rows) {
    for (Mutator contender : contenders) {
      if (contender instanceof LanceMutator lance) {
        lance.prepare(rows);
      }
    }
  }

  private void release(DataSet rows) {
    for (Mutator contender : contenders) {
      if (contender instanceof LanceMutator lance) {
        lance.release(rows);
      }
    }
  }

  /// Runs a work for as long as it takes to compile it.
  private void warmUp(IntConsumer work) {
    long end = System.nanoTime() + effort.warmupMillis() * 1_000_000L;
    for (int i = 0; System.nanoTime() < end; i++) {
      work.accept(i);
    }
  }

  private Path fresh(Mutator contender) throws UncheckedIOException {
    try {
      return Files.createDirectories(folder.resolve(contender.name() + "-" + tables++));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Removes what a round has written, the table that is open last.
  private void deleteTables(Mutator contender, Path kept) throws IOException {
    try (var all = Files.list(folder)) {
      for (Path other : all.toList()) {
        boolean own = other.getFileName().toString().startsWith(contender.name() + "-");
        if (own && !other.equals(kept)) {
          TablesSuite.deleteAll(other);
        }
      }
    }
  }

  private static double millis(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e6;
  }

  private static Samples repeat(int times, Runnable work) {
    Samples all = new Samples();
    for (int i = 0; i < times; i++) {
      all.add(millis(work));
    }
    return all;
  }

  private static double median(double[] values, int from, int to) {
    Samples some = new Samples();
    for (int i = from; i < to; i++) {
      some.add(values[i]);
    }
    return some.median();
  }

  private void note(Mutator contender, String work, String unit, double value) {
    units.put(work, unit);
    samples.computeIfAbsent(work + "\n" + contender.name(), _ -> new Samples()).add(value);
  }

  private void tell(Consumer<Result> results) {
    units.forEach((work, unit) -> {
      for (Mutator contender : contenders) {
        Samples found = samples.get(work + "\n" + contender.name());
        if (found == null) {
          continue;
        }
        Map<String, Object> params = new LinkedHashMap<>();
        params.put("data", "rows-" + rows);
        params.put("rows", (long) rows);
        params.put("min", found.min());
        params.put("max", found.max());
        params.put("rounds", found.count());
        results.accept(
            new Result(
                SUITE,
                work,
                contender.name(),
                versions.of(contender.name()),
                unit.equals("MB") ? "size" : "latency",
                found.median(),
                unit,
                OptionalDouble.empty(),
                1,
                params));
      }
    });
  }

  @Override
  public void close() {
    contenders.forEach(Mutator::close);
  }
}
