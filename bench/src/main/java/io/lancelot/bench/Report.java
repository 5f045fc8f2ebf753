package io.lancelot.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Results as a table for people: a line per work, a column per system, and how many times better
/// Lancelot does than each peer.
final class Report {

  private static final String US = "lancelot";

  private Report() {}

  static void print(List<Result> results, PrintStream out) {
    Map<String, List<Result>> parts = new LinkedHashMap<>();
    for (Result result : results) {
      String part =
          result.suite()
              + ": "
              + result.params().get("data")
              + ", "
              + result.params().get("rows")
              + " rows";
      parts.computeIfAbsent(part, _ -> new ArrayList<>()).add(result);
    }
    parts.forEach((part, of) -> print(part, of, out));
  }

  private static void print(String part, List<Result> results, PrintStream out) {
    Set<String> systems = new LinkedHashSet<>();
    Map<String, Map<String, Result>> lines = new LinkedHashMap<>();
    for (Result result : results) {
      systems.add(result.system());
      String clients = result.threads() == 1 ? "" : " × " + result.threads() + " clients";
      lines
          .computeIfAbsent(
              result.work() + clients + " (" + result.unit() + ")", _ -> new LinkedHashMap<>())
          .put(result.system(), result);
    }
    List<List<String>> cells = new ArrayList<>();
    cells.add(header(systems, results));
    lines.forEach((work, line) -> cells.add(line(work, systems, line)));
    out.println();
    out.println(part + "; median (min–max); × is how many times better " + US + " does");
    out.println();
    aligned(cells, out);
  }

  private static List<String> header(Set<String> systems, List<Result> results) {
    List<String> header = new ArrayList<>(List.of(""));
    for (String system : systems) {
      String version =
          results.stream()
              .filter(result -> result.system().equals(system))
              .findFirst()
              .orElseThrow()
              .version();
      header.add(system + " " + version);
      if (!system.equals(US)) {
        header.add("×");
      }
    }
    return header;
  }

  private static List<String> line(String work, Set<String> systems, Map<String, Result> line) {
    List<String> cells = new ArrayList<>(List.of(work));
    Result ours = line.get(US);
    for (String system : systems) {
      Result result = line.get(system);
      cells.add(result == null ? "–" : figure(result));
      if (!system.equals(US)) {
        cells.add(ratio(ours, result));
      }
    }
    return cells;
  }

  private static String figure(Result result) {
    String spread = "(" + number(result.number("min")) + "–" + number(result.number("max")) + ")";
    String recall =
        result.recall().isPresent() && result.recall().getAsDouble() < 1
            ? String.format(Locale.ROOT, " @ %.3f", result.recall().getAsDouble())
            : "";
    return number(result.value()) + " " + spread + recall;
  }

  private static String ratio(@Nullable Result ours, @Nullable Result theirs) {
    // A processor's time below the clock's step is no time to divide by.
    if (ours == null || theirs == null || ours.value() == 0 || theirs.value() == 0) {
      return "–";
    }
    double ratio =
        ours.moreIsBetter() ? ours.value() / theirs.value() : theirs.value() / ours.value();
    return String.format(Locale.ROOT, ratio < 10 ? "%.2f" : "%.1f", ratio);
  }

  private static String number(double value) {
    if (value >= 1e6) {
      return String.format(Locale.ROOT, "%.2fM", value / 1e6);
    }
    if (value >= 1e4) {
      return String.format(Locale.ROOT, "%.1fk", value / 1e3);
    }
    return String.format(Locale.ROOT, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
  }

  private static void aligned(List<List<String>> cells, PrintStream out) {
    int columns = cells.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> line : cells) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (List<String> line : cells) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        String pad = " ".repeat(widths[i] - line.get(i).length());
        text.append(i == 0 ? line.get(i) + pad : "  " + pad + line.get(i));
      }
      out.println(text);
    }
  }
}
