package io.lancelot.cli;

import io.lancelot.Database;
import io.lancelot.MergeInsertBuilder;
import io.lancelot.Table;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.NotFoundException;
import io.lancelot.columnar.BatchStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

final class MergeVerb extends Verb {

  private static final int BATCH_ROWS = 8192;

  private final List<String> on = new ArrayList<>();

  private @Nullable Format format;

  private String whenMatched = "update";

  private String whenNotMatched = "insert";

  private String whenMissing = "keep";

  private final PrintStream out;

  MergeVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Merges a file into a table by key: URI TABLE FILE --on KEY[,KEY]";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--on",
        "K1[,K2]",
        "the key columns (default: the table's primary key)",
        value -> {
          for (String column : value.split(",", -1)) {
            on.add(column.strip());
          }
        });
    arguments.option(
        "--format",
        "FORMAT",
        "jsonl, json, csv or arrow (default: by extension)",
        value -> format = Arguments.choice("--format", value, Format.class));
    arguments.option(
        "--when-matched",
        "X",
        "update (default), skip, or 'update if CONDITION' on source. and target. columns",
        value -> whenMatched = value);
    arguments.option(
        "--when-not-matched", "X", "insert (default) or skip", value -> whenNotMatched = value);
    arguments.option(
        "--when-not-matched-by-source",
        "X",
        "keep (default), delete, or 'delete if CONDITION'",
        value -> whenMissing = value);
  }

  @Override
  int call() throws IOException {
    Target target = target(1);
    Path file = file(target.rest(0, "a file to merge"));
    if (!Files.isReadable(file)) {
      throw new NotFoundException("file not found or not readable: found=" + file);
    }
    try (Database database = connect(target);
        Table table = open(database, target);
        Memory memory = Memory.ofLimit(Context.defaultMemoryBytes());
        Arena arena = Arena.ofShared();
        BatchStream rows =
            InputFiles.open(
                file,
                format,
                Optional.of(InputFiles.columnsOf(file, format, table.schema(), memory)),
                Set.of(),
                BATCH_ROWS,
                memory,
                arena)) {
      Table.MergeResult result = merge(table).execute(rows);
      out.println(
          "{\"inserted\":"
              + result.numInserted()
              + ",\"updated\":"
              + result.numUpdated()
              + ",\"deleted\":"
              + result.numDeleted()
              + ",\"version\":"
              + result.version()
              + "}");
    }
    return 0;
  }

  private MergeInsertBuilder merge(Table table) {
    MergeInsertBuilder merge = table.mergeInsert(on.toArray(String[]::new));
    Optional<String> updateIf = condition(whenMatched, "update");
    if (updateIf.isPresent()) {
      merge.whenMatchedUpdateAll(updateIf.get());
    } else if (chosen("--when-matched", whenMatched, "update", "skip")) {
      merge.whenMatchedUpdateAll();
    }
    if (chosen("--when-not-matched", whenNotMatched, "insert", "skip")) {
      merge.whenNotMatchedInsertAll();
    }
    Optional<String> deleteIf = condition(whenMissing, "delete");
    if (deleteIf.isPresent()) {
      merge.whenNotMatchedBySourceDelete(deleteIf.get());
    } else if (chosen("--when-not-matched-by-source", whenMissing, "delete", "keep")) {
      merge.whenNotMatchedBySourceDelete();
    }
    return merge;
  }

  /// What follows `ACTION if`.
  private static Optional<String> condition(String value, String action) {
    String text = value.strip();
    String prefix = action + " if ";
    return text.toLowerCase(Locale.ROOT).startsWith(prefix)
        ? Optional.of(text.substring(prefix.length()))
        : Optional.empty();
  }

  private static boolean chosen(String option, String value, String yes, String no) {
    String word = value.strip().toLowerCase(Locale.ROOT);
    if (word.equals(yes)) {
      return true;
    }
    if (word.equals(no)) {
      return false;
    }
    throw new InvalidInputException(
        option + ": expected=" + yes + " or " + no + ", found=" + value);
  }
}
