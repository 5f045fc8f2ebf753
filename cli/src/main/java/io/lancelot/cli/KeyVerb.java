package io.lancelot.cli;

import io.lancelot.base.InvalidInputException;
import io.lancelot.server.Access;
import io.lancelot.server.ApiKeys;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes an API key for a server and prints it, once: the file keeps its hash alone.
final class KeyVerb extends Command {

  private final PrintStream out;
  private List<String> positional = List.of();
  private Access role = Access.READ;
  private final List<String> databases = new ArrayList<>();
  private final List<String> tables = new ArrayList<>();
  private @Nullable String rowFilter;

  KeyVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Makes an API key for serve --keys FILE: FILE NAME";
  }

  @Override
  void declare(Arguments arguments) {
    arguments.option(
        "--role",
        "ROLE",
        "read (the default), write, or admin, which may also make namespaces",
        value -> role = Arguments.choice("--role", value, Access.class));
    arguments.option(
        "--database", "PATTERN", "only databases of that name; with *, more", databases::add);
    arguments.option(
        "--table", "PATTERN", "only tables of that name, such as films* or a$*", tables::add);
    arguments.option(
        "--row-filter",
        "PREDICATE",
        "only the rows for which it is true; such a key only reads",
        value -> rowFilter = value);
  }

  @Override
  void positional(List<String> values) {
    positional = values;
  }

  @Override
  int call() {
    if (positional.size() != 2) {
      throw new InvalidInputException("arguments: expected=FILE NAME, found=" + positional);
    }
    Path file = Verb.file(positional.getFirst());
    String name = positional.getLast();
    List<String> where = databases.isEmpty() ? List.of("*") : databases;
    List<String> which = tables.isEmpty() ? List.of("*") : tables;
    if (rowFilter != null && role != Access.READ) {
      throw new InvalidInputException("--row-filter: expected=role read, found=" + role);
    }
    out.println(
        rowFilter == null
            ? ApiKeys.add(file, name, role, where, which)
            : ApiKeys.addFiltered(file, name, where, which, rowFilter));
    return 0;
  }
}
