package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonParser;
import io.lancelot.Database;
import io.lancelot.Distance;
import io.lancelot.QueryBuilder;
import io.lancelot.Table;
import io.lancelot.VectorQuery;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.BatchStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Scans and searches, and prints how they would run.
@Command(description = "Scans or searches a table: URI TABLE")
final class QueryVerb extends Verb {

  @Option(names = "--vector", description = "a JSON array of numbers", paramLabel = "[X,Y]")
  @Nullable String vector;

  @Option(names = "--vector-file", description = "a JSON array per line: several queries at once", paramLabel = "FILE")
  @Nullable String vectorFile;

  @Option(names = "--text", description = "full-text query", paramLabel = "WORDS")
  @Nullable String text;

  @Option(names = "--column", description = "the vector column, if there are several", paramLabel = "NAME")
  @Nullable String column;

  @Option(names = "--metric", description = "l2 (default), cosine, dot or hamming", defaultValue = "l2", paramLabel = "M")
  String metric = "l2";

  @Option(names = "--where", description = "only rows for which this is true", paramLabel = "PREDICATE")
  @Nullable String where;

  @Option(names = "--postfilter", description = "filter after the search")
  boolean postfilter;

  @Option(names = "--select", split = ",", description = "only these columns", paramLabel = "A,B")
  @Nullable List<String> select;

  @Option(names = "--limit", description = "at most so many rows", paramLabel = "N")
  @Nullable Long limit;

  @Option(names = "--offset", description = "leave out the first rows", paramLabel = "N")
  long offset;

  @Option(names = "--distance-range", split = ",", arity = "1", description = "only lo <= distance < hi", paramLabel = "LO,HI")
  @Nullable List<String> distanceRange;

  // Knobs of indices: accepted, and without effect as long as a search is exact.
  @Option(names = "--nprobes", description = "partitions to look into, where there is an index", paramLabel = "N")
  @Nullable Integer nprobes;

  @Option(names = "--max-nprobes", description = "partitions to look into at the most", paramLabel = "N")
  @Nullable Integer maxNprobes;

  @Option(names = "--ef", description = "candidates of a graph search", paramLabel = "N")
  @Nullable Integer ef;

  @Option(names = "--refine-factor", description = "candidates to compare exactly, per row wanted", paramLabel = "N")
  @Nullable Integer refineFactor;

  @Option(names = "--fast-search", description = "only indexed rows")
  boolean fastSearch;

  @Option(names = "--bypass-vector-index", description = "search exactly")
  boolean bypassVectorIndex;

  @Option(names = "--with-row-id", description = "add _rowid")
  boolean withRowId;

  @Option(names = "--explain", description = "print the plan instead")
  boolean explain;

  @Option(names = "--analyze", description = "run, and print the plan with what it did")
  boolean analyze;

  @Option(names = "--verify", description = "compare the planned run with a full scan")
  boolean verify;

  @Option(names = "--format", description = "${COMPLETION-CANDIDATES}")
  @Nullable Format format;

  @Option(names = "--requests", description = "replay: a JSON request per line", paramLabel = "FILE")
  @Nullable String requests;

  @Option(names = "--repeat", description = "with --requests: run the file so many times", defaultValue = "1", paramLabel = "N")
  int repeat;

  @Option(names = "--threads", description = "with --requests: clients", defaultValue = "1", paramLabel = "T")
  int threads;

  @Option(names = "--timings", description = "with --requests: add the time of each repetition")
  boolean timings;

  private final PrintStream out;
  private final boolean explainOnly;

  QueryVerb(PrintStream out, boolean explainOnly) {
    this.out = out;
    this.explainOnly = explainOnly;
  }

  @Override
  public Integer call() throws IOException {
    Target target = target(0);
    refuseLater();
    try (Database database = connect(target);
        Table table = open(database, target)) {
      if (requests != null) {
        Replay.run(table, file(requests), repeat, threads, timings, out);
        return 0;
      }
      QueryBuilder<?> query = query(table);
      if (explain || explainOnly) {
        out.print(query.explain());
        return 0;
      }
      try (BatchStream rows = query.stream()) {
        RowOutput.write(rows, format == null ? RowOutput.defaultFormat() : format, out);
      }
    }
    return 0;
  }

  private void refuseLater() {
    if (text != null) {
      throw new UnsupportedFeatureException("full-text search (--text) is not built yet");
    }
    if (analyze || verify) {
      throw new UnsupportedFeatureException((analyze ? "--analyze" : "--verify") + " is not built yet");
    }
  }

  private QueryBuilder<?> query(Table table) throws IOException {
    List<double[]> vectors = vectors();
    QueryBuilder<?> query = vectors.isEmpty() ? table.query() : vectorQuery(table, vectors);
    if (where != null) {
      query.where(where);
    }
    if (select != null) {
      query.select(select);
    }
    if (limit != null) {
      query.limit(limit);
    }
    if (withRowId) {
      query.withRowId();
    }
    query.offset(offset);
    return query;
  }

  private VectorQuery vectorQuery(Table table, List<double[]> vectors) {
    VectorQuery query =
        vectors.size() == 1 ? table.search(vectors.getFirst()) : table.searchAllDoubles(vectors);
    query.distanceType(distance(metric));
    if (column != null) {
      query.column(column);
    }
    if (postfilter) {
      query.postfilter();
    }
    if (distanceRange != null) {
      if (distanceRange.size() != 2) {
        throw new InvalidInputException("--distance-range: expected=lo,hi, found=" + distanceRange);
      }
      query.distanceRange(
          bound(distanceRange.get(0), Float.NEGATIVE_INFINITY), bound(distanceRange.get(1), Float.POSITIVE_INFINITY));
    }
    return query;
  }

  private static float bound(String text, float none) {
    try {
      return text.isBlank() ? none : Float.parseFloat(text.strip());
    } catch (NumberFormatException e) {
      throw new InvalidInputException("--distance-range: expected=a number, found=" + text, e);
    }
  }

  static Distance distance(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "l2", "euclidean" -> Distance.L2;
      case "cosine" -> Distance.COSINE;
      case "dot" -> Distance.DOT;
      case "hamming" -> Distance.HAMMING;
      default ->
          throw new InvalidInputException("metric: expected=l2, cosine, dot or hamming, found=" + name);
    };
  }

  private List<double[]> vectors() throws IOException {
    List<double[]> vectors = new ArrayList<>();
    if (vector != null) {
      vectors.add(parseVector(vector, "--vector"));
    }
    if (vectorFile != null) {
      try (BufferedReader lines = new BufferedReader(TextFiles.reader(file(vectorFile)))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (!line.isBlank()) {
            vectors.add(parseVector(line, vectorFile));
          }
        }
      }
      if (vectors.isEmpty()) {
        throw new InvalidInputException("no vectors: expected=a JSON array per line (file=" + vectorFile + ")");
      }
    }
    return vectors;
  }

  private static double[] parseVector(String text, String where) {
    try (JsonParser parser = Replay.PARSERS.createParser(text)) {
      parser.nextToken();
      Object value = JsonInput.readValue(parser);
      if (value instanceof List<?> numbers) {
        return Replay.vector(numbers);
      }
    } catch (IOException e) {
      throw new InvalidInputException("vector: " + Main.oneLine(String.valueOf(e.getMessage())) + " (" + where + ")", e);
    }
    throw new InvalidInputException("vector: expected=a JSON array of numbers (" + where + ")");
  }
}
