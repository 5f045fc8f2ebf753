package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.ScanQuery;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.BatchStream;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

final class ExportVerb extends Verb {

  private @Nullable Format format;

  private @Nullable String where;

  private @Nullable List<String> select;

  private @Nullable Long limit;

  private boolean withRowId;

  private final PrintStream out;

  ExportVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Writes rows to a file: URI TABLE FILE|-";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--format",
        "FORMAT",
        "table, json, jsonl, csv or arrow (default: by extension)",
        value -> format = Arguments.choice("--format", value, Format.class));
    arguments.option(
        "--where", "PREDICATE", "only rows for which this is true", value -> where = value);
    arguments.option(
        "--select", "A,B", "only these columns", value -> select = List.of(value.split(",", -1)));
    arguments.option(
        "--limit",
        "N",
        "at most so many rows",
        value -> limit = Arguments.number("--limit", value));
    arguments.flag("--with-row-id", "add _rowid", () -> withRowId = true);
  }

  @Override
  int call() {
    Target target = target(1);
    String file = target.rest(0, "the file to write, or -");
    try (Database database = connect(target);
        Table table = open(database, target);
        BatchStream rows = query(table).stream()) {
      if (file.equals("-")) {
        RowOutput.write(rows, format == null ? Format.JSONL : format, out);
      } else {
        RowOutput.write(rows, format == null ? byExtension(file) : format, file(file));
      }
    }
    return 0;
  }

  private ScanQuery query(Table table) {
    ScanQuery query = table.query();
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
    return query;
  }

  private static Format byExtension(String file) {
    return switch (TextFiles.extension(file(file))) {
      case "arrow", "arrows", "ipc", "feather" -> Format.ARROW;
      case "jsonl", "ndjson" -> Format.JSONL;
      case "json" -> Format.JSON;
      case "csv" -> Format.CSV;
      default ->
          throw new InvalidInputException(
              "file format: expected=.arrow, .jsonl, .json or .csv, or --format, found=" + file);
    };
  }
}
