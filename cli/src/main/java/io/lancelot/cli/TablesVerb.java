package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

final class TablesVerb extends Verb {

  private @Nullable Format format;

  private final PrintStream out;

  TablesVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Lists the tables of a database: URI";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--format",
        "FORMAT",
        "json for an array; else a line each",
        value -> format = Arguments.choice("--format", value, Format.class));
  }

  @Override
  int call() throws Exception {
    try (Database database = connect(new Target(target(0).uri(), null, java.util.List.of()))) {
      if (format == Format.JSON) {
        try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
          json.writeStartArray();
          for (String name : database.tableNames()) {
            json.writeString(name);
          }
          json.writeEndArray();
        }
        out.println();
      } else {
        database.tableNames().forEach(out::println);
      }
    }
    return 0;
  }
}
