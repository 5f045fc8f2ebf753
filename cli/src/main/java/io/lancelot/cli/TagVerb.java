package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.table.TagInfo;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

final class TagVerb extends Verb {

  private @Nullable Format format;

  private final PrintStream out;

  TagVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Names of versions: list|create|update|delete URI TABLE [NAME] [VERSION]";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--format",
        "FORMAT",
        "json, or a line each",
        value -> format = Arguments.choice("--format", value, Format.class));
  }

  @Override
  int call() throws IOException {
    String action = action(List.of("list", "create", "update", "delete"));
    Target target = targetAfterAction(2);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      if (action.equals("list")) {
        list(table.tags().list().values());
        return 0;
      }
      String name = target.rest(0, "a name");
      if (action.equals("delete")) {
        table.tags().delete(name);
        print(out, name, null);
        return 0;
      }
      long version = target.rest().size() > 1 ? number(target.rest().get(1)) : table.version();
      if (action.equals("create")) {
        table.tags().create(name, version);
      } else {
        table.tags().update(name, version);
      }
      print(out, name, version);
    }
    return 0;
  }

  private static long number(String version) {
    if (!version.matches("\\d{1,18}")) {
      throw new InvalidInputException("version: expected=a whole number, found=" + version);
    }
    return Long.parseLong(version);
  }

  /// Prints what became of a tag or branch.
  static void print(PrintStream out, String name, @Nullable Long version) throws IOException {
    try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("name", name);
      if (version != null) {
        json.writeNumberField("version", version);
      }
      json.writeEndObject();
    }
    out.println();
  }

  private void list(Collection<TagInfo> tags) throws IOException {
    if (format != Format.JSON) {
      for (TagInfo tag : tags) {
        String branch = tag.branch().map(name -> "  " + name).orElse("");
        out.println(tag.name() + "  " + tag.version() + branch);
      }
      return;
    }
    try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
      json.writeStartArray();
      for (TagInfo tag : tags) {
        json.writeStartObject();
        json.writeStringField("name", tag.name());
        json.writeStringField("branch", tag.branch().orElse(null));
        json.writeNumberField("version", tag.version());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    out.println();
  }
}
