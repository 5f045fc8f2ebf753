package io.lancelot.compat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The matrix: which data in which format. The list of types comes from `shapes.py`.
final class Cases {

  static final List<String> FORMATS = List.of("2.0", "2.1", "2.2");
  private static final List<Integer> ROWS = List.of(0, 1, 1023, 1024, 1025);
  private static final int MANY_ROWS = 100_000;

  /// The one count of rows for which old format 2.0 is tried, too.
  private static final int ROWS_OF_20 = 1025;

  private static final long SEED = chooseSeed();

  private Cases() {}

  /// @param name for the report
  /// @param data what is written
  /// @param format the data storage version of the table
  record Case(String name, Data data, String format) {
    @Override
    public String toString() {
      return name + " in " + format;
    }
  }

  /// Where random tests start: part of each case's name, printed once, repeated by
  /// `-Dlancelot.seed=N`.
  static long seed() {
    return SEED;
  }

  private static long chooseSeed() {
    long seed = Long.getLong("lancelot.seed", System.nanoTime() >>> 10 & 0xff_ffff);
    System.out.println("compat: random cases repeat with -Dlancelot.seed=" + seed);
    return seed;
  }

  /// Every type × every row count × every format that holds it.
  static List<Case> matrix(Oracle oracle) {
    List<Case> cases = new ArrayList<>();
    for (JsonNode type : types(oracle)) {
      String name = type.get("name").asText();
      List<Integer> counts = new ArrayList<>(ROWS);
      if (type.get("cheap").asBoolean()) {
        counts.add(MANY_ROWS);
      }
      for (int rows : counts) {
        for (String format : holding(type)) {
          if (!format.equals("2.0") || rows == ROWS_OF_20) {
            cases.add(new Case(name + " × " + rows, Data.column(name, rows), format));
          }
        }
      }
    }
    return cases;
  }

  /// The types that a format cannot hold.
  static List<Case> refused(Oracle oracle) {
    List<Case> cases = new ArrayList<>();
    for (JsonNode type : types(oracle)) {
      String name = type.get("name").asText();
      for (String format : FORMATS) {
        if (!holding(type).contains(format)) {
          cases.add(new Case(name, Data.column(name, 100), format));
        }
      }
    }
    return cases;
  }

  /// The corners of the format.
  static List<Case> specials(Oracle oracle) {
    List<Case> cases = new ArrayList<>();
    for (JsonNode special : oracle.call("types", Map.of()).get("specials")) {
      String name = special.get("name").asText();
      holding(special).forEach(f -> cases.add(new Case(name, Data.special(name), f)));
    }
    return cases;
  }

  /// Random schemas up to four levels deep: 50, or as many as `-Dlancelot.schemas=N` asks for.
  static List<Case> random() {
    int count = Integer.getInteger("lancelot.schemas", 50);
    List<Case> cases = new ArrayList<>();
    long first = seed();
    for (long seed = first; seed < first + count; seed++) {
      String format = FORMATS.get((int) (seed % FORMATS.size()));
      cases.add(new Case("seed " + seed, Data.random(seed, format), format));
    }
    return cases;
  }

  private static JsonNode types(Oracle oracle) {
    return oracle.call("types", Map.of()).get("types");
  }

  private static List<String> holding(JsonNode what) {
    return FORMATS.stream().filter(f -> f.compareTo(what.get("since").asText()) >= 0).toList();
  }
}
