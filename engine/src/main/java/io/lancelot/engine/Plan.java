package io.lancelot.engine;

import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.expr.Filter;
import io.lancelot.expr.Projection;
import io.lancelot.index.FullTextQuery;
import io.lancelot.table.IndexEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// A physical plan: a tree of values that is printed and run from the same nodes. Each node says
/// what columns come out of it; rows flow from the leaves up.
public sealed interface Plan {

  /// Address of a row: fragment id in the upper, row number in the lower 32 bits.
  Field ROW_ADDRESS = Field.required("_rowaddr", Types.UINT64);

  /// Id of a row: its address unless the table keeps stable ids.
  Field ROW_ID = Field.nullable("_rowid", Types.UINT64);

  /// Where a row is among the live rows of the version, in the order of a scan.
  Field ROW_OFFSET = Field.required("_rowoffset", Types.UINT64);

  /// How far a row is from the query vector.
  Field DISTANCE = Field.nullable("_distance", Types.FLOAT32);

  /// How well a row answers a text query.
  Field SCORE = Field.nullable("_score", Types.FLOAT32);

  /// Where a row stands among those of a hybrid search.
  Field RELEVANCE = Field.nullable("_relevance_score", Types.FLOAT32);

  /// Which of several query vectors a row answers.
  Field QUERY_INDEX = Field.required("query_index", Types.INT32);

  /// What comes out.
  Schema schema();

  /// Where rows come from.
  List<Plan> inputs();

  /// The node alone, in one line.
  String label();

  /// The tree, a node a line, inputs indented below.
  default String explain() {
    StringBuilder text = new StringBuilder();
    explain(text, 0);
    return text.toString();
  }

  private void explain(StringBuilder text, int depth) {
    text.append("  ".repeat(depth)).append(label()).append('\n');
    for (Plan input : inputs()) {
      input.explain(text, depth + 1);
    }
  }

  /// Reads columns of all live rows, or of those for which a filter is true. The filter's columns
  /// are read first, the others only for rows that pass.
  ///
  /// @param columns top-level columns of the table, in the order they come out
  /// @param metadata what the table's schema carries, and so does everything that comes out
  /// @param index what indices know of the filter
  record Scan(
      List<Field> columns,
      Map<String, String> metadata,
      Optional<Filter> filter,
      boolean withRowAddress,
      boolean withRowId,
      Optional<IndexLookup> index)
      implements Plan {
    @Override
    public Schema schema() {
      List<Field> fields = new ArrayList<>(columns);
      if (withRowAddress) {
        fields.add(ROW_ADDRESS);
      }
      if (withRowId) {
        fields.add(ROW_ID);
      }
      return new Schema(fields, metadata);
    }

    @Override
    public List<Plan> inputs() {
      return index.<List<Plan>>map(List::of).orElse(List.of());
    }

    @Override
    public String label() {
      return "LanceScan: columns=["
          + columns.stream().map(Field::name).collect(Collectors.joining(", "))
          + "]"
          + filter.map(f -> ", filter=[" + f + "]").orElse("")
          + (withRowId ? ", row_id=true" : "")
          + (withRowAddress ? ", row_addr=true" : "");
    }
  }

  /// The k rows nearest to each query vector, by reading every vector: an exact search.
  ///
  /// @param column the vectors, at the top level of the table or in a struct
  /// @param queries one or more; of a column of lists of vectors only one
  /// @param k rows per query
  /// @param filter which rows take part
  /// @param metadata what the table's schema carries
  /// @param index what indices know of the filter
  record NearestScan(
      IndexedColumn column,
      List<QueryVectors> queries,
      int k,
      float lower,
      float upper,
      Optional<Filter> filter,
      Map<String, String> metadata,
      Optional<IndexLookup> index)
      implements Plan {
    /// Whether each row holds a list of vectors.
    boolean lists() {
      return column.leaf().type() instanceof DataType.ListOf;
    }

    @Override
    public Schema schema() {
      return new Schema(
          queries.size() > 1
              ? List.of(ROW_ADDRESS, DISTANCE, QUERY_INDEX)
              : List.of(ROW_ADDRESS, DISTANCE),
          metadata);
    }

    @Override
    public List<Plan> inputs() {
      return Stream.<Plan>concat(Stream.of(new Vectors(column.name())), index.stream()).toList();
    }

    @Override
    public String label() {
      return "KNNVectorDistance: column="
          + column.name()
          + ", metric="
          + queries.getFirst().metric().name().toLowerCase(java.util.Locale.ROOT)
          + ", k="
          + k
          + (Float.isNaN(lower) && Float.isNaN(upper)
              ? ""
              : ", distance_range=[" + lower + ", " + upper + ")")
          + shown(queries)
          + filter.map(f -> ", prefilter=[" + f + "]").orElse("")
          + ", exact=true";
    }
  }

  private static String shown(List<QueryVectors> queries) {
    int vectors = queries.getFirst().vectors().size();
    return (queries.size() > 1 ? ", queries=" + queries.size() : "")
        + (vectors > 1 ? ", vectors=" + vectors : "");
  }

  /// What an exact search reads. Shown below it, and run inside it.
  record Vectors(String column) implements Plan {
    @Override
    public Schema schema() {
      return Schema.of();
    }

    @Override
    public List<Plan> inputs() {
      return List.of();
    }

    @Override
    public String label() {
      return "LanceScan: columns=[" + column + "], row_addr=true";
    }
  }

  /// The k rows nearest to each query vector, by an index: estimates for rows of the partitions
  /// that the query is near to, exact distances for the best of them. Rows that no segment covers
  /// are scanned. Where a filter leaves few rows, all of those are compared instead.
  ///
  /// @param scan what an exact search would do
  /// @param name of the index
  /// @param segments of the index
  /// @param uncovered live fragments that no segment covers, and that are searched
  record NearestProbe(
      NearestScan scan,
      String name,
      Nearest.Tuning tuning,
      List<IndexEntry> segments,
      RoaringBitmap uncovered)
      implements Plan {
    @Override
    public Schema schema() {
      return scan.schema();
    }

    @Override
    public List<Plan> inputs() {
      List<Plan> inputs = new ArrayList<>();
      for (IndexEntry segment : segments) {
        inputs.add(new Partitions(segment, tuning, segments.size()));
      }
      if (!uncovered.isEmpty()) {
        inputs.add(scan);
      } else {
        scan.index().ifPresent(inputs::add);
      }
      return inputs;
    }

    @Override
    public String label() {
      return "ANNSubIndex: name="
          + name
          + ", k="
          + scan.k()
          + ", deltas="
          + segments.size()
          + ", metric="
          + metricName(scan.queries().getFirst().metric())
          + shown(scan.queries())
          + (tuning.ef() > 0 ? ", ef=" + tuning.ef() : "")
          + (tuning.refine() > 0 ? ", refine_factor=" + tuning.refine() : "")
          + scan.filter().map(f -> ", prefilter=[" + f + "]").orElse("");
    }

    private static String metricName(io.lancelot.kernels.Metric metric) {
      return switch (metric) {
        case L2 -> "L2";
        case COSINE -> "Cosine";
        case DOT -> "Dot";
        case HAMMING -> "Hamming";
      };
    }
  }

  /// The partitions of a segment in the order of their centres' distances.
  record Partitions(IndexEntry segment, Nearest.Tuning tuning, int deltas) implements Plan {
    @Override
    public Schema schema() {
      return Schema.of();
    }

    @Override
    public List<Plan> inputs() {
      return List.of();
    }

    @Override
    public String label() {
      return "ANNIvfPartition: uuid="
          + segment.uuid()
          + ", minimum_nprobes="
          + Math.max(1, tuning.minProbes())
          + ", maximum_nprobes="
          + (tuning.maxProbes() > 0 ? "Some(" + tuning.maxProbes() + ")" : "None")
          + ", deltas="
          + deltas;
    }
  }

  /// The k rows that answer a text query best.
  ///
  /// @param filter which rows take part
  /// @param metadata what the table's schema carries
  /// @param index what indices know of the filter
  /// @param indexedOnly whether rows that no text index covers are left out
  record TextScan(
      FullTextQuery query,
      int k,
      Optional<Filter> filter,
      Map<String, String> metadata,
      Optional<IndexLookup> index,
      boolean indexedOnly)
      implements Plan {
    @Override
    public Schema schema() {
      return new Schema(List.of(ROW_ADDRESS, SCORE), metadata);
    }

    @Override
    public List<Plan> inputs() {
      return index.<List<Plan>>map(List::of).orElse(List.of());
    }

    @Override
    public String label() {
      return TextLabels.of(query)
          + ", k="
          + (k == Integer.MAX_VALUE ? "all" : k)
          + filter.map(f -> ", prefilter=[" + f + "]").orElse("");
    }
  }

  /// One ranking of the rows of a vector search, a text search, or both.
  ///
  /// @param words what rerankers compare rows with
  /// @param limit rows of a page
  /// @param offset rows before the page
  record Fuse(
      Optional<Plan> vector,
      Optional<Plan> text,
      Fusion.Settings settings,
      String words,
      long limit,
      long offset,
      Map<String, String> metadata)
      implements Plan {
    @Override
    public Schema schema() {
      List<Field> fields = new ArrayList<>(List.of(ROW_ADDRESS));
      if (settings.allScores()) {
        vector.ifPresent(_ -> fields.add(DISTANCE));
        text.ifPresent(_ -> fields.add(SCORE));
      }
      fields.add(RELEVANCE);
      return new Schema(fields, metadata);
    }

    @Override
    public List<Plan> inputs() {
      return Stream.concat(vector.stream(), text.stream()).toList();
    }

    @Override
    public String label() {
      return (vector.isPresent() && text.isPresent() ? "HybridSearch" : "Rerank")
          + ": reranker="
          + settings.fusion().name()
          + ", normalize="
          + settings.normalization().name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /// The rows that indices find for a filter.
  ///
  /// @param recheck what must still be tried on them; empty if all of them match
  /// @param covered the fragments that the indices speak for; the filter is tried on the others
  record IndexLookup(IndexQuery query, Optional<Filter> recheck, RoaringBitmap covered)
      implements Plan {
    @Override
    public Schema schema() {
      return Schema.of(ROW_ADDRESS);
    }

    @Override
    public List<Plan> inputs() {
      return List.of();
    }

    @Override
    public String label() {
      return "ScalarIndexQuery: query="
          + query
          + recheck.map(filter -> ", recheck=[" + filter + "]").orElse("")
          + ", fragments="
          + covered.getCardinality();
    }
  }

  /// Adds columns of the table to rows known by their address, which goes away unless it is wanted.
  ///
  /// @param columns top-level columns of the table; they come out first
  record Take(Plan input, List<Field> columns, boolean withRowId, boolean withRowAddress)
      implements Plan {
    @Override
    public Schema schema() {
      List<Field> fields = new ArrayList<>(columns);
      for (Field field : input.schema().fields()) {
        if (!field.equals(ROW_ADDRESS)) {
          fields.add(field);
        }
      }
      if (withRowId) {
        fields.add(ROW_ID);
      }
      if (withRowAddress) {
        fields.add(ROW_ADDRESS);
      }
      return new Schema(fields, input.schema().metadata());
    }

    @Override
    public List<Plan> inputs() {
      return List.of(input);
    }

    @Override
    public String label() {
      return "Take: columns=["
          + columns.stream().map(Field::name).collect(Collectors.joining(", "))
          + "]"
          + (withRowId ? ", row_id=true" : "")
          + (withRowAddress ? ", row_addr=true" : "");
    }
  }

  /// Numbers the rows of an unfiltered scan.
  record Offsets(Plan input) implements Plan {
    @Override
    public Schema schema() {
      List<Field> fields = new ArrayList<>(input.schema().fields());
      fields.add(ROW_OFFSET);
      return new Schema(fields, input.schema().metadata());
    }

    @Override
    public List<Plan> inputs() {
      return List.of(input);
    }

    @Override
    public String label() {
      return "AddRowOffsetExec";
    }
  }

  /// Rows of the input for which the filter is true.
  record FilterRows(Plan input, Filter filter) implements Plan {
    @Override
    public Schema schema() {
      return input.schema();
    }

    @Override
    public List<Plan> inputs() {
      return List.of(input);
    }

    @Override
    public String label() {
      return "FilterExec: " + filter;
    }
  }

  /// An aggregate bound to columns.
  record Measured(String name, Grouping.Function function, Optional<Projection> argument) {

    boolean isDistinct() {
      return function == Grouping.Function.COUNT_DISTINCT;
    }

    DataType argumentType() {
      return Aggregate.plain(argument.orElseThrow().type());
    }

    Accumulator accumulator() {
      return Accumulator.of(function, argument.isEmpty() ? null : argumentType());
    }

    @Override
    public String toString() {
      String what = argument.map(Projection::toString).orElse("*");
      return switch (function) {
            case COUNT -> "count(" + what + ")";
            case COUNT_DISTINCT -> "count(DISTINCT " + what + ")";
            case SUM -> "sum(" + what + ")";
            case AVG -> "avg(" + what + ")";
            case MIN -> "min(" + what + ")";
            case MAX -> "max(" + what + ")";
          }
          + " as "
          + name;
    }
  }

  /// One row that is known without reading any.
  ///
  /// @param measures what the values are of
  /// @param values as [io.lancelot.columnar.Values] gives them
  record Known(Schema schema, List<Measured> measures, List<@Nullable Object> values)
      implements Plan {
    @Override
    public List<Plan> inputs() {
      return List.of();
    }

    @Override
    public String label() {
      return "KnownExec: " + measures;
    }
  }

  /// A row for each group of rows with the same keys. In no order.
  ///
  /// @param names what the keys are called in the result
  record Aggregate(Plan input, List<String> names, List<Projection> keys, List<Measured> measures)
      implements Plan {
    @Override
    public Schema schema() {
      List<Field> fields = new ArrayList<>();
      for (int i = 0; i < keys.size(); i++) {
        fields.add(Field.nullable(names.get(i), plain(keys.get(i).type())));
      }
      for (Measured measure : measures) {
        fields.add(Field.nullable(measure.name(), measure.accumulator().resultType()));
      }
      return Schema.of(fields);
    }

    /// Dictionaries come out as their values.
    static DataType plain(DataType type) {
      return type instanceof DataType.Dictionary dictionary ? dictionary.value() : type;
    }

    @Override
    public List<Plan> inputs() {
      return List.of(input);
    }

    @Override
    public String label() {
      List<String> groups = new ArrayList<>();
      for (int i = 0; i < keys.size(); i++) {
        groups.add(keys.get(i) + " as " + names.get(i));
      }
      return "AggregateExec: gby=" + groups + ", aggr=" + measures;
    }
  }

  /// The rows of the input in order, rows that compare equal in the order they come.
  ///
  /// @param most rows after which nobody will ask for more
  record Sort(Plan input, List<Query.Ordering> order, List<Projection> keys, OptionalLong most)
      implements Plan {
    @Override
    public Schema schema() {
      return input.schema();
    }

    @Override
    public List<Plan> inputs() {
      return List.of(input);
    }

    @Override
    public String label() {
      return "SortExec: "
          + (most.isPresent() ? "TopK(fetch=" + most.getAsLong() + "), " : "")
          + "expr="
          + order;
    }
  }

  /// Rows `[offset, offset + limit)` of the input.
  record Limit(Plan input, long offset, OptionalLong limit) implements Plan {
    @Override
    public Schema schema() {
      return input.schema();
    }

    @Override
    public List<Plan> inputs() {
      return List.of(input);
    }

    @Override
    public String label() {
      return "GlobalLimitExec: skip="
          + offset
          + ", fetch="
          + (limit.isPresent() ? limit.getAsLong() : "None");
    }
  }

  /// Columns computed from the input's.
  record Project(Plan input, Schema schema, List<Projection> expressions) implements Plan {
    @Override
    public List<Plan> inputs() {
      return List.of(input);
    }

    @Override
    public String label() {
      List<String> parts = new ArrayList<>();
      for (int i = 0; i < expressions.size(); i++) {
        parts.add(expressions.get(i) + " as " + schema.fields().get(i).name());
      }
      return "ProjectionExec: expr=[" + String.join(", ", parts) + "]";
    }
  }
}
