package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import io.lancelot.Table;
import io.lancelot.table.VersionInfo;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

final class VersionsVerb extends Verb {

  private @Nullable Format format;

  private final PrintStream out;

  VersionsVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Lists the versions of a table: URI TABLE";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--format",
        "FORMAT",
        "json, or a line each",
        value -> format = Arguments.choice("--format", value, Format.class));
  }

  @Override
  int call() throws IOException {
    Target target = target(0);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      List<VersionInfo> versions = table.versions();
      if (format == Format.JSON) {
        try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
          json.writeStartArray();
          for (VersionInfo version : versions) {
            json.writeStartObject();
            json.writeNumberField("version", version.version());
            json.writeStringField("timestamp", version.timestamp().toString());
            json.writeNumberField("rows", version.rowCount());
            json.writeStringField("operation", version.operation());
            json.writeArrayFieldStart("tags");
            for (String tag : version.tags()) {
              json.writeString(tag);
            }
            json.writeEndArray();
            json.writeEndObject();
          }
          json.writeEndArray();
        }
        out.println();
      } else {
        for (VersionInfo version : versions) {
          out.printf(
              java.util.Locale.ROOT,
              "%6d  %s  %9d rows  %s%s%n",
              version.version(),
              version.timestamp(),
              version.rowCount(),
              version.operation(),
              version.tags().isEmpty() ? "" : "  " + version.tags());
        }
      }
    }
    return 0;
  }
}
