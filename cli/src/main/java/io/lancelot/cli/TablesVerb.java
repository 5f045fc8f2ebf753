package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(description = "Lists the tables of a database: URI")
final class TablesVerb extends Verb {

  @Option(names = "--format", description = "json for an array; else a line each")
  @Nullable Format format;

  private final PrintStream out;

  TablesVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call() throws Exception {
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
