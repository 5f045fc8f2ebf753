import io.lancelot.Lancelot;
import java.util.List;
import java.util.Map;

/// What a user's first program does, run by PlainJvmTest in a JVM without any flag.
public final class PlainProgram {
  private PlainProgram() {}

  public static void main(String[] args) {
    try (var db = Lancelot.connect(args[0])) {
      var films =
          db.createTable(
              "films",
              List.of(
                  Map.of("title", "one", "year", 1960, "embedding", new float[] {1, 0, 0, 0}),
                  Map.of("title", "two", "year", 1990, "embedding", new float[] {0, 1, 0, 0})));
      films.add(List.of(Map.of("title", "three", "year", 2020, "embedding", new float[] {0, 0, 1, 0})));
      var hits =
          films.search(new float[] {0, 0.9f, 0.1f, 0}).where("year > 1980").limit(1).toMaps();
      System.out.println(hits.get(0).get("title") + " of " + films.countRows());
    }
  }
}
