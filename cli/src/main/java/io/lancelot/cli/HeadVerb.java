package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.Table;
import io.lancelot.columnar.BatchStream;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(description = "Shows the first rows: URI TABLE")
final class HeadVerb extends Verb {

  @Option(names = "-n", description = "how many (default 10)", defaultValue = "10", paramLabel = "N")
  long rows;

  @Option(names = "--format", description = "${COMPLETION-CANDIDATES}")
  @Nullable Format format;

  private final PrintStream out;

  HeadVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call() {
    Target target = target(0);
    try (Database database = connect(target);
        Table table = open(database, target);
        BatchStream stream = table.query().limit(rows).stream()) {
      RowOutput.write(stream, format == null ? RowOutput.defaultFormat() : format, out);
    }
    return 0;
  }
}
