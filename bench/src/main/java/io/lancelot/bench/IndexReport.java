package io.lancelot.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/// What [IndicesSuite] has measured, as tables for `docs/benchmarks.md`.
final class IndexReport {

  private IndexReport() {}

  static void print(List<Result> results, PrintStream out) {
    results.stream()
        .map(result -> result.params().get("data"))
        .distinct()
        .forEach(data -> {
          List<Result> own =
              results.stream().filter(result -> data.equals(result.params().get("data"))).toList();
          out.println();
          out.println(data + ", " + own.getFirst().params().get("rows") + " rows");
          out.println();
          builds(own, out);
          searches(own, out);
          first(own, out);
        });
  }

  private static void builds(List<Result> results, PrintStream out) {
    out.println("| system | index | build, s | CPU, s | MB |");
    out.println("|---|---|---|---|---|");
    for (Result result : results) {
      if (result.metric().equals("build") && result.params().get("bytes") instanceof Long bytes) {
        out.printf(
            Locale.ROOT,
            "| %s | %s | %.2f | %.1f | %.1f |%n",
            result.system(),
            result.work(),
            result.value(),
            result.number("cpu"),
            bytes / 1e6);
      }
    }
    out.println();
  }

  private static void first(List<Result> results, PrintStream out) {
    if (results.stream().noneMatch(result -> result.metric().equals("first"))) {
      return;
    }
    out.println();
    out.println("| in a fresh JVM | open, ms | first, ms | ten, ms | all, ms | recall@10 |");
    out.println("|---|---|---|---|---|---|");
    for (Result result : results) {
      if (result.metric().equals("first")) {
        out.printf(
            Locale.ROOT,
            "| %s | %.0f | %.0f | %.0f | %.0f | %.2f |%n",
            result.work(),
            result.number("open"),
            result.value(),
            result.number("ten"),
            result.number("all"),
            result.recall().orElse(Double.NaN));
      }
    }
  }

  private static void searches(List<Result> results, PrintStream out) {
    out.println(
        "| system | search | recall@10 | µs | p99, µs | in R | R, µs | 2 clients, queries/s |");
    out.println("|---|---|---|---|---|---|---|---|");
    for (Result result : results) {
      if (result.metric().equals("latency")) {
        out.printf(
            Locale.ROOT,
            "| %s | %s | %.3f | %.0f | %.0f | %.2f | %.0f | %s |%n",
            result.system(),
            result.work(),
            result.recall().orElse(Double.NaN),
            result.value(),
            result.number("p99"),
            result.number("ratio"),
            result.number("reference"),
            result.params().containsKey("clients2")
                ? String.format(Locale.ROOT, "%,.0f", result.number("clients2"))
                : "–");
      }
    }
  }
}
