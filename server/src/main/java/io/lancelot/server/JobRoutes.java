package io.lancelot.server;

import io.lancelot.base.InvalidInputException;
import io.lancelot.server.Router.PlaceHandler;
import io.lancelot.server.Router.Route;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What goes on in the background of a database.
final class JobRoutes {

  private static final int PAGE = 1000;

  private final Jobs jobs;

  JobRoutes(Jobs jobs) {
    this.jobs = jobs;
  }

  void addTo(Map<String, Route<PlaceHandler>> routes) {
    routes.put("jobs/list", new Route<>(Access.READ, this::list));
    routes.put("jobs/describe", new Route<>(Access.READ, this::describe));
    routes.put("jobs/cancel", new Route<>(Access.WRITE, this::cancel));
  }

  private static boolean belongs(Exchange exchange, Jobs.Job job, Databases.Place place) {
    return job.table().place().database().equals(place.database()) && exchange.sees(job.table());
  }

  private void list(Exchange exchange, Databases.Place place) {
    List<Jobs.Job> known =
        jobs.all().stream().filter(job -> belongs(exchange, job, place)).toList();
    String after = QueryBody.text(exchange.body(), "page_token").orElse("");
    int from = 0;
    for (int i = 0; i < known.size() && !after.isEmpty(); i++) {
      if (known.get(i).id().equals(after)) {
        from = i + 1;
      }
    }
    long limit = QueryBody.number(exchange.body(), "limit").orElse(PAGE);
    int to = (int) Math.min(known.size(), from + Math.max(1, Math.min(limit, PAGE)));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("jobs", known.subList(from, to).stream().map(Jobs.Job::summary).toList());
    if (to < known.size()) {
      answer.put("page_token", known.get(to - 1).id());
    }
    exchange.answer(answer);
  }

  private Jobs.Job job(Exchange exchange, Databases.Place place) {
    String id =
        QueryBody.text(exchange.body(), "job_id")
            .orElseThrow(() -> new InvalidInputException("job_id: expected=an id, found=nothing"));
    return jobs.find(id)
        .filter(job -> belongs(exchange, job, place))
        .orElseThrow(
            () -> new Failures.Coded(Failures.Code.TRANSACTION_NOT_FOUND, "no such job: " + id));
  }

  private void describe(Exchange exchange, Databases.Place place) {
    exchange.answer(job(exchange, place).description());
  }

  private void cancel(Exchange exchange, Databases.Place place) {
    Jobs.cancel(job(exchange, place));
    exchange.answer(Map.of());
  }
}
