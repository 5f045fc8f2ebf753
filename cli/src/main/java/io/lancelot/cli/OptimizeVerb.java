package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import io.lancelot.OptimizeOptions;
import io.lancelot.OptimizeReport;
import io.lancelot.Table;
import io.lancelot.table.CompactionReport;
import java.io.IOException;
import java.io.PrintStream;

final class OptimizeVerb extends Verb {

  private OptimizeOptions options = OptimizeOptions.defaults();

  private final CleanupFlags cleanup = new CleanupFlags();

  private final PrintStream out;

  OptimizeVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Writes small fragments together, frees deleted rows and old versions: URI TABLE";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    cleanup.declare(arguments);
    arguments.option(
        "--target-rows",
        "N",
        "rows per fragment to aim at",
        value -> options = options.withTargetRows(Arguments.number("--target-rows", value)));
    arguments.flag(
        "--retrain",
        "train vector indices anew over all rows",
        () -> options = options.withRetrain());
  }

  @Override
  int call() throws IOException {
    Target target = target(0);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      OptimizeReport report = table.optimize(options.withCleanup(cleanup.options()));
      try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
        json.writeStartObject();
        write(json, report.compaction());
        json.writeArrayFieldStart("indices");
        for (String index : report.indices()) {
          json.writeString(index);
        }
        json.writeEndArray();
        json.writeObjectFieldStart("prune");
        CleanupFlags.write(json, report.cleanup());
        json.writeEndObject();
        json.writeNumberField("version", report.version());
        json.writeEndObject();
      }
      out.println();
    }
    return 0;
  }

  private static void write(JsonGenerator json, CompactionReport compaction) throws IOException {
    json.writeObjectFieldStart("compaction");
    json.writeNumberField("fragments_removed", compaction.fragmentsRemoved());
    json.writeNumberField("fragments_added", compaction.fragmentsAdded());
    json.writeNumberField("files_removed", compaction.filesRemoved());
    json.writeNumberField("files_added", compaction.filesAdded());
    json.writeNumberField("bytes_written", compaction.bytesWritten());
    json.writeEndObject();
  }
}
