package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.table.TagInfo;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoField;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// What all verbs share: where the table is, and options that every verb takes.
abstract class Verb extends Command {

  private List<String> positional = List.of();

  private @Nullable Long version;

  private @Nullable String tag;

  private @Nullable String branch;

  private @Nullable Instant asOf;

  private Map<String, String> storageOptions = new LinkedHashMap<>();

  boolean quiet;

  boolean verbose;

  @Override
  void declare(Arguments arguments) {
    arguments.option(
        "--version",
        "N",
        "read this version",
        value -> version = Arguments.number("--version", value));
    arguments.option("--tag", "NAME", "read the version of this name", value -> tag = value);
    arguments.option("--branch", "NAME", "work on this branch", value -> branch = value);
    arguments.option(
        "--as-of", "TIMESTAMP", "read the version of that time", value -> asOf = instant(value));
    arguments.option(
        "--option", "KEY=VALUE", "storage option key=value", value -> putStorageOption(value));
    arguments.flag("--quiet", "no progress", () -> quiet = true);
    arguments.flag("--verbose", "more on stderr", () -> verbose = true);
    arguments.flag("--stacktrace", "where an error comes from", () -> {});
  }

  @Override
  final void positional(List<String> values) {
    positional = values;
  }

  private static Instant instant(String value) {
    try {
      return DateTimeFormatter.ISO_DATE_TIME.parse(value).isSupported(ChronoField.INSTANT_SECONDS)
          ? Instant.from(DateTimeFormatter.ISO_DATE_TIME.parse(value))
          : LocalDateTime.parse(value).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      throw new InvalidInputException(
          "--as-of: expected=a time such as 2026-11-20T13:05:00Z, found=" + value, e);
    }
  }

  private void putStorageOption(String value) {
    int equals = value.indexOf('=');
    if (equals < 1) {
      throw new InvalidInputException("--option: expected=key=value, found=" + value);
    }
    storageOptions.put(value.substring(0, equals), value.substring(equals + 1));
  }

  /// A database and, for most verbs, a table in it; the arguments that follow them.
  record Target(String uri, @Nullable String table, List<String> rest) {

    String tableName() {
      if (table == null) {
        throw new UsageException("table missing: expected=<uri> <table>, found=" + uri);
      }
      return table;
    }

    String rest(int index, String what) {
      if (rest.size() <= index) {
        throw new UsageException("argument missing: expected=" + what);
      }
      return rest.get(index);
    }
  }

  /// Reads `<uri> <table> …` or `<path>.lance …`.
  ///
  /// @param most how many arguments the verb takes after the table
  final Target target(int most) {
    return target(positional, most);
  }

  /// The word after the verb that says what to do: `index create`.
  ///
  /// @throws UsageException if it is missing or none of these
  final String action(List<String> known) {
    if (positional.isEmpty() || !known.contains(positional.getFirst())) {
      throw new UsageException(
          "expected one of "
              + known
              + ", found="
              + (positional.isEmpty() ? "nothing" : positional.getFirst()));
    }
    return positional.getFirst();
  }

  /// Reads `<action> <uri> <table> …`.
  ///
  /// @param most how many arguments the verb takes after the table
  final Target targetAfterAction(int most) {
    return target(positional.subList(1, positional.size()), most);
  }

  private static Target target(List<String> positional, int most) {
    if (positional.isEmpty()) {
      throw new UsageException("argument missing: expected=<uri> <table>");
    }
    String first = stripSlash(positional.getFirst());
    boolean single = first.endsWith(".lance") && first.length() > ".lance".length();
    int used = single ? 1 : Math.min(2, positional.size());
    List<String> rest = positional.subList(used, positional.size());
    if (rest.size() > most) {
      throw new UsageException("too many arguments: found=" + rest.get(most));
    }
    if (single) {
      int slash = first.lastIndexOf('/');
      String name = first.substring(slash + 1, first.length() - ".lance".length());
      return new Target(slash < 0 ? "." : slash == 0 ? "/" : first.substring(0, slash), name, rest);
    }
    return new Target(positional.getFirst(), used == 2 ? positional.get(1) : null, rest);
  }

  private static String stripSlash(String path) {
    return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  final Database connect(Target target) {
    if (!storageOptions.isEmpty()) {
      throw new InvalidInputException(
          "storage option: expected=none for this store, found=" + storageOptions.keySet());
    }
    // A command opens its table at the latest version; that is the one it reads to its end.
    return Lancelot.connect(target.uri());
  }

  /// Opens the table at the version asked for.
  final Table open(Database database, Target target) {
    Table main = database.openTable(target.tableName());
    if ((version != null ? 1 : 0) + (tag != null ? 1 : 0) + (asOf != null ? 1 : 0) > 1) {
      throw new UsageException("--version, --tag and --as-of: expected=one of them, found=several");
    }
    String line = branch;
    if (tag != null && line == null) {
      TagInfo found = main.tags().list().get(tag);
      line = found == null ? null : found.branch().orElse(null);
    }
    Table table = main;
    if (line != null && !line.equals("main")) {
      try (main) {
        table = main.branches().open(line);
      }
    }
    if (version != null) {
      table.checkout(version);
    } else if (tag != null) {
      table.checkout(tag);
    } else if (asOf != null) {
      table.checkout(asOf);
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
