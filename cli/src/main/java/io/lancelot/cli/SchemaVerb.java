package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.Database;
import io.lancelot.Table;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

final class SchemaVerb extends Verb {

  private @Nullable Format format;

  private final PrintStream out;

  SchemaVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Shows the columns of a table: URI TABLE";
  }

  @Override
  void declare(Arguments arguments) {
    super.declare(arguments);
    arguments.option(
        "--format",
        "FORMAT",
        "json, or a line per column",
        value -> format = Arguments.choice("--format", value, Format.class));
  }

  @Override
  int call() throws Exception {
    Target target = target(0);
    try (Database database = connect(target);
        Table table = open(database, target)) {
      Schema schema = table.schema();
      if (format == Format.JSON) {
        writeJson(schema);
      } else {
        for (Field field : schema.fields()) {
          out.println(
              field.name()
                  + ": "
                  + field.type().arrowName()
                  + (field.nullable() ? "" : " not null"));
        }
      }
    }
    return 0;
  }

  private void writeJson(Schema schema) throws IOException {
    try (JsonGenerator json = RowOutput.JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeArrayFieldStart("fields");
      for (Field field : schema.fields()) {
        writeField(json, field);
      }
      json.writeEndArray();
      writeMetadata(json, schema.metadata());
      json.writeEndObject();
    }
    out.println();
  }

  private static void writeField(JsonGenerator json, Field field) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", field.name());
    json.writeStringField("type", field.type().arrowName());
    json.writeBooleanField("nullable", field.nullable());
    writeMetadata(json, field.metadata());
    if (!field.type().children().isEmpty()) {
      json.writeArrayFieldStart("children");
      for (Field child : field.type().children()) {
        writeField(json, child);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private static void writeMetadata(JsonGenerator json, Map<String, String> metadata)
      throws IOException {
    json.writeObjectFieldStart("metadata");
    for (Map.Entry<String, String> entry : new java.util.TreeMap<>(metadata).entrySet()) {
      json.writeStringField(entry.getKey(), entry.getValue());
    }
    json.writeEndObject();
  }
}
