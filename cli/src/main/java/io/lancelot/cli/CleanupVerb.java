package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import io.lancelot.Table;
import io.lancelot.table.CleanupReport;
import java.io.IOException;
import java.io.PrintStream;

final class CleanupVerb extends Verb {

  private final CleanupFlags flags = new CleanupFlags();

  private final PrintStream out;

  CleanupVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Removes old versions and files that none refers to: URI TABLE";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    flags.declare(arguments);
  }

  @Override
  int call() throws IOException {
    Target target = target(0);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      CleanupReport report = table.cleanup(flags.options());
      try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
        json.writeStartObject();
        CleanupFlags.write(json, report);
        json.writeEndObject();
      }
      out.println();
    }
    return 0;
  }
}
