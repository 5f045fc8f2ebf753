package io.lancelot.index.text;

import java.util.ArrayList;
import java.util.List;

/// What a query looks for, with the weight of each term.
sealed interface Clause {

  /// Tokens of a column; without any of them nothing is found.
  record Terms(String column, List<Term> terms, Mode mode, int slop) implements Clause {

    private boolean single() {
      return terms.size() == 1 && mode != Mode.PHRASE;
    }

    Terms with(List<Term> all, Mode joined) {
      return new Terms(column, all, joined, slop);
    }
  }

  /// The highest score of several.
  record Highest(List<Clause> clauses) implements Clause {}

  record Less(Clause positive, Clause negative, float share) implements Clause {}

  /// @param must or `should` has one at least
  record Joined(List<Clause> must, List<Clause> should, List<Clause> mustNot) implements Clause {

    /// Whether some tokens must be there, others may, and that is all beside what must not.
    boolean ofTerms() {
      return !must.isEmpty()
          && must.stream().allMatch(clause -> clause instanceof Terms terms && terms.single())
          && should.stream().allMatch(clause -> clause instanceof Terms terms && terms.single());
    }

    /// The same, as one list of terms where it can be said so.
    Clause simplified() {
      boolean onlyShould = must.isEmpty() && mustNot.isEmpty();
      boolean onlyMust = should.isEmpty() && mustNot.isEmpty();
      if (!onlyShould && !onlyMust || !within(column())) {
        return this;
      }
      Mode mode = onlyShould ? Mode.ANY : Mode.ALL;
      List<Clause> clauses = onlyShould ? should : must;
      List<Term> all = new ArrayList<>();
      int groups = 0;
      for (Clause clause : clauses) {
        if (!(clause instanceof Terms terms) || !terms.single() && terms.mode != mode) {
          return this;
        }
        int more = 0;
        for (Term term : terms.terms) {
          all.add(new Term(term.token, groups + term.group, term.position, term.weight));
          more = Math.max(more, term.group + 1);
        }
        groups += more;
      }
      return ((Terms) clauses.getFirst()).with(all, mode);
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

  default List<Clause> parts() {
    return switch (this) {
      case Terms _ -> List.of();
      case Highest highest -> highest.clauses;
      case Less less -> List.of(less.positive, less.negative);
      case Joined joined -> {
        List<Clause> all = new ArrayList<>(joined.must);
        all.addAll(joined.should);
        all.addAll(joined.mustNot);
        yield all;
      }
    };
  }

  /// The column it looks in, or the first of several.
  default String column() {
    return this instanceof Terms terms ? terms.column : parts().getFirst().column();
  }

  /// Whether it looks in one column alone.
  default boolean within(String column) {
    if (this instanceof Terms terms) {
      return terms.column.equals(column);
    }
    for (Clause part : parts()) {
      if (!part.within(column)) {
        return false;
      }
    }
    return true;
  }

  /// Whether no score is below zero.
  default boolean neverNegative() {
    if (this instanceof Terms terms) {
      for (Term term : terms.terms) {
        if (term.weight < 0) {
          return false;
        }
      }
    }
    for (Clause part : parts()) {
      if (!part.neverNegative()) {
        return false;
      }
    }
    return !(this instanceof Less);
  }

  /// Whether its best documents can be found without scoring all of them: the parts of a document
  /// are in one place then, and bounds hold.
  default boolean bounded() {
    return switch (this) {
      case Terms _ -> neverNegative();
      case Highest _ -> false;
      case Less less -> less.share >= 0 && less.negative.neverNegative() && walkable();
      case Joined _ -> walkable();
    };
  }

  private boolean walkable() {
    String column = column();
    for (Clause part : parts()) {
      if (!part.within(column) || !part.bounded()) {
        return false;
      }
    }
    return true;
  }
}
