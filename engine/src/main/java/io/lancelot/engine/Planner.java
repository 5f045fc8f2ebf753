package io.lancelot.engine;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.expr.Expr;
import io.lancelot.expr.Filter;
import io.lancelot.expr.Projection;
import io.lancelot.index.FullTextQuery;
import io.lancelot.kernels.Metric;
import io.lancelot.table.Fragment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.roaringbitmap.RoaringBitmap;

/// Turns a query over a schema into a plan. Does no I/O but for opening indices.
final class Planner {

  /// Columns that every table has without storing them.
  private static final List<Field> SYSTEM = List.of(Plan.ROW_ID, Plan.ROW_ADDRESS, Plan.ROW_OFFSET);

  private final Schema table;
  private final Query query;
  private final IndexCatalog indices;

  private Planner(IndexCatalog indices, Query query) {
    this.table = indices.schema();
    this.query = query;
    this.indices = indices;
  }

  /// @param indices the version, and its indices
  /// @throws InvalidInputException if the query names what the table has not
  static Plan plan(IndexCatalog indices, Query query) {
    Planner planner = new Planner(indices, query);
    boolean hybrid = query.text().isPresent() && query.nearest().isPresent();
    if (hybrid || query.fusion().isPresent()) {
      return planner.fused();
    }
    if (query.text().isPresent()) {
      return planner.text(query.text().get());
    }
    return query.nearest().isPresent() ? planner.nearest(query.nearest().get()) : planner.scan();
  }

  /// What a scan reads and computes, whatever its filter and limit.
  ///
  /// @param columns of the table
  /// @param project the columns computed from them; empty if they come out as they are
  record ScanShape(
      List<Field> columns,
      boolean withRowAddress,
      boolean withRowId,
      Optional<Plan.Project> project) {}

  private Plan scan() {
    if (query.grouping().isPresent()) {
      return grouped(query.grouping().get());
    }
    if (!query.order().isEmpty()) {
      return sorted();
    }
    Optional<Filter> filter =
        query.filter().map(expr -> Filter.of(expr, withSystemColumns(SYSTEM)));
    boolean numbers =
        query.select().stream()
            .anyMatch(output -> output.expr().equals(column(Plan.ROW_OFFSET.name())));
    if (numbers && table.indexOf(Plan.ROW_OFFSET.name()) < 0
        || filter.stream().flatMap(tried -> tried.columns().stream()).anyMatch(this::isSystem)) {
      return byPlace(filter);
    }
    ScanShape shape = indices.shape(query, this::scanShape);
    Plan plan = scan(shape, filter, lookup(filter));
    if (query.limit().isPresent() || query.offset() > 0) {
      plan = new Plan.Limit(plan, query.offset(), query.limit());
    }
    Plan input = plan;
    return shape
        .project
        .<Plan>map(project -> new Plan.Project(input, project.schema(), project.expressions()))
        .orElse(plan);
  }

  private Plan.Scan scan(
      ScanShape shape, Optional<Filter> filter, Optional<Plan.IndexLookup> lookup) {
    return new Plan.Scan(
        shape.columns, table.metadata(), filter, shape.withRowAddress, shape.withRowId, lookup);
  }

  private ScanShape scanShape() {
    List<Query.Output> outputs = outputs();
    Schema available = withSystemColumns(List.of(Plan.ROW_ID, Plan.ROW_ADDRESS));
    Map<Query.Output, Projection> bound = bind(outputs, available);
    Set<String> needed = columnsOf(bound);
    ScanShape plain =
        new ScanShape(
            tableColumns(needed),
            query.withRowAddress() || needed.contains(Plan.ROW_ADDRESS.name()),
            query.withRowId() || needed.contains(Plan.ROW_ID.name()),
            Optional.empty());
    Plan scan = scan(plain, Optional.empty(), Optional.empty());
    return project(scan, outputs, places()) instanceof Plan.Project project
        ? new ScanShape(plain.columns, plain.withRowAddress, plain.withRowId, Optional.of(project))
        : plain;
  }

  /// Whether a column is one that every table has, and not one of that name which is stored.
  private boolean isSystem(String name) {
    return table.indexOf(name) < 0 && SYSTEM.stream().anyMatch(field -> field.name().equals(name));
  }

  /// Rows chosen by where they are, or that say where: finds their addresses without reading more
  /// than the filter needs, and fetches the rest for rows that are returned.
  private Plan byPlace(Optional<Filter> filter) {
    List<Query.Output> outputs = outputs();
    Set<String> needed = columnsOf(bind(outputs, withSystemColumns(SYSTEM)));
    Set<String> tried = filter.map(Filter::columns).map(Set::copyOf).orElse(Set.of());
    String number = Plan.ROW_OFFSET.name();
    boolean offsets = isSystem(number) && (needed.contains(number) || tried.contains(number));
    Plan plan =
        new Plan.Scan(
            tableColumns(tried),
            table.metadata(),
            Optional.empty(),
            true,
            tried.contains(Plan.ROW_ID.name()),
            Optional.empty());
    if (offsets) {
      plan = new Plan.Offsets(plan);
    }
    if (filter.isPresent()) {
      plan = new Plan.FilterRows(plan, filter.get());
    }
    if (query.limit().isPresent() || query.offset() > 0) {
      plan = new Plan.Limit(plan, query.offset(), query.limit());
    }
    List<Field> kept =
        offsets ? List.of(Plan.ROW_ADDRESS, Plan.ROW_OFFSET) : List.of(Plan.ROW_ADDRESS);
    List<Projection> places = new ArrayList<>();
    for (Field field : kept) {
      places.add(Projection.of(column(field.name()), plan.schema()));
    }
    plan = new Plan.Project(plan, new Schema(kept, table.metadata()), places);
    return project(take(plan, needed), outputs, places());
  }

  /// What says where a row is, as far as it was asked for.
  private List<Field> places() {
    List<Field> places = new ArrayList<>();
    if (query.withRowId()) {
      places.add(Plan.ROW_ID);
    }
    if (query.withRowAddress()) {
      places.add(Plan.ROW_ADDRESS);
    }
    return places;
  }

  /// Fetches columns, and what says where rows are, of rows known by their address.
  private Plan.Take take(Plan found, Set<String> needed) {
    return new Plan.Take(
        found,
        tableColumns(needed),
        query.withRowId() || needed.contains(Plan.ROW_ID.name()),
        query.withRowAddress() || needed.contains(Plan.ROW_ADDRESS.name()));
  }

  /// Reads keys and addresses, sorts them, and fetches the rest only for rows that are returned.
  private Plan sorted() {
    Optional<Filter> filter = query.filter().map(expr -> Filter.of(expr, table));
    List<Query.Output> outputs = outputs();
    Schema available = withSystemColumns(List.of(Plan.ROW_ID, Plan.ROW_ADDRESS));
    Set<String> needed = columnsOf(bind(outputs, available));
    Set<String> keyColumns = new LinkedHashSet<>();
    for (Query.Ordering ordering : query.order()) {
      keyColumns.addAll(Projection.of(ordering.key(), table).columns());
    }
    Plan scan =
        new Plan.Scan(
            tableColumns(keyColumns), table.metadata(), filter, true, false, lookup(filter));
    Plan plan = ordered(scan, query.limit());
    Schema addresses = new Schema(List.of(Plan.ROW_ADDRESS), table.metadata());
    plan =
        new Plan.Project(
            plan,
            addresses,
            List.of(Projection.of(column(Plan.ROW_ADDRESS.name()), plan.schema())));
    return project(take(plan, needed), outputs, places());
  }

  /// Reads what keys and aggregates are computed of; everything else works on the groups.
  private Plan grouped(Grouping grouping) {
    Optional<Filter> filter = query.filter().map(expr -> Filter.of(expr, table));
    Set<String> needed = new LinkedHashSet<>();
    for (Query.Output key : grouping.keys()) {
      needed.addAll(Projection.of(key.expr(), table).columns());
    }
    for (Grouping.Measure measure : grouping.measures()) {
      measure.argument().ifPresent(expr -> needed.addAll(Projection.of(expr, table).columns()));
    }
    Plan.Scan scan =
        new Plan.Scan(tableColumns(needed), table.metadata(), filter, false, false, lookup(filter));
    List<Plan.Measured> measures = new ArrayList<>();
    for (Grouping.Measure measure : grouping.measures()) {
      measures.add(
          new Plan.Measured(
              measure.name(),
              measure.function(),
              measure.argument().map(expr -> Projection.of(expr, scan.schema()))));
    }
    Plan.Aggregate aggregate =
        new Plan.Aggregate(
            scan,
            grouping.keys().stream().map(Query.Output::name).toList(),
            grouping.keys().stream().map(key -> Projection.of(key.expr(), scan.schema())).toList(),
            measures);
    Plan plan = KnownAggregates.of(aggregate, indices).<Plan>map(known -> known).orElse(aggregate);
    if (grouping.having().isPresent()) {
      plan = new Plan.FilterRows(plan, Filter.of(grouping.having().get(), plan.schema()));
    }
    plan = ordered(plan, query.limit());
    return query.select().isEmpty() ? plan : project(plan, query.select(), List.of());
  }

  /// The rows asked for of a plan that has the columns to order by.
  private Plan ordered(Plan input, OptionalLong limit) {
    Plan plan = input;
    if (!query.order().isEmpty()) {
      List<Projection> keys = new ArrayList<>();
      for (Query.Ordering ordering : query.order()) {
        keys.add(Projection.of(ordering.key(), plan.schema()));
      }
      OptionalLong most =
          limit.isPresent()
              ? OptionalLong.of(Math.addExact(limit.getAsLong(), query.offset()))
              : OptionalLong.empty();
      plan = new Plan.Sort(plan, query.order(), keys, most);
    }
    if (limit.isPresent() || query.offset() > 0) {
      plan = new Plan.Limit(plan, query.offset(), limit);
    }
    return plan;
  }

  private Optional<Plan.IndexLookup> lookup(Optional<Filter> filter) {
    return filter.isEmpty() ? Optional.empty() : new IndexPlanner(indices).plan(filter.get());
  }

  /// The same for searches, which come with the same filters again and again.
  private Optional<Plan.IndexLookup> known(Optional<Filter> filter) {
    return filter.flatMap(each -> indices.filters().lookup(each, () -> lookup(filter)));
  }

  /// The addresses and distances of the nearest rows, as many as the page reaches.
  private Plan nearestRows(Nearest nearest, Optional<Filter> filter) {
    IndexedColumn column = VectorColumns.of(nearest, indices.snapshot());
    Optional<VectorIndexes.Choice> index = vectorIndex(nearest, column);
    Metric metric =
        nearest.metric().orElse(index.map(VectorIndexes.Choice::metric).orElse(Metric.L2));
    long limit = query.limit().orElse(Query.DEFAULT_LIMIT);
    int k = (int) Math.min(limit + query.offset(), Integer.MAX_VALUE - 8);
    Plan.NearestScan scan =
        new Plan.NearestScan(
            column,
            VectorColumns.queries(nearest, metric, column),
            k,
            nearest.lower(),
            nearest.upper(),
            query.prefilter() ? filter : Optional.empty(),
            table.metadata(),
            query.prefilter() ? known(filter) : Optional.empty());
    // A range may ask for rows that are none of the nearest: only a scan is sure of those.
    boolean ranged = !Float.isNaN(nearest.lower()) || !Float.isNaN(nearest.upper());
    checkMostExact(nearest, scan, index.filter(_ -> !ranged));
    return index.isEmpty() || ranged
        ? scan
        : new Plan.NearestProbe(
            scan,
            index.get().name(),
            nearest.tuning(),
            index.get().segments(),
            nearest.tuning().fastSearch() ? new RoaringBitmap() : index.get().uncovered());
  }

  /// A row that holds a list of vectors counts for so many others.
  private static final int LIST_WEIGHT = 10;

  /// Refuses a search that would compare more rows than it may: all of them without an index, those
  /// that the index does not cover with one.
  private void checkMostExact(
      Nearest nearest, Plan.NearestScan scan, Optional<VectorIndexes.Choice> index) {
    long most = nearest.tuning().mostExact();
    if (most == 0) {
      return;
    }
    long rows = 0;
    for (Fragment fragment : indices.snapshot().fragments()) {
      if (index.isEmpty()
          || !nearest.tuning().fastSearch()
              && index.get().uncovered().contains((int) fragment.id())) {
        rows += fragment.liveRows();
      }
    }
    if (rows * (scan.lists() ? LIST_WEIGHT : 1) > most) {
      throw new InvalidInputException(
          "exact vector search: expected=at most "
              + (scan.lists() ? most / LIST_WEIGHT : most)
              + " rows without a vector index, found="
              + rows
              + " (column="
              + scan.column().name()
              + ")");
    }
  }

  private Plan nearest(Nearest nearest) {
    Optional<Filter> filter = query.filter().map(indices.filters()::bound);
    long limit = query.limit().orElse(Query.DEFAULT_LIMIT);
    Plan found = nearestRows(nearest, filter);
    boolean several = found.schema().names().contains(Plan.QUERY_INDEX.name());
    List<Field> last = new ArrayList<>(List.of(Plan.DISTANCE));
    last.addAll(places());
    if (several) {
      last.add(Plan.QUERY_INDEX);
    }
    FoundShape shape = foundShape(found, filter, last);
    Plan plan = fetched(found, filter, shape);
    if (!several) {
      plan = new Plan.Limit(plan, query.offset(), OptionalLong.of(limit));
    } else if (query.offset() > 0) {
      throw new InvalidInputException(
          "offset with several query vectors: expected=0, found=" + query.offset());
    }
    return shape.computed(plan);
  }

  /// What a search fetches and computes, whichever rows it finds.
  ///
  /// @param columns of the table
  /// @param project the columns computed from them; empty if they come out as they are
  record FoundShape(
      List<Field> columns,
      boolean withRowId,
      boolean withRowAddress,
      Optional<Plan.Project> project) {

    private Plan computed(Plan input) {
      return project
          .<Plan>map(shape -> new Plan.Project(input, shape.schema(), shape.expressions()))
          .orElse(input);
    }
  }

  /// @param filter what is tried on rows found, where it comes after the search
  /// @param last what comes out behind the columns asked for
  private FoundShape foundShape(Plan found, Optional<Filter> filter, List<Field> last) {
    Set<String> more = new LinkedHashSet<>();
    if (!query.prefilter()) {
      filter.ifPresent(tried -> more.addAll(tried.columns()));
    }
    List<Field> system = new ArrayList<>(last);
    if (!query.withRowId()) {
      system.add(Plan.ROW_ID);
    }
    if (!query.withRowAddress()) {
      system.add(Plan.ROW_ADDRESS);
    }
    if (!query.order().isEmpty()) {
      Schema available = withSystemColumns(system);
      for (Query.Ordering ordering : query.order()) {
        more.addAll(Projection.of(ordering.key(), available).columns());
      }
    }
    return more.isEmpty()
        ? indices.foundShape(query, last, () -> foundShape(found, last, system, more))
        : foundShape(found, last, system, more);
  }

  /// @param system columns that the table does not store
  /// @param more columns that are needed beside those asked for
  private FoundShape foundShape(
      Plan found, List<Field> last, List<Field> system, Set<String> more) {
    List<Query.Output> outputs = outputs();
    Set<String> needed = columnsOf(bind(outputs, withSystemColumns(system)));
    needed.addAll(more);
    Plan.Take taken = take(found, needed);
    return new FoundShape(
        taken.columns(),
        taken.withRowId(),
        taken.withRowAddress(),
        project(taken, outputs, last) instanceof Plan.Project project
            ? Optional.of(project)
            : Optional.empty());
  }

  /// Rows known by their address, with the columns of a shape; those that pass the filter, where it
  /// comes after the search.
  private Plan fetched(Plan found, Optional<Filter> filter, FoundShape shape) {
    Plan plan = new Plan.Take(found, shape.columns, shape.withRowId, shape.withRowAddress);
    return filter.isPresent() && !query.prefilter()
        ? new Plan.FilterRows(plan, filter.get())
        : plan;
  }

  /// The index that answers a search; empty for an exact one.
  private Optional<VectorIndexes.Choice> vectorIndex(Nearest nearest, IndexedColumn column) {
    return nearest.tuning().bypassIndex()
        ? Optional.empty()
        : indices.vectors().choose(column.path(), nearest.metric());
  }

  private Plan text(FullTextQuery text) {
    Optional<Filter> filter = query.filter().map(indices.filters()::bound);
    return taken(textRows(text, filter), filter, List.of(Plan.SCORE), query.limit());
  }

  /// The addresses and scores of the rows that answer best, as many as the page reaches.
  private Plan textRows(FullTextQuery text, Optional<Filter> filter) {
    boolean all = query.limit().isEmpty() || !query.order().isEmpty();
    long k = all ? Integer.MAX_VALUE : query.limit().getAsLong() + query.offset();
    return new Plan.TextScan(
        text,
        (int) Math.min(k, Integer.MAX_VALUE),
        query.prefilter() ? filter : Optional.empty(),
        table.metadata(),
        query.prefilter() ? known(filter) : Optional.empty(),
        query.indexedOnly());
  }

  /// Each search by itself, as wide as the page reaches, then one ranking.
  private Plan fused() {
    boolean all = query.nearest().isEmpty() && query.limit().isEmpty();
    long limit = all ? Integer.MAX_VALUE : query.limit().orElse(Query.DEFAULT_LIMIT);
    Query each =
        new Query(
            query.filter(),
            query.prefilter(),
            List.of(new Query.Output(Plan.ROW_ID.name(), column(Plan.ROW_ID.name()))),
            all ? OptionalLong.empty() : OptionalLong.of(wholePages(limit, query.offset())),
            0,
            true,
            false,
            query.nearest(),
            query.text(),
            query.indexedOnly(),
            Optional.empty(),
            List.of(),
            Optional.empty(),
            query.within());
    Planner planner = new Planner(indices, each);
    Optional<Filter> filter = query.filter().map(indices.filters()::bound);
    // Rows tried afterwards are fetched; others are known by their addresses until they are ranked.
    boolean postfilter = filter.isPresent() && !query.prefilter();
    Fusion.Settings settings = query.fusion().orElse(Fusion.Settings.DEFAULT);
    for (String name : settings.fusion().columns()) {
      if (table.field(name).isEmpty()) {
        throw new InvalidInputException(
            "reranker: expected=a column of the table, found="
                + name
                + " (reranker="
                + settings.fusion().name()
                + ")");
      }
    }
    Optional<Plan> near =
        query
            .nearest()
            .map(to -> postfilter ? planner.nearest(to) : planner.nearestRows(to, filter));
    if (query.text().isPresent()
        && near.filter(rows -> rows.schema().fields().contains(Plan.QUERY_INDEX)).isPresent()) {
      throw new InvalidInputException(
          "hybrid search: expected=one vector, found=" + query.nearest().get().vectors().size());
    }
    Plan plan =
        new Plan.Fuse(
            near,
            query.text().map(to -> postfilter ? planner.text(to) : planner.textRows(to, filter)),
            settings,
            settings.words().or(() -> query.text().map(FullTextQuery::words)).orElse(""),
            limit,
            query.offset(),
            table.metadata());
    List<Field> scores = new ArrayList<>(plan.schema().fields());
    scores.remove(Plan.ROW_ADDRESS);
    return taken(plan, Optional.empty(), scores, OptionalLong.of(limit));
  }

  /// Rows up to the end of the page in which the last row wanted is, counted in pages of that
  /// limit.
  private static long wholePages(long limit, long offset) {
    long page = Math.max(1, limit);
    return Math.multiplyExact(Math.ceilDiv(Math.addExact(limit, offset), page), page);
  }

  /// The columns asked for, of rows known by their address, which come out with their scores.
  private Plan taken(Plan found, Optional<Filter> filter, List<Field> scores, OptionalLong limit) {
    List<Field> last = new ArrayList<>(scores);
    last.addAll(places());
    FoundShape shape = foundShape(found, filter, last);
    return shape.computed(ordered(fetched(found, filter, shape), limit));
  }

  private List<Query.Output> outputs() {
    if (!query.select().isEmpty()) {
      return query.select();
    }
    List<Query.Output> all = new ArrayList<>();
    for (Field field : indices.shown().fields()) {
      all.add(new Query.Output(field.name(), column(field.name())));
    }
    return all;
  }

  private Schema withSystemColumns(List<Field> system) {
    List<Field> fields = new ArrayList<>(table.fields());
    for (Field field : system) {
      if (table.indexOf(field.name()) < 0) {
        fields.add(field);
      }
    }
    return Schema.of(fields);
  }

  private static Expr column(String name) {
    return new Expr.Column(List.of(name), true);
  }

  private static Map<Query.Output, Projection> bind(List<Query.Output> outputs, Schema available) {
    Map<Query.Output, Projection> bound = new LinkedHashMap<>();
    Set<String> names = new LinkedHashSet<>();
    for (Query.Output output : outputs) {
      if (!names.add(output.name())) {
        throw new InvalidInputException("column selected twice: found=" + output.name());
      }
      bound.put(output, Projection.of(output.expr(), available));
    }
    return bound;
  }

  private static Set<String> columnsOf(Map<Query.Output, Projection> bound) {
    Set<String> columns = new LinkedHashSet<>();
    bound.values().forEach(projection -> columns.addAll(projection.columns()));
    return columns;
  }

  private List<Field> tableColumns(Set<String> needed) {
    return table.fields().stream().filter(field -> needed.contains(field.name())).toList();
  }

  /// Puts columns into the order asked for, unless they have it already.
  private Plan project(Plan input, List<Query.Output> outputs, List<Field> last) {
    Schema available = input.schema();
    List<Query.Output> all = new ArrayList<>(outputs);
    for (Field field : last) {
      if (outputs.stream().noneMatch(output -> output.name().equals(field.name()))) {
        all.add(new Query.Output(field.name(), column(field.name())));
      }
    }
    boolean same = all.size() == available.fields().size();
    for (int i = 0; same && i < all.size(); i++) {
      String name = available.fields().get(i).name();
      same = all.get(i).name().equals(name) && all.get(i).expr().equals(column(name));
    }
    if (same) {
      return input;
    }
    List<Field> fields = new ArrayList<>();
    List<Projection> expressions = new ArrayList<>();
    for (Query.Output output : all) {
      Projection projection = Projection.of(output.expr(), available);
      boolean plain = output.expr().equals(column(output.name()));
      fields.add(
          plain
              ? available.field(output.name()).orElseThrow()
              : Field.nullable(output.name(), projection.type()));
      expressions.add(projection);
    }
    return new Plan.Project(input, new Schema(fields, available.metadata()), expressions);
  }
}
