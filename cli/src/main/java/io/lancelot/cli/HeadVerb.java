package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.Table;
import io.lancelot.columnar.BatchStream;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

final class HeadVerb extends Verb {

  private long rows = 10;

  private @Nullable Format format;

  private final PrintStream out;

  HeadVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Shows the first rows: URI TABLE";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "-n", "N", "how many (default 10)", value -> rows = Arguments.number("-n", value));
    arguments.option(
        "--format",
        "FORMAT",
        "table, json, jsonl, csv or arrow",
        value -> format = Arguments.choice("--format", value, Format.class));
  }

  @Override
  int call() {
    Target target = target(0);
    try (Database database = connect(target);
        Table table = open(database, target);
        BatchStream stream = table.query().limit(rows).stream()) {
      RowOutput.write(stream, format == null ? RowOutput.defaultFormat() : format, out);
    }
    return 0;
  }
}
