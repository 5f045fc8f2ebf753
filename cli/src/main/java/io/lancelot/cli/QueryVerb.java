package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonParser;
import io.lancelot.Database;
import io.lancelot.HybridQuery;
import io.lancelot.NearestQuery;
import io.lancelot.QueryBuilder;
import io.lancelot.Table;
import io.lancelot.TextQuery;
import io.lancelot.VectorQuery;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.BatchStream;
import io.lancelot.server.QueryBody;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Scans and searches, and prints how they would run.
final class QueryVerb extends Verb {

  private @Nullable String vector;

  private @Nullable String vectorFile;

  private @Nullable String text;

  private @Nullable String column;

  private @Nullable String metric;

  private @Nullable String where;

  private boolean postfilter;

  private @Nullable List<String> select;

  private @Nullable Long limit;

  private long offset;

  private @Nullable List<String> distanceRange;

  private @Nullable Integer nprobes;

  private @Nullable Integer maxNprobes;

  private @Nullable Integer ef;

  private @Nullable Integer refineFactor;

  private @Nullable Double searchEffort;

  private @Nullable String approxMode;

  private @Nullable Long maxExactRows;

  private boolean fastSearch;

  private boolean bypassVectorIndex;

  private boolean withRowId;

  private boolean withRowAddress;

  private @Nullable List<String> fragments;

  private @Nullable Long timeoutMillis;

  private boolean explain;

  private boolean analyze;

  private boolean verify;

  private @Nullable Format format;

  private @Nullable String requests;

  private int repeat = 1;

  private int threads = 1;

  private boolean timings;

  private final PrintStream out;
  private final boolean explainOnly;

  QueryVerb(PrintStream out, boolean explainOnly) {
    this.out = out;
    this.explainOnly = explainOnly;
  }

  /// The verb that always analyzes.
  static QueryVerb analyzing(PrintStream out) {
    QueryVerb verb = new QueryVerb(out, false);
    verb.analyze = true;
    return verb;
  }

  @Override
  String description() {
    return "Scans or searches a table: URI TABLE";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--vector",
        "[X,Y]",
        "a JSON array of numbers; of such arrays where rows hold several vectors",
        value -> vector = value);
    arguments.option(
        "--vector-file",
        "FILE",
        "a JSON array per line: several queries at once",
        value -> vectorFile = value);
    arguments.option("--text", "WORDS", "full-text query", value -> text = value);
    arguments.option(
        "--column", "NAME", "the vector column, if there are several", value -> column = value);
    arguments.option(
        "--metric",
        "M",
        "l2, cosine, dot or hamming (default: the index's, or l2)",
        value -> metric = value);
    arguments.option(
        "--where", "PREDICATE", "only rows for which this is true", value -> where = value);
    arguments.flag("--postfilter", "filter after the search", () -> postfilter = true);
    arguments.option(
        "--select", "A,B", "only these columns", value -> select = List.of(value.split(",", -1)));
    arguments.option(
        "--limit",
        "N",
        "at most so many rows",
        value -> limit = Arguments.number("--limit", value));
    arguments.option(
        "--offset",
        "N",
        "leave out the first rows",
        value -> offset = Arguments.number("--offset", value));
    arguments.option(
        "--distance-range",
        "LO,HI",
        "only lo <= distance < hi",
        value -> distanceRange = List.of(value.split(",", -1)));
    arguments.option(
        "--nprobes",
        "N",
        "partitions to look into, where there is an index",
        value -> nprobes = Math.toIntExact(Arguments.number("--nprobes", value)));
    arguments.option(
        "--max-nprobes",
        "N",
        "partitions to look into at the most",
        value -> maxNprobes = Math.toIntExact(Arguments.number("--max-nprobes", value)));
    arguments.option(
        "--ef",
        "N",
        "candidates of a graph search",
        value -> ef = Math.toIntExact(Arguments.number("--ef", value)));
    arguments.option(
        "--refine-factor",
        "N",
        "candidates to compare exactly, per row wanted",
        value -> refineFactor = Math.toIntExact(Arguments.number("--refine-factor", value)));
    arguments.option(
        "--search-effort",
        "X",
        "how hard to look, from 0 to 1 (default 0.5)",
        value -> searchEffort = decimal("--search-effort", value));
    arguments.option(
        "--approx-mode",
        "MODE",
        "of IVF_RQ: fast, normal or accurate",
        value -> approxMode = value);
    arguments.option(
        "--max-exact-rows",
        "N",
        "refuse to compare more vectors for want of an index",
        value -> maxExactRows = Arguments.number("--max-exact-rows", value));
    arguments.flag("--fast-search", "only indexed rows", () -> fastSearch = true);
    arguments.flag("--bypass-vector-index", "search exactly", () -> bypassVectorIndex = true);
    arguments.flag("--with-row-id", "add _rowid", () -> withRowId = true);
    arguments.flag("--with-row-address", "add _rowaddr", () -> withRowAddress = true);
    arguments.option(
        "--fragments",
        "A,B",
        "read these fragments only, by their ids",
        value -> fragments = List.of(value.split(",", -1)));
    arguments.option(
        "--timeout-ms",
        "N",
        "give up after so many milliseconds",
        value -> timeoutMillis = Arguments.number("--timeout-ms", value));
    arguments.flag("--explain", "print the plan instead", () -> explain = true);
    arguments.flag("--analyze", "run, and print the plan with what it did", () -> analyze = true);
    arguments.flag("--verify", "compare the planned run with a full scan", () -> verify = true);
    arguments.option(
        "--format",
        "FORMAT",
        "table, json, jsonl, csv or arrow",
        value -> format = Arguments.choice("--format", value, Format.class));
    arguments.option(
        "--requests", "FILE", "replay: a JSON request per line", value -> requests = value);
    arguments.option(
        "--repeat",
        "N",
        "with --requests: run the file so many times",
        value -> repeat = Math.toIntExact(Arguments.number("--repeat", value)));
    arguments.option(
        "--threads",
        "T",
        "with --requests: clients",
        value -> threads = Math.toIntExact(Arguments.number("--threads", value)));
    arguments.flag(
        "--timings",
        "with --requests: warm up, then add the time of each repetition",
        () -> timings = true);
  }

  @Override
  int call() throws IOException {
    Target target = target(0);
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
      if (analyze) {
        out.print(query.analyze());
        return 0;
      }
      if (verify) {
        out.println("the same with and without indices: " + query.verify() + " rows");
        return 0;
      }
      try (BatchStream rows = query.stream()) {
        RowOutput.write(rows, format == null ? RowOutput.defaultFormat() : format, out);
      }
    }
    return 0;
  }

  private QueryBuilder<?> query(Table table) throws IOException {
    List<double[]> vectors = vectors();
    QueryBuilder<?> query =
        text != null
            ? textQuery(table, vectors, text)
            : vectors.isEmpty() ? table.query() : vectorQuery(table, vectors);
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
    if (withRowAddress) {
      query.withRowAddress();
    }
    if (fragments != null) {
      query.fragments(fragments.stream().map(id -> Arguments.number("--fragments", id)).toList());
    }
    if (timeoutMillis != null) {
      query.timeout(Duration.ofMillis(timeoutMillis));
    }
    query.offset(offset);
    return query;
  }

  private QueryBuilder<?> textQuery(Table table, List<double[]> vectors, String words) {
    if (vectors.isEmpty()) {
      TextQuery query = table.search(words);
      if (column != null) {
        query.columns(column);
      }
      if (fastSearch) {
        query.fastSearch();
      }
      return postfilter ? query.postfilter() : query;
    }
    HybridQuery query = table.hybrid().text(words).vectorsOfDoubles(vectors);
    steer(query);
    return query;
  }

  private VectorQuery vectorQuery(Table table, List<double[]> vectors) {
    VectorQuery query =
        vectors.size() == 1 ? table.search(vectors.getFirst()) : table.searchAllDoubles(vectors);
    steer(query);
    return query;
  }

  private void steer(NearestQuery<?> query) {
    if (metric != null) {
      query.distanceType(QueryBody.distance(metric));
    }
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
          bound(distanceRange.get(0), Float.NEGATIVE_INFINITY),
          bound(distanceRange.get(1), Float.POSITIVE_INFINITY));
    }
    if (nprobes != null) {
      query.minimumNprobes(nprobes);
      query.maximumNprobes(maxNprobes == null ? nprobes : maxNprobes);
    } else if (maxNprobes != null) {
      query.maximumNprobes(maxNprobes);
    }
    if (searchEffort != null) {
      query.searchEffort(searchEffort);
    }
    if (approxMode != null) {
      query.approxMode(QueryBody.approxMode(approxMode));
    }
    if (maxExactRows != null) {
      query.maxExactRows(maxExactRows);
    }
    if (ef != null) {
      query.ef(ef);
    }
    if (refineFactor != null) {
      query.refineFactor(refineFactor);
    }
    if (fastSearch) {
      query.fastSearch();
    }
    if (bypassVectorIndex) {
      query.bypassVectorIndex();
    }
  }

  private static double decimal(String flag, String text) {
    try {
      return Double.parseDouble(text.strip());
    } catch (NumberFormatException e) {
      throw new InvalidInputException(flag + ": expected=a number, found=" + text, e);
    }
  }

  private static float bound(String text, float none) {
    try {
      return text.isBlank() ? none : Float.parseFloat(text.strip());
    } catch (NumberFormatException e) {
      throw new InvalidInputException("--distance-range: expected=a number, found=" + text, e);
    }
  }

  private List<double[]> vectors() throws IOException {
    List<double[]> vectors = new ArrayList<>();
    if (vector != null) {
      vectors.addAll(parseVectors(vector, "--vector"));
    }
    if (vectorFile != null) {
      try (BufferedReader lines = new BufferedReader(TextFiles.reader(file(vectorFile)))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (!line.isBlank()) {
            vectors.addAll(parseVectors(line, vectorFile));
          }
        }
      }
      if (vectors.isEmpty()) {
        throw new InvalidInputException(
            "no vectors: expected=a JSON array per line (file=" + vectorFile + ")");
      }
    }
    return vectors;
  }

  private static List<double[]> parseVectors(String text, String where) {
    try (JsonParser parser = Replay.PARSERS.createParser(text)) {
      parser.nextToken();
      Object value = JsonInput.readValue(parser);
      if (value instanceof List<?> array && !array.isEmpty()) {
        return QueryBody.vectors(array);
      }
    } catch (IOException e) {
      throw new InvalidInputException(
          "vector: " + Main.oneLine(String.valueOf(e.getMessage())) + " (" + where + ")", e);
    }
    throw new InvalidInputException("vector: expected=a JSON array of numbers (" + where + ")");
  }
}
