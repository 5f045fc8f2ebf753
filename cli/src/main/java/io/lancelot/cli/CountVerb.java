package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.Table;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

final class CountVerb extends Verb {

  private @Nullable String where;

  private final PrintStream out;

  CountVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Counts rows: URI TABLE";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--where", "PREDICATE", "only rows for which this is true", value -> where = value);
  }

  @Override
  int call() {
    Target target = target(0);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      out.println(where == null ? table.countRows() : table.countRows(where));
    }
    return 0;
  }
}
