package io.lancelot.index.text;

import io.lancelot.base.InvalidInputException;
import io.lancelot.index.FullTextQuery;
import io.lancelot.index.TextHits;
import io.lancelot.index.TextIndex;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongPredicate;

/// A text search over the segments of some columns. Scores depend on all documents of a column's
/// segments, and on nothing else. For one thread, one query after another.
public final class TextSearch {

  /// A segment, and which of its rows may be found.
  public record Part(TextIndex index, LongPredicate allowed) {}

  private final Map<String, List<Source>> columns = new LinkedHashMap<>();

  private record Source(InvertedIndex index, LongPredicate allowed) {}

  /// @param columns the segments of each column
  public TextSearch(Map<String, List<Part>> columns) {
    columns.forEach((name, parts) -> {
      List<Source> sources = new ArrayList<>();
      for (Part part : parts) {
        sources.add(new Source((InvertedIndex) part.index(), part.allowed()));
      }
      this.columns.put(name, sources);
    });
  }

  /// The `k` best rows.
  ///
  /// @throws InvalidInputException if the query names a column that is not searched
  public TextHits search(FullTextQuery query, int k) {
    TopDocs best = new TopDocs(k);
    switch (query) {
      case FullTextQuery.Match match -> {
        Terms terms = terms(match);
        for (Group group : terms.groups) {
          group.run(terms, best, k);
        }
      }
      case FullTextQuery.Phrase phrase -> {
        Terms terms = terms(phrase);
        for (Group group : terms.groups) {
          group.run(terms, best, k);
        }
      }
      case FullTextQuery.MultiMatch _, FullTextQuery.Boost _, FullTextQuery.Bool _ -> {
        Optional<Scored> all = evaluate(query);
        if (all.isPresent()) {
          all.get().forEach(best::add);
        }
      }
    }
    return best.best();
  }

  /// A segment at work.
  private record Group(Source source) {
    void run(Terms terms, TopDocs best, int k) {
      for (Partition partition : source.index.partitions()) {
        try {
          new PartitionSearch(partition, terms.terms, terms.averageLength)
              .top(terms.mode, terms.slop, best, k, source.allowed);
        } catch (IndexOutOfBoundsException e) {
          throw partition.damaged(e);
        }
      }
    }
  }

  /// How tokens are joined.
  enum Mode {
    ANY,
    ALL,
    PHRASE
  }

  /// A token that is looked for.
  ///
  /// @param group the place in the query that it stands for: one of each group must be there, if
  ///   all must
  /// @param weight what scores are multiplied with
  record Term(byte[] token, int group, int position, float weight) {}

  private record Terms(
      List<Group> groups, List<Term> terms, Mode mode, int slop, float averageLength) {}

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

  private Terms terms(FullTextQuery.Match match) {
    List<Source> sources = sources(match.column());
    if (sources.isEmpty()) {
      return new Terms(List.of(), List.of(), Mode.ANY, 0, 1);
    }
    List<Analyzer.Token> tokens = sources.getFirst().index.queryTokens(match.terms());
    boolean exact = match.fuzziness().isPresent() && match.fuzziness().getAsInt() == 0;
    if (!exact) {
      tokens = Fuzzy.expand(tokens, match, partitions(sources));
    }
    Mode mode = match.operator() == FullTextQuery.Operator.AND ? Mode.ALL : Mode.ANY;
    return terms(sources, tokens, mode, 0, match.boost());
  }

  private Terms terms(FullTextQuery.Phrase phrase) {
    List<Source> sources = sources(phrase.column());
    if (sources.isEmpty()) {
      return new Terms(List.of(), List.of(), Mode.PHRASE, 0, 1);
    }
    for (Source source : sources) {
      if (!source.index.hasPositions()) {
        throw new InvalidInputException(
            "phrase query: the index keeps no positions; build it anew with with_position=true"
                + " (column="
                + phrase.column().orElse("")
                + ")");
      }
    }
    List<Analyzer.Token> tokens = sources.getFirst().index.queryTokens(phrase.terms());
    return terms(sources, tokens, Mode.PHRASE, phrase.slop(), 1);
  }

  private static List<Partition> partitions(List<Source> sources) {
    List<Partition> partitions = new ArrayList<>();
    for (Source source : sources) {
      partitions.addAll(source.index.partitions());
    }
    return partitions;
  }

  private static Terms terms(
      List<Source> sources, List<Analyzer.Token> tokens, Mode mode, int slop, float boost) {
    long docs = 0;
    long total = 0;
    List<Partition> partitions = partitions(sources);
    for (Partition partition : partitions) {
      docs += partition.docCount();
      total += partition.totalTokens();
    }
    List<Term> terms = new ArrayList<>();
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
      terms.add(new Term(bytes, groups.get(token.position()), token.position(), weight));
    }
    return new Terms(
        terms.isEmpty() ? List.of() : sources.stream().map(Group::new).toList(),
        terms,
        mode,
        slop,
        docs == 0 ? 1 : (float) total / docs);
  }

  /// Rows with their scores. Empty where a query has nothing to look for, such as one of stop words
  /// only: as a part of another query it plays no role then.
  private Optional<Scored> evaluate(FullTextQuery query) {
    return switch (query) {
      case FullTextQuery.Match match -> evaluate(terms(match));
      case FullTextQuery.Phrase phrase -> evaluate(terms(phrase));
      case FullTextQuery.MultiMatch multi -> {
        Optional<Scored> best = Optional.empty();
        for (FullTextQuery.Match match : multi.matches()) {
          Optional<Scored> one = evaluate(terms(match));
          best =
              best.isEmpty() ? one : one.isEmpty() ? best : Optional.of(best.get().max(one.get()));
        }
        yield best;
      }
      case FullTextQuery.Boost boost -> {
        Optional<Scored> positive = evaluate(boost.positive());
        Optional<Scored> negative = evaluate(boost.negative());
        yield positive.isEmpty() || negative.isEmpty()
            ? positive
            : Optional.of(positive.get().lower(negative.get(), boost.negativeBoost()));
      }
      case FullTextQuery.Bool bool -> evaluate(bool);
    };
  }

  private Optional<Scored> evaluate(FullTextQuery.Bool bool) {
    Optional<Scored> must = Optional.empty();
    for (FullTextQuery each : bool.must()) {
      Optional<Scored> one = evaluate(each);
      must = must.isEmpty() ? one : one.isEmpty() ? must : Optional.of(must.get().and(one.get()));
    }
    Optional<Scored> should = Optional.empty();
    for (FullTextQuery each : bool.should()) {
      Optional<Scored> one = evaluate(each);
      should =
          should.isEmpty() ? one : one.isEmpty() ? should : Optional.of(should.get().or(one.get()));
    }
    Optional<Scored> found =
        must.isEmpty()
            ? should
            : should.isEmpty() ? must : Optional.of(must.get().plus(should.get()));
    for (FullTextQuery each : bool.mustNot()) {
      Optional<Scored> none = evaluate(each);
      if (found.isPresent() && none.isPresent()) {
        found = Optional.of(found.get().without(none.get()));
      }
    }
    return found;
  }

  private Optional<Scored> evaluate(Terms terms) {
    if (terms.terms.isEmpty()) {
      return Optional.empty();
    }
    Scored.Builder rows = new Scored.Builder();
    for (Group group : terms.groups) {
      for (Partition partition : group.source.index.partitions()) {
        try {
          new PartitionSearch(partition, terms.terms, terms.averageLength)
              .all(terms.mode, terms.slop, rows, group.source.allowed);
        } catch (IndexOutOfBoundsException e) {
          throw partition.damaged(e);
        }
      }
    }
    return Optional.of(rows.build());
  }
}
