package io.lancelot.index.text;

import io.lancelot.base.InvalidInputException;
import io.lancelot.index.FullTextQuery;
import io.lancelot.index.TextHits;
import io.lancelot.index.TextIndex;
import io.lancelot.index.text.Clause.Mode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BinaryOperator;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;

/// A text search over the segments of some columns. Scores depend on all documents of a column's
/// segments, and on nothing else. For one thread, one query after another.
public final class TextSearch {

  /// A segment, and which of its rows may be found.
  ///
  /// @param few all of these rows, ascending, where a filter leaves few
  public record Part(TextIndex index, LongPredicate allowed, Optional<long[]> few) {}

  private final Map<String, List<Source>> columns = new LinkedHashMap<>();

  private record Source(InvertedIndex index, LongPredicate allowed, Optional<long[]> few) {}

  /// @param columns the segments of each column
  public TextSearch(Map<String, List<Part>> columns) {
    columns.forEach((name, parts) -> {
      List<Source> sources = new ArrayList<>();
      for (Part part : parts) {
        sources.add(new Source((InvertedIndex) part.index(), part.allowed(), part.few()));
      }
      this.columns.put(name, sources);
    });
  }

  /// The `k` best rows.
  ///
  /// @throws InvalidInputException if the query names a column that is not searched
  public TextHits search(FullTextQuery query, int k) {
    TopDocs best = new TopDocs(k);
    clause(query).ifPresent(clause -> find(clause, k, best));
    return best.best();
  }

  private void find(Clause clause, int k, TopDocs best) {
    if (clause.bounded()) {
      forEachPartition(clause, (search, source) -> search.top(clause, source.few, best));
      return;
    }
    if (clause instanceof Clause.Highest highest) {
      // A row that is among the best is so already by the column where it scores highest.
      Map<Long, Float> scores = new HashMap<>();
      for (Clause each : highest.clauses()) {
        TopDocs ofColumn = new TopDocs(k);
        find(each, k, ofColumn);
        TextHits hits = ofColumn.best();
        for (int i = 0; i < hits.size(); i++) {
          scores.merge(hits.rows()[i], hits.scores()[i], Math::max);
        }
      }
      scores.forEach(best::add);
      return;
    }
    evaluate(clause).forEach(best::add);
  }

  private void forEachPartition(Clause clause, BiConsumer<PartitionSearch, Source> action) {
    List<Source> sources = sources(Optional.of(clause.column()));
    float averageLength = averageLength(sources);
    for (Source source : sources) {
      for (Partition partition : source.index.partitions()) {
        try {
          action.accept(new PartitionSearch(partition, source.allowed, averageLength), source);
        } catch (IndexOutOfBoundsException e) {
          throw partition.damaged(e);
        }
      }
    }
  }

  private static float averageLength(List<Source> sources) {
    long docs = 0;
    long total = 0;
    for (Partition partition : partitions(sources)) {
      docs += partition.docCount();
      total += partition.totalTokens();
    }
    return docs == 0 ? 1 : (float) total / docs;
  }

  private List<Source> sources(Optional<String> column) {
    if (column.isEmpty()) {
      throw new InvalidInputException("full-text query: expected=a column for each part");
    }
    List<Source> sources = columns.get(column.get());
    if (sources == null) {
      throw new InvalidInputException(
          "full-text query: expected=one of the columns "
              + columns.keySet()
              + ", found="
              + column.get());
    }
    return sources;
  }

  /// Empty where a query has nothing to look for, such as one of stop words only: as a part of
  /// another query it plays no role then.
  private Optional<Clause> clause(FullTextQuery query) {
    return switch (query) {
      case FullTextQuery.Match match -> terms(match);
      case FullTextQuery.Phrase phrase -> terms(phrase);
      case FullTextQuery.MultiMatch multi -> {
        List<Clause> clauses = clauses(multi.matches());
        yield clauses.size() <= 1
            ? clauses.stream().findFirst()
            : Optional.of(new Clause.Highest(clauses));
      }
      case FullTextQuery.Boost boost -> {
        Optional<Clause> positive = clause(boost.positive());
        Optional<Clause> negative = clause(boost.negative());
        yield positive.isEmpty() || negative.isEmpty()
            ? positive
            : Optional.of(new Clause.Less(positive.get(), negative.get(), boost.negativeBoost()));
      }
      case FullTextQuery.Bool bool -> {
        Clause.Joined joined =
            new Clause.Joined(
                clauses(bool.must()), clauses(bool.should()), clauses(bool.mustNot()));
        yield joined.must().isEmpty() && joined.should().isEmpty()
            ? Optional.empty()
            : Optional.of(joined.simplified());
      }
    };
  }

  private List<Clause> clauses(List<? extends FullTextQuery> queries) {
    List<Clause> clauses = new ArrayList<>(queries.size());
    for (FullTextQuery query : queries) {
      clause(query).ifPresent(clauses::add);
    }
    return clauses;
  }

  private Optional<Clause> terms(FullTextQuery.Match match) {
    List<Source> sources = sources(match.column());
    if (sources.isEmpty()) {
      return Optional.empty();
    }
    List<Analyzer.Token> tokens = sources.getFirst().index.queryTokens(match.terms());
    boolean exact = match.fuzziness().isPresent() && match.fuzziness().getAsInt() == 0;
    Mode mode = match.operator() == FullTextQuery.Operator.AND ? Mode.ALL : Mode.ANY;
    String column = match.column().orElseThrow();
    if (exact || tokens.isEmpty()) {
      return terms(column, sources, tokens, mode, 0, match.boost());
    }
    List<Analyzer.Token> near = Fuzzy.expand(tokens, match, partitions(sources));
    boolean lacksOne =
        near.size() < match.maxExpansions() && places(near).size() < places(tokens).size();
    if (near.isEmpty() || mode == Mode.ALL && lacksOne) {
      return Optional.of(new Clause.Terms(column, List.of(), Mode.ANY, 0));
    }
    return terms(column, sources, near, mode, 0, match.boost());
  }

  private static Set<Integer> places(List<Analyzer.Token> tokens) {
    return tokens.stream().map(Analyzer.Token::position).collect(Collectors.toSet());
  }

  private Optional<Clause> terms(FullTextQuery.Phrase phrase) {
    List<Source> sources = sources(phrase.column());
    if (sources.isEmpty()) {
      return Optional.empty();
    }
    String column = phrase.column().orElseThrow();
    for (Source source : sources) {
      if (!source.index.hasPositions()) {
        throw new InvalidInputException(
            "phrase query: the index keeps no positions; build it anew with with_position=true"
                + " (column="
                + column
                + ")");
      }
    }
    List<Analyzer.Token> tokens = sources.getFirst().index.queryTokens(phrase.terms());
    return terms(column, sources, tokens, Mode.PHRASE, phrase.slop(), 1);
  }

  private static List<Partition> partitions(List<Source> sources) {
    List<Partition> partitions = new ArrayList<>();
    for (Source source : sources) {
      partitions.addAll(source.index.partitions());
    }
    return partitions;
  }

  private static Optional<Clause> terms(
      String column,
      List<Source> sources,
      List<Analyzer.Token> tokens,
      Mode mode,
      int slop,
      float boost) {
    if (tokens.isEmpty()) {
      return Optional.empty();
    }
    long docs = 0;
    List<Partition> partitions = partitions(sources);
    for (Partition partition : partitions) {
      docs += partition.docCount();
    }
    List<Clause.Term> terms = new ArrayList<>();
    Map<String, Float> weights = new HashMap<>();
    Map<Integer, Integer> groups = new HashMap<>();
    for (Analyzer.Token token : tokens) {
      groups.putIfAbsent(token.position(), groups.size());
      byte[] bytes = token.text().getBytes(StandardCharsets.UTF_8);
      Float weight = weights.get(token.text());
      if (weight == null) {
        long having = 0;
        for (Partition partition : partitions) {
          int id = partition.tokens().id(bytes);
          having += id < 0 ? 0 : partition.docCount(id);
        }
        weight = boost * Bm25.idf(having, docs);
        weights.put(token.text(), weight);
      }
      terms.add(new Clause.Term(bytes, groups.get(token.position()), token.position(), weight));
    }
    return Optional.of(new Clause.Terms(column, terms, mode, slop));
  }

  /// Rows with their scores.
  private Scored evaluate(Clause clause) {
    return switch (clause) {
      case Clause.Terms terms -> {
        Scored.Builder rows = new Scored.Builder();
        forEachPartition(clause, (search, _) -> search.all(terms, rows));
        yield rows.build();
      }
      case Clause.Highest highest -> joined(highest.clauses(), Scored::max).orElseThrow();
      case Clause.Less less ->
          evaluate(less.positive()).lower(evaluate(less.negative()), less.share());
      case Clause.Joined joined -> {
        Optional<Scored> must = joined(joined.must(), Scored::and);
        Optional<Scored> should = joined(joined.should(), Scored::or);
        Scored found =
            must.isEmpty()
                ? should.orElseThrow()
                : should.isEmpty() ? must.get() : must.get().plus(should.get());
        for (Clause each : joined.mustNot()) {
          found = found.without(evaluate(each));
        }
        yield found;
      }
    };
  }

  private Optional<Scored> joined(List<Clause> clauses, BinaryOperator<Scored> join) {
    return clauses.stream().map(this::evaluate).reduce(join);
  }
}
