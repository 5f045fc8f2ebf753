package io.lancelot.index.text;

import io.lancelot.index.text.Clause.Joined;
import io.lancelot.index.text.Clause.Less;
import io.lancelot.index.text.Clause.Mode;
import io.lancelot.index.text.Clause.Term;
import io.lancelot.index.text.Clause.Terms;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/// A search in one partition. Top-k searches leave out documents, and whole blocks of them, that
/// cannot come among the best: MAXSCORE with the maxima of blocks. For one thread.
final class PartitionSearch {

  /// Sums in another order may come out a little higher.
  static final float ROUNDING = 1.000002f;

  /// A filter that lets through no more than this share of the documents leads the search.
  private static final int SELECTIVE = 8;

  private final Partition partition;
  private final LongPredicate allowed;
  private final float averageLength;
  private final float[] norms;

  /// Which documents may be found, as far as that is known without asking for rows.
  private AllowedDocs may;

  PartitionSearch(Partition partition, LongPredicate allowed, float averageLength) {
    this.partition = partition;
    this.allowed = allowed;
    this.averageLength = averageLength;
    this.norms = partition.norms(averageLength);
    this.may = new AllowedDocs(partition, allowed, null);
  }

  /// Offers the best documents.
  ///
  /// @param clause a bounded one
  /// @param few all rows that may be found, ascending, if that is known
  void top(Clause clause, Optional<long[]> few, TopDocs best) {
    if (partition.docCount() == 0 || best.wanted() == 0) {
      return;
    }
    PassingDocs passing = partition.ascending() ? few.map(partition::passing).orElse(null) : null;
    if (passing != null && passing.docs().length == 0) {
      return;
    }
    may = new AllowedDocs(partition, allowed, passing);
    Given given = given(passing);
    if (clause instanceof Terms terms) {
      switch (terms.mode()) {
        case ANY -> any(merged(terms.terms()), given, best);
        case ALL -> {
          if (oneTermPerGroup(terms.terms())) {
            all(terms.terms(), List.of(), List.of(), given, best);
          } else {
            walk(docs(clause), given, best);
          }
        }
        case PHRASE -> phrases(terms).ifPresent(phrases -> walk(phrases, given, best));
      }
      return;
    }
    if (clause instanceof Joined joined && joined.ofTerms()) {
      List<Docs> excluded = docs(joined.mustNot());
      all(terms(joined.must()), merged(terms(joined.should())), excluded, given, best);
      return;
    }
    walk(docs(clause), given, best);
  }

  /// The documents that a filter leaves, where they are so few that they lead the search.
  private @Nullable Given given(@Nullable PassingDocs passing) {
    return passing != null && passing.docs().length <= partition.docCount() / SELECTIVE
        ? new Given(passing.docs())
        : null;
  }

  private void walk(Docs docs, @Nullable Given given, TopDocs best) {
    walk(given == null ? docs : new AllOf(List.of(given, docs), List.of(), List.of()), best);
  }

  private static List<Term> terms(List<Clause> clauses) {
    List<Term> all = new ArrayList<>();
    for (Clause clause : clauses) {
      all.addAll(((Terms) clause).terms());
    }
    return all;
  }

  /// Offers the best of some documents.
  private void walk(Docs docs, TopDocs best) {
    float threshold = best.threshold();
    int boundEnd = -1;
    int doc = docs.advance(0);
    while (doc != Docs.END) {
      if (doc > boundEnd) {
        docs.look(doc);
        boundEnd = docs.boundEnd();
        if (docs.bound() * ROUNDING <= threshold) {
          doc = boundEnd == Docs.END - 1 ? Docs.END : docs.advance(boundEnd + 1);
          continue;
        }
      }
      // What takes positions to know is looked up last.
      float score = docs.score();
      if (score > threshold) {
        if (may.test(doc) && docs.matches()) {
          best.add(partition.rowId(doc), score);
          threshold = best.threshold();
        }
      }
      doc = docs.advance(doc + 1);
    }
  }

  private Docs docs(Clause clause) {
    return switch (clause) {
      case Terms terms ->
          switch (terms.mode()) {
            case ANY -> anyOf(merged(terms.terms()));
            case ALL -> new AllOf(groups(terms.terms()), List.of(), List.of());
            case PHRASE -> phrases(terms).map(Docs.class::cast).orElseGet(() -> anyOf(List.of()));
          };
      case Joined joined -> {
        List<Docs> must = docs(joined.must());
        List<Docs> should = docs(joined.should());
        List<Docs> mustNot = docs(joined.mustNot());
        if (must.isEmpty()) {
          Docs any = anyOf(should);
          yield mustNot.isEmpty() ? any : new AllOf(List.of(any), List.of(), mustNot);
        }
        yield new AllOf(must, should, mustNot);
      }
      case Less less -> new Lowered(docs(less.positive()), docs(less.negative()), less.share());
      case Clause.Highest highest ->
          throw new IllegalStateException("joined by row: " + highest.clauses().size());
    };
  }

  private List<Docs> docs(List<Clause> clauses) {
    return clauses.stream().map(this::docs).toList();
  }

  private static Docs anyOf(List<? extends Docs> parts) {
    return parts.size() == 1 ? parts.getFirst() : new AnyOf(List.copyOf(parts));
  }

  /// The documents of each group of tokens.
  private List<Docs> groups(List<Term> terms) {
    List<List<Cursor>> groups = new ArrayList<>();
    for (Term term : terms) {
      while (groups.size() <= term.group()) {
        groups.add(new ArrayList<>());
      }
      Cursor cursor = cursor(term, term.weight());
      if (cursor != null) {
        groups.get(term.group()).add(cursor);
      }
    }
    return groups.stream().map(PartitionSearch::anyOf).toList();
  }

  private Optional<Phrases> phrases(Terms terms) {
    Phrases phrases = new Phrases(terms.slop());
    for (Term term : terms.terms()) {
      Cursor cursor = cursor(term, term.weight());
      if (cursor != null) {
        phrases.add(cursor, term.group(), term.position());
      } else {
        phrases.missing(term.group(), term.position());
      }
    }
    return phrases.possible() ? Optional.of(phrases) : Optional.empty();
  }

  private @Nullable Cursor cursor(Term term, float weight) {
    int id = partition.tokens().id(term.token());
    if (id < 0 || partition.docCount(id) == 0) {
      return null;
    }
    return new Cursor(partition.list(id, averageLength), norms, weight);
  }

  private static boolean oneTermPerGroup(List<Term> terms) {
    for (int i = 1; i < terms.size(); i++) {
      if (terms.get(i).group() == terms.get(i - 1).group()) {
        return false;
      }
    }
    return true;
  }

  /// Gives every document.
  void all(Terms terms, Scored.Sink sink) {
    if (partition.docCount() == 0) {
      return;
    }
    if (terms.mode() == Mode.PHRASE) {
      phrases(terms).ifPresent(phrases -> phrase(phrases, sink));
    } else if (distinct(terms.terms()) == 1) {
      merged(terms.terms()).forEach(cursor -> each(cursor, sink));
    } else {
      exhaustive(terms.terms(), terms.mode() == Mode.ALL, sink);
    }
  }

  /// Gives every document of a token.
  private void each(Cursor cursor, Scored.Sink sink) {
    float[] scores = new float[cursor.blockSize()];
    for (int b = 0; b < cursor.blockCount(); b++) {
      int count = cursor.scores(b, scores);
      int first = cursor.first(b);
      for (int i = 0; i < count; i++) {
        long row = partition.rowId(cursor.docs()[first + i]);
        if (allowed.test(row)) {
          sink.add(row, scores[i]);
        }
      }
    }
  }

  private static int distinct(List<Term> terms) {
    return (int)
        terms.stream().map(term -> java.nio.ByteBuffer.wrap(term.token())).distinct().count();
  }

  /// A cursor for each token there is; one that is asked for twice weighs twice.
  private List<Cursor> merged(List<Term> terms) {
    List<Cursor> cursors = new ArrayList<>(terms.size());
    for (int i = 0; i < terms.size(); i++) {
      Term term = terms.get(i);
      float weight = term.weight();
      boolean seen = false;
      for (int j = 0; j < terms.size(); j++) {
        if (j != i && Arrays.equals(terms.get(j).token(), term.token())) {
          seen |= j < i;
          weight += terms.get(j).weight();
        }
      }
      Cursor cursor = seen ? null : cursor(term, weight);
      if (cursor != null) {
        cursors.add(cursor);
      }
    }
    return cursors;
  }

  private void any(List<Cursor> list, @Nullable Given given, TopDocs best) {
    long having = 0;
    for (Cursor cursor : list) {
      having += cursor.docCount();
    }
    if (given != null && given.docCount() < having) {
      new Disjunction(partition, list, best, may).among(given);
      return;
    }
    for (Cursor cursor : list) {
      if (alone(cursor, list.size() == 1, best)) {
        return;
      }
    }
    if (!list.isEmpty()) {
      new Disjunction(partition, list, best, may).run();
    }
  }

  /// Documents with all of some tokens, if there are such.
  private void all(
      List<Term> required,
      List<Cursor> optional,
      List<Docs> excluded,
      @Nullable Given given,
      TopDocs best) {
    List<Cursor> cursors = merged(required);
    if (cursors.size() == distinct(required)) {
      new Conjunction(partition, cursors, optional, excluded, given, best, may).run();
    }
  }

  /// What the best documents of a token alone tell: a document's other tokens only add to its
  /// score, so there are as many rows that score as much.
  ///
  /// @param only whether no other token is looked for
  /// @return whether that settles the search: the best rows have been offered then
  private boolean alone(Cursor cursor, boolean only, TopDocs best) {
    int k = best.wanted();
    int[] docs = cursor.bestDocs();
    if (k > docs.length && (!only || docs.length < cursor.docCount())) {
      return false;
    }
    int found = 0;
    for (int i = 0; i < docs.length; i++) {
      if (may.test(docs[i]) && ++found == k) {
        best.atLeast(cursor.bestScore(i));
        break;
      }
    }
    if (!only
        || docs.length < cursor.docCount()
            && cursor.bestScore(docs.length - 1) > best.threshold()) {
      return false;
    }
    for (int i = 0; i < docs.length; i++) {
      float score = cursor.bestScore(i);
      if (score > best.threshold() && may.test(docs[i])) {
        best.add(partition.rowId(docs[i]), score);
      }
    }
    return true;
  }

  /// Scores every document that has one of the tokens, or one of each group.
  private void exhaustive(List<Term> terms, boolean allGroups, Scored.Sink sink) {
    float[] scores = new float[partition.docCount()];
    int[] hits = new int[scores.length];
    int groups = 0;
    for (Term term : terms) {
      groups = Math.max(groups, term.group() + 1);
    }
    if (allGroups) {
      // Tokens of a group one after another, so that documents which lack a group drop out.
      List<Term> ordered = new ArrayList<>(terms);
      ordered.sort(Comparator.comparingInt(Term::group));
      for (Term term : ordered) {
        Cursor cursor = cursor(term, term.weight());
        if (cursor != null) {
          cursor.addAll(scores, hits, term.group());
        }
      }
    } else {
      groups = 1;
      for (Term term : terms) {
        Cursor cursor = cursor(term, term.weight());
        if (cursor != null) {
          cursor.addAll(scores, hits, 0);
        }
      }
    }
    for (int doc = 0; doc < hits.length; doc++) {
      if (hits[doc] >= groups && allowed.test(partition.rowId(doc))) {
        sink.add(partition.rowId(doc), scores[doc]);
      }
    }
  }

  private void phrase(Phrases phrases, Scored.Sink sink) {
    for (int doc = phrases.advance(0); doc != Docs.END; doc = phrases.advance(doc + 1)) {
      long row = partition.rowId(doc);
      if (allowed.test(row) && phrases.matches()) {
        sink.add(row, phrases.score());
      }
    }
  }
}
