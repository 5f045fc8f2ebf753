package io.lancelot.cli;

import io.lancelot.ConnectOptions;
import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// What all verbs share: where the table is, and options that every verb takes.
abstract class Verb implements Callable<Integer> {

  @Parameters(paramLabel = "ARGUMENT", description = "uri, table (or the path of one .lance folder for both), and what the verb takes")
  List<String> arguments = new ArrayList<>();

  @Option(names = "--version", description = "read this version", paramLabel = "N")
  @Nullable Long version;

  @Option(names = "--tag", description = "read the version of this name", paramLabel = "NAME")
  @Nullable String tag;

  @Option(names = "--option", description = "storage option key=value", paramLabel = "KEY=VALUE")
  Map<String, String> storageOptions = new LinkedHashMap<>();

  @Option(names = "--quiet", description = "no progress")
  boolean quiet;

  @Option(names = "--verbose", description = "more on stderr")
  boolean verbose;

  @Option(names = "--stacktrace", description = "where an error comes from")
  boolean stacktrace;

  @Option(names = {"-h", "--help"}, usageHelp = true, description = "this help")
  boolean help;

  /// A database and, for most verbs, a table in it; the arguments that follow them.
  record Target(String uri, @Nullable String table, List<String> rest) {

    String tableName() {
      if (table == null) {
        throw new InvalidInputException("table missing: expected=<uri> <table>, found=" + uri);
      }
      return table;
    }

    String rest(int index, String what) {
      if (rest.size() <= index) {
        throw new InvalidInputException("argument missing: expected=" + what);
      }
      return rest.get(index);
    }
  }

  /// Reads `<uri> <table> …` or `<path>.lance …`.
  ///
  /// @param most how many arguments the verb takes after the table
  final Target target(int most) {
    if (arguments.isEmpty()) {
      throw new InvalidInputException("argument missing: expected=<uri> <table>");
    }
    String first = stripSlash(arguments.getFirst());
    boolean single = first.endsWith(".lance") && first.length() > ".lance".length();
    int used = single ? 1 : Math.min(2, arguments.size());
    List<String> rest = arguments.subList(used, arguments.size());
    if (rest.size() > most) {
      throw new InvalidInputException("too many arguments: found=" + rest.get(most));
    }
    if (single) {
      int slash = first.lastIndexOf('/');
      String name = first.substring(slash + 1, first.length() - ".lance".length());
      return new Target(slash < 0 ? "." : slash == 0 ? "/" : first.substring(0, slash), name, rest);
    }
    return new Target(arguments.getFirst(), used == 2 ? arguments.get(1) : null, rest);
  }

  private static String stripSlash(String path) {
    return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  final Database connect(Target target) {
    if (!storageOptions.isEmpty()) {
      throw new InvalidInputException(
          "storage option: expected=none for this store, found=" + storageOptions.keySet());
    }
    // Each command is a process of its own: what others committed before it started must show.
    return Lancelot.connect(
        target.uri(), ConnectOptions.defaults().withReadConsistency(java.time.Duration.ZERO));
  }

  /// Opens the table at the version asked for.
  final Table open(Database database, Target target) {
    Table table = database.openTable(target.tableName());
    if (version != null && tag != null) {
      throw new InvalidInputException("--version and --tag: expected=one of them, found=both");
    }
    if (version != null) {
      table.checkout(version);
    } else if (tag != null) {
      table.checkout(tag);
    }
    return table;
  }

  final OptionalLong limit(@Nullable Long rows) {
    return rows == null ? OptionalLong.empty() : OptionalLong.of(rows);
  }

  static Path file(String name) {
    try {
      return Path.of(name);
    } catch (java.nio.file.InvalidPathException e) {
      throw new InvalidInputException("file name: " + e.getMessage(), e);
    }
  }
}
