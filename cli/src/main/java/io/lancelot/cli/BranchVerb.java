package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import io.lancelot.Table;
import io.lancelot.table.BranchInfo;
import io.lancelot.table.TagInfo;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

final class BranchVerb extends Verb {

  private @Nullable Format format;

  private @Nullable String from;

  private final PrintStream out;

  BranchVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Branches: list|create|delete URI TABLE [NAME] [--from VERSION|TAG|BRANCH]";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--from", "VERSION|TAG|BRANCH", "where the branch begins", value -> from = value);
    arguments.option(
        "--format",
        "FORMAT",
        "json, or a line each",
        value -> format = Arguments.choice("--format", value, Format.class));
  }

  @Override
  int call() throws IOException {
    String action = action(List.of("list", "create", "delete"));
    Target target = targetAfterAction(1);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      if (action.equals("list")) {
        list(table.branches().list().values());
        return 0;
      }
      String name = target.rest(0, "a name");
      if (action.equals("delete")) {
        table.branches().delete(name);
        TagVerb.print(out, name, null);
      } else {
        try (Table branch = create(table, name)) {
          TagVerb.print(out, name, branch.version());
        }
      }
    }
    return 0;
  }

  private Table create(Table table, String name) {
    String start = from;
    if (start == null) {
      return table.branches().create(name);
    }
    if (start.matches("\\d{1,18}")) {
      return table.branches().create(name, Long.parseLong(start));
    }
    TagInfo tag = table.tags().list().get(start);
    if (tag == null) {
      try (Table parent = table.branches().open(start)) {
        return parent.branches().create(name);
      }
    }
    if (tag.branch().isEmpty()) {
      return table.branches().create(name, tag.version());
    }
    try (Table parent = table.branches().open(tag.branch().get())) {
      return parent.branches().create(name, tag.version());
    }
  }

  private void list(Collection<BranchInfo> branches) throws IOException {
    if (format != Format.JSON) {
      for (BranchInfo branch : branches) {
        out.println(
            branch.name()
                + "  from "
                + branch.parent().orElse("main")
                + " "
                + branch.parentVersion());
      }
      return;
    }
    try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
      json.writeStartArray();
      for (BranchInfo branch : branches) {
        json.writeStartObject();
        json.writeStringField("name", branch.name());
        json.writeStringField("parent", branch.parent().orElse(null));
        json.writeNumberField("version", branch.parentVersion());
        json.writeStringField("created", branch.createdAt().toString());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    out.println();
  }
}
