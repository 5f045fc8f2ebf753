package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import io.lancelot.table.RepairReport;
import java.io.IOException;
import java.io.PrintStream;

final class RepairVerb extends Verb {

  private final PrintStream out;

  RepairVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Goes back to the newest version that can be read: URI TABLE";
  }

  @Override
  int call() throws IOException {
    Target target = target(0);
    try (Database database = connect(target)) {
      RepairReport report = database.repairTable(target.tableName());
      try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
        json.writeStartObject();
        json.writeNumberField("version", report.version());
        json.writeArrayFieldStart("set_aside");
        for (RepairReport.Damaged damaged : report.setAside()) {
          json.writeStartObject();
          json.writeNumberField("version", damaged.version());
          json.writeStringField("path", damaged.path());
          json.writeStringField("kept_at", damaged.keptAt());
          json.writeStringField("problem", damaged.problem());
          json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      out.println();
    }
    return 0;
  }
}
