package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.Table;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(description = "Counts rows: URI TABLE")
final class CountVerb extends Verb {

  @Option(names = "--where", description = "only rows for which this is true", paramLabel = "PREDICATE")
  @Nullable String where;

  private final PrintStream out;

  CountVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call() {
    Target target = target(0);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      out.println(where == null ? table.countRows() : table.countRows(where));
    }
    return 0;
  }
}
