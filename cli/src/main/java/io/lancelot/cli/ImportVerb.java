package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import io.lancelot.Table;
import io.lancelot.TableOptions;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.NotFoundException;
import io.lancelot.columnar.BatchStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

final class ImportVerb extends Verb {

  enum Mode {
    create,
    append,
    overwrite
  }

  private @Nullable Format format;

  private Mode mode = Mode.create;

  private Set<String> vectors = new LinkedHashSet<>();

  private String dataStorageVersion = "2.2";

  private int batchRows = 8192;

  private final PrintStream out;
  private final PrintStream err;

  ImportVerb(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  String description() {
    return "Reads files into a table: URI TABLE FILE...";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--format",
        "FORMAT",
        "jsonl, json, csv or arrow (default: by extension)",
        value -> format = Arguments.choice("--format", value, Format.class));
    arguments.option(
        "--mode",
        "X",
        "create, append or overwrite (default create)",
        value -> mode = Arguments.choice("--mode", value, Mode.class));
    arguments.option(
        "--vector",
        "COLUMN",
        "a column of number arrays becomes vectors of float32",
        value -> vectors.add(value));
    arguments.option(
        "--data-storage-version", "V", "2.2 (default) or 2.1", value -> dataStorageVersion = value);
    arguments.option(
        "--batch-rows",
        "N",
        "rows read at once (default 8192)",
        value -> batchRows = Math.toIntExact(Arguments.number("--batch-rows", value)));
  }

  @Override
  int call() throws IOException {
    Target target = target(Integer.MAX_VALUE);
    target.rest(0, "a file to read");
    if (batchRows < 1) {
      throw new InvalidInputException("--batch-rows: expected>=1, found=" + batchRows);
    }
    for (String file : target.rest()) {
      if (!Files.isReadable(file(file))) {
        throw new NotFoundException("file not found or not readable: found=" + file);
      }
    }
    long rows = 0;
    long version = 0;
    try (Database database = connect(target)) {
      Mode next = mode;
      for (String file : target.rest()) {
        try (Table table = read(database, target.tableName(), file(file), next)) {
          version = table.version();
          rows = table.countRows();
        }
        next = Mode.append;
      }
    }
    try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("table", target.tableName());
      json.writeNumberField("rows", rows);
      json.writeNumberField("version", version);
      json.writeEndObject();
    }
    out.println();
    return 0;
  }

  private Table read(Database database, String name, Path file, Mode how) throws IOException {
    Optional<Table> existing =
        how == Mode.append ? Optional.of(database.openTable(name)) : Optional.empty();
    try (Memory memory = Memory.ofLimit(Context.defaultMemoryBytes());
        Arena arena = Arena.ofShared();
        BatchStream rows =
            InputFiles.open(
                file, format, existing.map(Table::schema), vectors, batchRows, memory, arena)) {
      if (verbose) {
        err.println("lancelot: reading " + file);
      }
      if (existing.isPresent()) {
        existing.get().add(rows);
        return existing.get();
      }
      TableOptions options =
          TableOptions.defaults()
              .withDataStorageVersion(dataStorageVersion)
              .ifExists(
                  how == Mode.overwrite
                      ? TableOptions.Existing.OVERWRITE
                      : TableOptions.Existing.FAIL);
      return database.createTable(name, rows, options);
    }
  }
}
