package io.lancelot.server;

import io.lancelot.MergeInsertBuilder;
import io.lancelot.Table;
import io.lancelot.UpdateBuilder;
import io.lancelot.base.InvalidInputException;
import io.lancelot.server.Router.Route;
import io.lancelot.server.Router.TableHandler;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What changes the rows of a table.
final class WriteRoutes {

  private final Services services;

  WriteRoutes(Services services) {
    this.services = services;
  }

  void addTo(Map<String, Route<TableHandler>> routes) {
    routes.put("insert", new Route<>(Access.WRITE, this::insert));
    routes.put("merge_insert", new Route<>(Access.WRITE, this::merge));
    routes.put("update", new Route<>(Access.WRITE, this::update));
    routes.put("delete", new Route<>(Access.WRITE, this::delete));
  }

  static void answerVersion(Exchange exchange, Table table, long version) {
    exchange.withHeader("x-lancedb-version", Long.toString(version));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("location", table.uri());
    answer.put("version", version);
    exchange.answer(answer);
  }

  private void insert(Exchange exchange, TableRef ref) {
    Table table = services.tableOfStream(ref);
    String mode = exchange.param("mode").orElse("append");
    try (SentRows rows = SentRows.of(exchange, services)) {
      long version =
          switch (mode) {
            case "append" -> table.add(rows);
            case "overwrite" -> table.overwrite(rows);
            default ->
                throw new InvalidInputException(
                    "mode: expected one of append, overwrite, found=" + mode);
          };
      services.upkeep().touched(ref);
      answerVersion(exchange, table, version);
    }
  }

  private void delete(Exchange exchange, TableRef ref) {
    Table table = services.table(exchange, ref);
    String predicate =
        QueryBody.text(exchange.body(), "predicate")
            .orElseThrow(
                () -> new InvalidInputException("predicate: expected=a filter, found=nothing"));
    Table.DeleteResult deleted = table.delete(predicate);
    services.upkeep().touched(Services.branched(ref, exchange.body()));
    exchange.withHeader("x-lancedb-version", Long.toString(deleted.version()));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("num_deleted_rows", deleted.rows());
    answer.put("version", deleted.version());
    exchange.answer(answer);
  }

  private void update(Exchange exchange, TableRef ref) {
    UpdateBuilder update = services.table(exchange, ref).update();
    QueryBody.text(exchange.body(), "predicate")
        .filter(predicate -> !predicate.isBlank())
        .ifPresent(update::where);
    if (!(exchange.body().get("updates") instanceof List<?> updates) || updates.isEmpty()) {
      throw new InvalidInputException("updates: expected=pairs of column and expression");
    }
    for (Object each : updates) {
      if (!(each instanceof List<?> pair) || pair.size() != 2) {
        throw new InvalidInputException("updates: expected=[column, expression], found=" + each);
      }
      update.setSql(String.valueOf(pair.get(0)), String.valueOf(pair.get(1)));
    }
    Table.UpdateResult updated = update.execute();
    services.upkeep().touched(Services.branched(ref, exchange.body()));
    exchange.withHeader("x-lancedb-version", Long.toString(updated.version()));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("rows_updated", updated.rowsUpdated());
    answer.put("updated_rows", updated.rowsUpdated());
    answer.put("version", updated.version());
    exchange.answer(answer);
  }

  private void merge(Exchange exchange, TableRef ref) {
    Table table = services.tableOfStream(ref);
    List<String> on = exchange.paramValues("on");
    MergeInsertBuilder merge = table.mergeInsert(on.toArray(String[]::new));
    if (flag(exchange, "when_matched_update_all")) {
      exchange
          .param("when_matched_update_all_filt")
          .ifPresentOrElse(merge::whenMatchedUpdateAll, merge::whenMatchedUpdateAll);
    }
    if (flag(exchange, "when_not_matched_insert_all")) {
      merge.whenNotMatchedInsertAll();
    }
    if (flag(exchange, "when_not_matched_by_source_delete")) {
      exchange
          .param("when_not_matched_by_source_delete_filt")
          .ifPresentOrElse(
              merge::whenNotMatchedBySourceDelete, merge::whenNotMatchedBySourceDelete);
    }
    try (SentRows rows = SentRows.of(exchange, services)) {
      Table.MergeResult merged = merge.execute(rows);
      services.upkeep().touched(ref);
      exchange.withHeader("x-lancedb-version", Long.toString(merged.version()));
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("version", merged.version());
      answer.put("num_inserted_rows", merged.numInserted());
      answer.put("num_updated_rows", merged.numUpdated());
      answer.put("num_deleted_rows", merged.numDeleted());
      exchange.answer(answer);
    }
  }

  private static boolean flag(Exchange exchange, String name) {
    return exchange.param(name).filter(value -> value.equalsIgnoreCase("true")).isPresent();
  }
}
