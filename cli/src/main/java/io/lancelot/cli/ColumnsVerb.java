package io.lancelot.cli;

import io.lancelot.ColumnAlteration;
import io.lancelot.Database;
import io.lancelot.Table;
import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

final class ColumnsVerb extends Verb {

  private static final int MOST = 1000;

  private @Nullable String rename;

  private @Nullable String type;

  private @Nullable Boolean nullable;

  private final PrintStream out;

  ColumnsVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Changes columns: add URI TABLE NAME=EXPR|NAME:TYPE..., alter URI TABLE NAME, drop URI"
        + " TABLE NAME...";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option("--rename", "NAME", "alter: the new name", value -> rename = value);
    arguments.option(
        "--type", "TYPE", "alter: the new type: int64, double, vector(384)", value -> type = value);
    arguments.flag("--nullable", "alter: may be null from now on", () -> nullable = true);
    arguments.flag("--not-null", "alter: must not be null from now on", () -> nullable = false);
  }

  @Override
  int call() {
    String action = action(List.of("add", "alter", "drop"));
    Target target = targetAfterAction(action.equals("alter") ? 1 : MOST);
    target.rest(0, "a column");
    try (Database database = connect(target);
        Table table = open(database, target)) {
      long version =
          switch (action) {
            case "add" -> add(table, target.rest());
            case "alter" -> alter(table, target.rest().getFirst());
            default -> table.dropColumns(target.rest().toArray(String[]::new));
          };
      out.println("{\"version\":" + version + "}");
    }
    return 0;
  }

  private static long add(Table table, List<String> columns) {
    Map<String, String> expressions = new LinkedHashMap<>();
    List<Field> nulls = new ArrayList<>();
    for (String column : columns) {
      int equals = column.indexOf('=');
      int colon = column.indexOf(':');
      if (equals > 0 && (colon < 0 || equals < colon)) {
        expressions.put(column.substring(0, equals).strip(), column.substring(equals + 1));
      } else if (colon > 0) {
        String name = column.substring(0, colon).strip();
        nulls.add(Field.nullable(name, TypeText.parse(column.substring(colon + 1))));
      } else {
        throw new InvalidInputException(
            "column to add: expected=NAME=EXPRESSION or NAME:TYPE, found=" + column);
      }
    }
    long version = 0;
    if (!expressions.isEmpty()) {
      version = table.addColumns(expressions);
    }
    if (!nulls.isEmpty()) {
      version = table.addColumns(Schema.of(nulls));
    }
    return version;
  }

  private long alter(Table table, String name) {
    ColumnAlteration alteration = ColumnAlteration.of(name);
    if (rename != null) {
      alteration = alteration.rename(rename);
    }
    if (type != null) {
      alteration = alteration.castTo(TypeText.parse(type));
    }
    if (nullable != null) {
      alteration = alteration.nullable(nullable);
    }
    if (rename == null && type == null && nullable == null) {
      throw new InvalidInputException(
          "columns alter: expected=--rename, --type, --nullable or --not-null, found=none");
    }
    return table.alterColumns(alteration);
  }
}
