package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonParser;
import io.lancelot.Database;
import io.lancelot.Distance;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.Vector;
import io.lancelot.VectorQuery;
import io.lancelot.base.StorageException;
import io.lancelot.embeddings.MiniLmEmbedder;
import io.lancelot.table.VersionInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The main job as a story: real data in, embedded in process, searched in plain words, changed,
/// and restored.
final class QuickstartVerb extends Command {

  private static final String DATA = "quickstart/wonders.jsonl";
  private static final String TABLE = "wonders";

  private Path dir = Path.of("lancelot-quickstart");

  private boolean quiet;

  private final PrintStream out;
  private final PrintStream err;

  QuickstartVerb(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /// One thing people made, found or watched.
  record Wonder(
      int id,
      String name,
      String kind,
      @Nullable String place,
      @Nullable Integer year,
      List<String> tags,
      String description,
      @Vector(384) float[] embedding) {}

  /// What a search shows of it.
  record Hit(
      String name, String kind, @Nullable Integer year, String description, float _distance) {}

  @Override
  String description() {
    return "Shows the main job on data the project carries";
  }

  @Override
  void declare(Arguments arguments) {
    arguments.option(
        "--dir",
        "D",
        "where to keep the database (default: ./lancelot-quickstart)",
        value -> dir = Path.of(value));
    arguments.flag("--quiet", "no progress", () -> quiet = true);
    arguments.flag("--stacktrace", "where an error comes from", () -> {});
  }

  @Override
  int call() {
    try (Database database = Lancelot.connect(dir.toString());
        MiniLmEmbedder model = new MiniLmEmbedder()) {
      Table table = build(database, model);
      out.println();
      out.println("Three questions, in plain words");
      ask(table, model, "a device that let sailors find out where they were", null, 5);
      ask(
          table,
          model,
          "how can a doctor look inside or listen to a patient",
          "year < 1900 AND kind = 'instrument'",
          4);
      ask(table, model, "plants that cure diseases", null, 4);
      travel(table);
      farewell(table);
    }
    return 0;
  }

  private Table build(Database database, MiniLmEmbedder model) {
    long start = System.nanoTime();
    List<Map<?, ?>> records = read();
    out.println("Read " + records.size() + " described things in " + since(start));
    start = System.nanoTime();
    List<String> texts = new ArrayList<>();
    records.forEach(record -> texts.add(record.get("name") + ". " + record.get("description")));
    float[][] vectors = model.embedAll(texts, done -> progress(done, texts.size()));
    out.println(
        "Embedded the descriptions with all-MiniLM-L6-v2, in this process, in "
            + since(start)
            + " ("
            + model.dimension()
            + " dimensions)");
    List<Wonder> wonders = new ArrayList<>();
    for (int i = 0; i < records.size(); i++) {
      wonders.add(wonder(records.get(i), vectors[i]));
    }
    if (database.tableNames().contains(TABLE)) {
      database.dropTable(TABLE);
    }
    start = System.nanoTime();
    Table table = database.createTable(TABLE, wonders);
    out.println(
        "Created table '" + TABLE + "' with " + table.countRows() + " rows in " + since(start));
    return table;
  }

  private static Wonder wonder(Map<?, ?> record, float[] vector) {
    List<String> tags = new ArrayList<>();
    if (record.get("tags") instanceof List<?> values) {
      values.forEach(tag -> tags.add(String.valueOf(tag)));
    }
    return new Wonder(
        record.get("id") instanceof Number id ? id.intValue() : -1,
        String.valueOf(record.get("name")),
        String.valueOf(record.get("kind")),
        (String) record.get("place"),
        record.get("year") instanceof Number year ? (Integer) year.intValue() : null,
        tags,
        String.valueOf(record.get("description")),
        vector);
  }

  private static List<Map<?, ?>> read() {
    List<Map<?, ?>> records = new ArrayList<>();
    try (InputStream bytes = QuickstartVerb.class.getResourceAsStream(DATA)) {
      if (bytes == null) {
        throw new StorageException("the quickstart's data are not on the class path: " + DATA);
      }
      try (JsonParser parser = Replay.PARSERS.createParser(bytes)) {
        while (parser.nextToken() != null) {
          if (JsonInput.readValue(parser) instanceof Map<?, ?> record) {
            records.add(record);
          }
        }
      }
    } catch (IOException e) {
      throw new StorageException("cannot read " + DATA, e);
    }
    return records;
  }

  private void ask(
      Table table, MiniLmEmbedder model, String question, @Nullable String filter, int limit) {
    long start = System.nanoTime();
    float[] vector = model.embed(question);
    long embedded = System.nanoTime();
    VectorQuery query = table.search(vector).distanceType(Distance.COSINE).limit(limit);
    if (filter != null) {
      query.where(filter);
    }
    List<Hit> hits = query.select("name", "kind", "year", "description").toList(Hit.class);
    out.println();
    out.println("  \"" + question + "\"" + (filter == null ? "" : "  where " + filter));
    for (Hit hit : hits) {
      out.printf(
          Locale.ROOT,
          "    %.3f  %s (%s%s): %s%n",
          hit._distance(),
          hit.name(),
          hit.kind(),
          hit.year() == null ? "" : ", " + hit.year(),
          shorten(hit.description()));
    }
    out.println("    embedded in " + between(start, embedded) + ", searched in " + since(embedded));
  }

  private void travel(Table table) {
    out.println();
    out.println("Every change is a version");
    long before = table.version();
    Table.DeleteResult deleted = table.delete("kind = 'game'");
    out.println("  Deleted " + deleted.rows() + " games: " + table.countRows() + " rows left");
    long restored = table.restore(before);
    out.println(
        "  Restored version "
            + before
            + ", as version "
            + restored
            + ": "
            + table.countRows()
            + " rows again");
    for (VersionInfo version : table.versions()) {
      out.printf(
          Locale.ROOT,
          "    %d  %-9s  %d rows%n",
          version.version(),
          version.operation(),
          version.rowCount());
    }
  }

  private void farewell(Table table) {
    Path folder = dir.toAbsolutePath().normalize();
    out.println();
    out.println("The table lies in " + folder.resolve(table.name() + ".lance"));
    out.println("Python LanceDB opens it with:");
    out.println("  lancedb.connect(\"" + folder + "\").open_table(\"" + table.name() + "\")");
  }

  private void progress(int done, int total) {
    if (!quiet && RowOutput.onTerminal()) {
      err.print(
          "\r  embedding "
              + done
              + "/"
              + total
              + (done == total ? "\r                          \r" : ""));
      err.flush();
    }
  }

  private static String shorten(String text) {
    return text.length() <= 88 ? text : text.substring(0, 87) + "…";
  }

  private static String since(long start) {
    return between(start, System.nanoTime());
  }

  private static String between(long start, long end) {
    double millis = (end - start) / 1e6;
    return millis < 1000
        ? String.format(Locale.ROOT, "%.1f ms", millis)
        : String.format(Locale.ROOT, "%.1f s", millis / 1000);
  }
}
