package io.lancelot.server;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.ipc.IpcWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Jobs of a database.
final class JobRoutes {

  private static final Schema EVENTS =
      Schema.of(
          Field.nullable("job_id", Types.UTF8),
          Field.nullable("state", Types.UTF8),
          Field.nullable("message", Types.UTF8));

  private final Jobs jobs;
  private final Memory memory;

  JobRoutes(Jobs jobs, Memory memory) {
    this.jobs = jobs;
    this.memory = memory;
  }

  void route(Exchange exchange, Path database, String action) {
    switch (action) {
      case "list" ->
          exchange.answer(Map.of("jobs", jobs.of(database).stream().map(Jobs.Job::line).toList()));
      case "describe" -> exchange.answer(job(exchange, database).description());
      case "cancel" -> {
        Jobs.cancel(job(exchange, database));
        exchange.answer(Map.of());
      }
      case "query_events" -> events(exchange, database);
      case "pause", "resume" -> throw NotBuilt.failure("jobs/" + action, "pausing of jobs");
      default -> throw Router.notFound(exchange);
    }
  }

  private Jobs.Job job(Exchange exchange, Path database) {
    String id = Body.requiredText(exchange.body(), "job_id");
    return jobs.find(database, id)
        .orElseThrow(
            () -> new Failures.Coded(Failures.Code.INVALID_INPUT, 404, "job not found: " + id));
  }

  /// What there is to say about jobs: where each of them stands.
  private void events(Exchange exchange, Path database) {
    String id = Body.text(exchange.body(), "job_id").orElse("");
    List<Jobs.Job> found =
        jobs.of(database).stream().filter(job -> id.isEmpty() || job.id().equals(id)).toList();
    if (Body.text(exchange.body(), "filter").isPresent()) {
      throw new InvalidInputException("filter: expected=none for events of jobs");
    }
    try (OutputStream out = exchange.answerStream(WriteRoutes.ARROW_STREAM);
        Scratch scratch = memory.scratch();
        IpcWriter writer = IpcWriter.stream(Channels.newChannel(out), EVENTS, memory)) {
      ColumnBuilder ids = ColumnBuilder.of(Types.UTF8, scratch);
      ColumnBuilder states = ColumnBuilder.of(Types.UTF8, scratch);
      ColumnBuilder messages = ColumnBuilder.of(Types.UTF8, scratch);
      for (Jobs.Job job : found) {
        ids.append(job.id());
        states.append(job.state().name());
        messages.append(job.failure());
      }
      writer.write(
          new Batch(EVENTS, found.size(), List.of(ids.build(), states.build(), messages.build())));
      writer.finish();
    } catch (IOException e) {
      throw new StorageException("cannot send the answer: " + e.getMessage(), e);
    }
  }
}
