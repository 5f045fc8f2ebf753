package io.lancelot.engine;

import io.lancelot.columnar.Schema;
import io.lancelot.expr.Expr;
import io.lancelot.expr.Filter;
import io.lancelot.index.ScalarIndex;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Finds what indices can answer of a filter. Every part is planned twice, for the rows where it is
/// true and for those where it is false, so that NOT never has to guess about nulls.
final class IndexPlanner {

  /// Below so many entries an index is always worth its while.
  private static final long CHEAP = 1 << 16;

  /// An index that has to look at more than this share of the rows is left alone.
  private static final int SHARE = 4;

  /// Of several indices in an AND, those so much dearer than the cheapest are left to the recheck.
  private static final long DEARER = 32;

  private final IndexCatalog catalog;
  private final Schema schema;

  IndexPlanner(IndexCatalog catalog) {
    this.catalog = catalog;
    this.schema = catalog.schema();
  }

  /// @param exact whether the rows found are all that match; else there may be more among them
  /// @param cost how many entries the indices look at, roughly
  private record Answer(IndexQuery query, boolean exact, long cost) {}

  VectorIndexes vectors() {
    return catalog.vectors();
  }

  /// What indices find, and what must still be tried on the rows found; empty if indices do not
  /// help.
  Optional<Plan.IndexLookup> plan(Filter filter) {
    if (catalog.isEmpty()) {
      return Optional.empty();
    }
    List<Expr> terms =
        filter.expr() instanceof Expr.And(List<Expr> all) ? all : List.of(filter.expr());
    List<Answered> answers = new ArrayList<>();
    List<Expr> left = new ArrayList<>();
    Answer whole = filter.paths().size() == 1 ? lookup(filter, true) : null;
    if (whole != null && whole.exact) {
      terms = List.of(filter.expr());
    }
    for (Expr term : terms.size() == 1 ? terms : grouped(terms)) {
      Answer answer = answer(term, terms.size() == 1 ? filter : null, true);
      if (answer == null) {
        left.add(term);
      } else {
        answers.add(new Answered(term, answer));
      }
    }
    if (answers.isEmpty()) {
      return Optional.empty();
    }
    long cheapest = answers.stream().mapToLong(each -> each.answer.cost).min().orElse(0);
    List<IndexQuery> chosen = new ArrayList<>();
    for (Answered each : answers) {
      boolean worthIt = each.answer.cost <= CHEAP / 16 + DEARER * cheapest;
      if (worthIt) {
        chosen.add(each.answer.query);
      }
      if (!worthIt || !each.answer.exact) {
        left.add(each.term);
      }
    }
    RoaringBitmap covered = fragments(chosen);
    if (covered.isEmpty()) {
      return Optional.empty();
    }
    IndexQuery query = chosen.size() == 1 ? chosen.getFirst() : new IndexQuery.And(chosen);
    return Optional.of(new Plan.IndexLookup(query, recheck(left), covered));
  }

  private record Answered(Expr term, Answer answer) {}

  private Optional<Filter> recheck(List<Expr> left) {
    return left.isEmpty()
        ? Optional.empty()
        : Optional.of(Filter.of(left.size() == 1 ? left.getFirst() : new Expr.And(left), schema));
  }

  /// Terms on the same column put together: two bounds make one range.
  private List<Expr> grouped(List<Expr> terms) {
    Map<Object, List<Expr>> groups = new LinkedHashMap<>();
    for (Expr term : terms) {
      List<List<String>> paths = Filter.of(term, schema).paths();
      boolean indexed = paths.size() == 1 && !catalog.of(paths.getFirst()).isEmpty();
      groups
          .computeIfAbsent(indexed ? paths.getFirst() : new Object(), _ -> new ArrayList<>())
          .add(term);
    }
    if (groups.size() == 1) {
      // Together they are what the caller has tried already.
      return terms;
    }
    List<Expr> grouped = new ArrayList<>();
    groups
        .values()
        .forEach(group -> grouped.add(group.size() == 1 ? group.getFirst() : new Expr.And(group)));
    return grouped;
  }

  /// The fragments that every index covers.
  private static RoaringBitmap fragments(List<IndexQuery> queries) {
    RoaringBitmap covered = null;
    for (IndexQuery query : queries) {
      RoaringBitmap own =
          switch (query) {
            case IndexQuery.Lookup lookup -> lookup.index().fragments();
            case IndexQuery.And(List<IndexQuery> terms) -> fragments(terms);
            case IndexQuery.Or(List<IndexQuery> terms) -> fragments(terms);
            case IndexQuery.Except(IndexQuery operand) -> fragments(List.of(operand));
          };
      covered = covered == null ? own : RoaringBitmap.and(covered, own);
    }
    return covered == null ? new RoaringBitmap() : covered;
  }

  /// The rows for which an expression is true, or false.
  ///
  /// @param bound the expression bound, where that is done already
  private @Nullable Answer answer(Expr expr, @Nullable Filter bound, boolean wanted) {
    Filter filter = bound == null ? Filter.of(expr, schema) : bound;
    if (filter.paths().isEmpty()
        || filter.paths().stream().allMatch(path -> catalog.of(path).isEmpty())) {
      return null;
    }
    if (filter.paths().size() == 1) {
      Answer answer = lookup(filter, wanted);
      if (answer != null && answer.exact) {
        return answer;
      }
      Answer parts = parts(expr, wanted);
      return parts == null || answer != null && !parts.exact ? answer : parts;
    }
    return parts(expr, wanted);
  }

  private @Nullable Answer parts(Expr expr, boolean wanted) {
    return switch (expr) {
      case Expr.Not(Expr operand) -> answer(operand, null, !wanted);
      case Expr.And(List<Expr> terms) -> wanted ? some(terms, true) : every(terms, false);
      case Expr.Or(List<Expr> terms) -> wanted ? every(terms, true) : some(terms, false);
      case Expr.IsTruth(Expr operand, Expr.Truth truth, boolean negated) ->
          truth(operand, truth, wanted != negated);
      default -> null;
    };
  }

  /// The rows where all terms are so; terms that no index answers only make it inexact.
  private @Nullable Answer some(List<Expr> terms, boolean wanted) {
    List<IndexQuery> queries = new ArrayList<>();
    boolean exact = true;
    long cost = 0;
    for (Expr term : wanted ? grouped(terms) : terms) {
      Answer answer = answer(term, null, wanted);
      if (answer == null) {
        exact = false;
      } else {
        queries.add(answer.query);
        exact &= answer.exact;
        cost += answer.cost;
      }
    }
    if (queries.isEmpty()) {
      return null;
    }
    IndexQuery query = queries.size() == 1 ? queries.getFirst() : new IndexQuery.And(queries);
    return new Answer(query, exact, cost);
  }

  /// The rows where any term is so: every term needs an answer.
  private @Nullable Answer every(List<Expr> terms, boolean wanted) {
    List<IndexQuery> queries = new ArrayList<>();
    boolean exact = true;
    long cost = 0;
    for (Expr term : terms) {
      Answer answer = answer(term, null, wanted);
      if (answer == null) {
        return null;
      }
      queries.add(answer.query);
      exact &= answer.exact;
      cost += answer.cost;
    }
    return new Answer(new IndexQuery.Or(queries), exact, cost);
  }

  private @Nullable Answer truth(Expr operand, Expr.Truth truth, boolean wanted) {
    if (truth != Expr.Truth.UNKNOWN) {
      Answer answer = answer(operand, null, truth == Expr.Truth.TRUE);
      return wanted ? answer : except(answer);
    }
    Answer trues = answer(operand, null, true);
    Answer falses = answer(operand, null, false);
    if (trues == null || falses == null) {
      return null;
    }
    Answer known =
        new Answer(
            new IndexQuery.Or(List.of(trues.query, falses.query)),
            trues.exact && falses.exact,
            trues.cost + falses.cost);
    return wanted ? except(known) : known;
  }

  /// All other rows, which can be told only if it is certain that these are so.
  private static @Nullable Answer except(@Nullable Answer answer) {
    return answer == null || !answer.exact
        ? null
        : new Answer(new IndexQuery.Except(answer.query), true, answer.cost);
  }

  private @Nullable Answer lookup(Filter condition, boolean wanted) {
    Answer best = null;
    for (IndexQuery.Index index : catalog.of(condition.paths().getFirst())) {
      Answer answer = lookup(index, condition, wanted);
      if (answer != null
          && (best == null
              || answer.exact && !best.exact
              || answer.exact == best.exact && answer.cost < best.cost)) {
        best = answer;
      }
    }
    return best;
  }

  private @Nullable Answer lookup(IndexQuery.Index index, Filter condition, boolean wanted) {
    long cost = 0;
    boolean exact = true;
    boolean knowsNulls = true;
    for (IndexQuery.Segment part : index.segments()) {
      Optional<OpenSegments.Lease> lease = catalog.open(part);
      if (lease.isEmpty()) {
        return null;
      }
      try (OpenSegments.Lease segment = lease.get()) {
        Optional<ScalarIndex.Outlook> outlook =
            segment.index() instanceof ScalarIndex scalar
                ? scalar.outlook(condition)
                : Optional.empty();
        if (outlook.isEmpty()) {
          return null;
        }
        cost += outlook.get().cost();
        exact &= outlook.get().exact();
        knowsNulls &= ((ScalarIndex) segment.index()).knowsNulls();
      }
    }
    if (cost > CHEAP && cost > catalog.physicalRows(index.fragments()) / SHARE) {
      return null;
    }
    if (!wanted && !(exact && knowsNulls)) {
      // All but the nulls: not worth looking up.
      return null;
    }
    return new Answer(new IndexQuery.Lookup(index, condition, !wanted), exact, cost);
  }
}
