package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.table.BackupReport;
import java.io.IOException;
import java.io.PrintStream;

final class BackupVerb extends Verb {

  private final PrintStream out;

  BackupVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Copies a table, or what is new since the last time, to a database: URI TABLE DEST";
  }

  @Override
  int call() throws IOException {
    Target target = target(1);
    String destination = target.rest(0, "where to copy to");
    try (Database database = connect(target);
        Database to = Lancelot.connect(destination)) {
      BackupReport report = database.backupTable(target.tableName(), to);
      try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
        json.writeStartObject();
        json.writeNumberField("version", report.version());
        json.writeNumberField("versions", report.versions());
        json.writeNumberField("files_copied", report.filesCopied());
        json.writeNumberField("bytes_copied", report.bytesCopied());
        json.writeNumberField("files_there", report.filesThere());
        json.writeEndObject();
      }
      out.println();
    }
    return 0;
  }
}
