package io.lancelot.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/// Filters over the rows of [FilterRows]: first without indices, then their building, then with
/// them, at last deleting and updating by key. Systems take turns at each work, in an order that
/// moves on every round; rows found are compared.
final class FiltersSuite {

  private static final String SUITE = "filters";
  private static final int QUESTIONS = 64;
  private static final int CHANGES = 8;
  private static final List<String> NARROW = List.of("id", "x");

  private final DataSet data;
  private final List<Contender> contenders;
  private final Effort effort;
  private final Path folder;
  private final Versions versions;
  private final SplittableRandom random = new SplittableRandom(5);
  private final Map<String, Samples> samples = new LinkedHashMap<>();
  private final Map<String, Long> answers = new HashMap<>();
  private long nextKey;

  /// One kind of question, asked with other constants each time.
  ///
  /// @param columns to read of the rows found; empty to count them
  /// @param perSecond whether to report rows that are looked through in a second
  private record Work(
      String name, List<String> columns, List<String> predicates, boolean perSecond) {

    long ask(Contender contender, int question) {
      String predicate = predicates.get(question % predicates.size());
      return columns.isEmpty() ? contender.count(predicate) : contender.scan(columns, predicate);
    }
  }

  /// An index and how it is called in results.
  private record Built(String column, String kind) {}

  FiltersSuite(
      DataSet data, List<Contender> contenders, Effort effort, Path folder, Versions versions) {
    this.data = data;
    this.contenders = contenders.stream().filter(Contender::tables).toList();
    this.effort = effort;
    this.folder = folder;
    this.versions = versions;
  }

  private static final List<Built> INDICES =
      List.of(
          new Built("id", "BTREE"),
          new Built("c", "BITMAP"),
          new Built("k", "BITMAP"),
          new Built("tags", "LABEL_LIST"),
          new Built("name", "NGRAM"));

  private Work work(
      String name, List<String> columns, boolean perSecond, IntFunction<String> predicate) {
    List<String> predicates = new ArrayList<>();
    for (int i = 0; i < QUESTIONS; i++) {
      predicates.add(predicate.apply(i));
    }
    return new Work(name, columns, predicates, perSecond);
  }

  private long key() {
    return random.nextLong(data.rows());
  }

  private List<Work> scans() {
    return List.of(
        work("count, 1 %, scan", List.of(), true, i -> "x > 0.99" + i % 10),
        work("rows, 1 %, scan", NARROW, true, i -> "x > 0.99" + i % 10),
        work("count, c = and x <, scan", List.of(), true, i -> "c = " + i % 50 + " AND x < 0.5"),
        work("count, LIKE, scan", List.of(), true, _ -> like()));
  }

  private String like() {
    return "name LIKE '%" + Integer.toString(random.nextInt(36, 36 * 36), 36) + "z w1%'";
  }

  private Work range(long rows) {
    return work(
        "range of " + rows + " rows",
        NARROW,
        false,
        _ -> {
          long from = random.nextLong(Math.max(1, data.rows() - rows));
          return "id >= " + from + " AND id < " + (from + rows);
        });
  }

  private List<Work> lookups() {
    List<Work> works = new ArrayList<>();
    works.add(work("point lookup", List.of("id", "x", "c", "name"), false, _ -> "id = " + key()));
    works.add(
        work(
            "IN of 100",
            NARROW,
            false,
            _ -> {
              StringBuilder list = new StringBuilder("id IN (").append(key());
              for (int i = 1; i < 100; i++) {
                list.append(", ").append(key());
              }
              return list.append(")").toString();
            }));
    for (long rows : new long[] {100, 10_000, 1_000_000}) {
      if (rows <= data.rows()) {
        works.add(range(rows));
      }
    }
    works.add(work("bitmap AND", NARROW, false, i -> "c = " + i % 50 + " AND k = " + 3 * i));
    works.add(work("count by bitmap", List.of(), false, i -> "c = " + i % 50));
    works.add(
        work(
            "array_has_any",
            NARROW,
            false,
            i -> "array_has_any(tags, ['t" + i + "', 't" + 2 * i + "'])"));
    works.add(work("count, LIKE, NGRAM", List.of(), false, _ -> like()));
    return works;
  }

  /// Measures, and tells each figure once.
  void run(Consumer<Result> results, Consumer<String> progress) {
    for (Contender contender : contenders) {
      progress.accept("writing rows of " + contender.name());
      try {
        contender.ingest(Files.createDirectories(folder.resolve(contender.name())));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    progress.accept("without indices");
    ask(scans());
    for (int round = 0; round < Math.min(3, effort.rounds()); round++) {
      progress.accept("indices, round " + (round + 1));
      for (Built index : INDICES) {
        for (Contender contender : turns(round)) {
          long start = System.nanoTime();
          if (contender.index(index.column(), index.kind())) {
            of(contender, "build " + index.kind() + " on " + index.column() + ", ms")
                .add((System.nanoTime() - start) / 1e6);
          }
        }
      }
    }
    progress.accept("with indices");
    ask(lookups());
    progress.accept("changes");
    change();
    tell(results);
  }

  private void ask(List<Work> works) {
    for (Work work : works) {
      for (Contender contender : contenders) {
        answers(work, contender);
        repeat(contender, work, effort.warmupMillis());
      }
    }
    for (int round = 0; round < effort.rounds(); round++) {
      for (Work work : works) {
        for (Contender contender : turns(round)) {
          double nanos = repeat(contender, work, effort.sampleMillis()).median();
          if (work.perSecond()) {
            of(contender, work.name() + ", rows/s").add(data.rows() / (nanos / 1e9));
          } else {
            of(contender, work.name() + ", us").add(nanos / 1e3);
          }
        }
      }
    }
  }

  /// Whether a system finds what the others do.
  private void answers(Work work, Contender contender) {
    for (int i = 0; i < 4; i++) {
      long found = work.ask(contender, i);
      Long known = answers.putIfAbsent(work.predicates().get(i), found);
      if (known != null && known != found) {
        throw new WrongAnswerException(
            work.name()
                + " by "
                + contender.name()
                + ": expected="
                + known
                + " rows, found="
                + found
                + " (predicate="
                + work.predicates().get(i)
                + ")");
      }
    }
  }

  private static Samples repeat(Contender contender, Work work, int millis) {
    Samples runs = new Samples();
    long end = System.nanoTime() + millis * 1_000_000L;
    for (int i = 0; i < 3 || System.nanoTime() < end; i++) {
      long start = System.nanoTime();
      work.ask(contender, i);
      runs.add((double) (System.nanoTime() - start));
    }
    return runs;
  }

  /// Deletes and updates single rows by key, each a commit of its own.
  private void change() {
    for (int round = 0; round < effort.rounds(); round++) {
      for (Contender contender : turns(round)) {
        nextKey = (round + 1L) * 1000;
        change(contender, "delete by key, ms", predicate -> contender.delete(predicate));
        change(contender, "update by key, ms", predicate -> contender.update(predicate, "c", "7"));
      }
    }
  }

  private interface Change {
    boolean make(String predicate);
  }

  private void change(Contender contender, String work, Change change) {
    for (int i = 0; i < CHANGES; i++) {
      long start = System.nanoTime();
      if (change.make("id = " + nextKey++)) {
        of(contender, work).add((System.nanoTime() - start) / 1e6);
      }
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

  private void tell(Consumer<Result> results) {
    samples.forEach((key, found) -> {
      String[] parts = key.split("\n");
      String unit = parts[0].substring(parts[0].lastIndexOf(' ') + 1);
      String work = parts[0].substring(0, parts[0].lastIndexOf(','));
      Contender contender =
          contenders.stream()
              .filter(each -> each.name().equals(parts[1]))
              .findFirst()
              .orElseThrow();
      Map<String, Object> params = new LinkedHashMap<>();
      params.put("data", data.name());
      params.put("rows", data.rows());
      params.put("min", found.min());
      params.put("max", found.max());
      params.put("rounds", found.count());
      results.accept(
          new Result(
              SUITE,
              work,
              contender.name(),
              versions.of(contender),
              unit.equals("rows/s") ? "throughput" : "latency",
              found.median(),
              unit,
              OptionalDouble.empty(),
              1,
              params));
    });
  }
}
