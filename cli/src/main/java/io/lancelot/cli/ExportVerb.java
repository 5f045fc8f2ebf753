package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.ScanQuery;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.BatchStream;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(description = "Writes rows to a file: URI TABLE FILE|-")
final class ExportVerb extends Verb {

  @Option(names = "--format", description = "${COMPLETION-CANDIDATES} (default: by extension)")
  @Nullable Format format;

  @Option(names = "--where", description = "only rows for which this is true", paramLabel = "PREDICATE")
  @Nullable String where;

  @Option(names = "--select", split = ",", description = "only these columns", paramLabel = "A,B")
  @Nullable List<String> select;

  @Option(names = "--limit", description = "at most so many rows", paramLabel = "N")
  @Nullable Long limit;

  @Option(names = "--with-row-id", description = "add _rowid")
  boolean withRowId;

  private final PrintStream out;

  ExportVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call() {
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
