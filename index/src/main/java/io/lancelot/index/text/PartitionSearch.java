package io.lancelot.index.text;

import io.lancelot.index.text.TextSearch.Mode;
import io.lancelot.index.text.TextSearch.Term;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/// A search in one partition. Top-k searches leave out documents, and whole blocks of them, that
/// cannot come among the best: MAXSCORE with the maxima of blocks. For one thread.
final class PartitionSearch {

  /// Sums in another order may come out a little higher.
  static final float ROUNDING = 1.000002f;

  private final Partition partition;
  private final List<Term> terms;
  private final float averageLength;
  private final float[] norms;

  PartitionSearch(Partition partition, List<Term> terms, float averageLength) {
    this.partition = partition;
    this.terms = terms;
    this.averageLength = averageLength;
    this.norms = partition.norms(averageLength);
  }

  private @Nullable Cursor cursor(Term term, float weight) {
    int id = partition.tokens().id(term.token());
    if (id < 0 || partition.docCount(id) == 0) {
      return null;
    }
    return new Cursor(partition.list(id, averageLength), norms, weight);
  }

  private boolean oneTermPerGroup() {
    for (int i = 1; i < terms.size(); i++) {
      if (terms.get(i).group() == terms.get(i - 1).group()) {
        return false;
      }
    }
    return true;
  }

  /// Offers the best documents.
  void top(Mode mode, int slop, TopDocs best, int k, LongPredicate allowed) {
    if (partition.docCount() == 0 || k == 0) {
      return;
    }
    switch (mode) {
      case ANY -> {
        List<Cursor> cursors = merged();
        if (!cursors.isEmpty()) {
          any(cursors, best, allowed);
        }
      }
      case ALL -> {
        if (!oneTermPerGroup()) {
          exhaustive(true, best::add, allowed);
          return;
        }
        List<Cursor> cursors = merged();
        if (cursors.size() == distinctTerms()) {
          all(cursors, best, allowed);
        }
      }
      case PHRASE -> phrase(slop, best::add, best, allowed);
    }
  }

  /// Gives every document.
  void all(Mode mode, int slop, Scored.Sink sink, LongPredicate allowed) {
    if (partition.docCount() == 0) {
      return;
    }
    if (mode == Mode.PHRASE) {
      phrase(slop, sink, null, allowed);
      return;
    }
    if (distinctTerms() == 1) {
      merged().forEach(cursor -> each(cursor, sink, allowed));
      return;
    }
    exhaustive(mode == Mode.ALL, sink, allowed);
  }

  /// Gives every document of a token.
  private void each(Cursor cursor, Scored.Sink sink, LongPredicate allowed) {
    float[] scores = new float[cursor.docs().length];
    for (int b = 0; b < cursor.blockCount(); b++) {
      int count = cursor.scores(b, scores);
      for (int i = 0; i < count; i++) {
        long row = partition.rowId(cursor.docs()[i]);
        if (allowed.test(row)) {
          sink.add(row, scores[i]);
        }
      }
    }
  }

  private int distinctTerms() {
    return (int)
        terms.stream().map(term -> java.nio.ByteBuffer.wrap(term.token())).distinct().count();
  }

  /// A cursor for each token there is; one that is asked for twice weighs twice.
  private List<Cursor> merged() {
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

  private void any(List<Cursor> list, TopDocs best, LongPredicate allowed) {
    for (Cursor cursor : list) {
      if (alone(cursor, list.size() == 1, best, allowed)) {
        return;
      }
    }
    new Disjunction(partition, list, best, allowed).run();
  }

  /// What the best documents of a token alone tell: a document's other tokens only add to its
  /// score, so there are as many rows that score as much.
  ///
  /// @param only whether no other token is looked for
  /// @return whether that settles the search: the best rows have been offered then
  private boolean alone(Cursor cursor, boolean only, TopDocs best, LongPredicate allowed) {
    int k = best.wanted();
    int[] docs = cursor.bestDocs();
    if (k > docs.length && (!only || docs.length < cursor.docCount())) {
      return false;
    }
    int found = 0;
    for (int i = 0; i < docs.length; i++) {
      if (allowed.test(partition.rowId(docs[i])) && ++found == k) {
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
      if (score > best.threshold() && allowed.test(partition.rowId(docs[i]))) {
        best.add(partition.rowId(docs[i]), score);
      }
    }
    return true;
  }

  private void all(List<Cursor> list, TopDocs best, LongPredicate allowed) {
    Cursor[] cursors = list.toArray(Cursor[]::new);
    Arrays.sort(cursors, Comparator.comparingInt(Cursor::docCount));
    Cursor lead = cursors[0];
    float others = 0;
    for (int i = 1; i < cursors.length; i++) {
      others += cursors[i].maxScore();
    }
    float threshold = best.threshold();
    int boundEnd = -1;
    int doc = lead.next();
    while (doc != Cursor.END) {
      if (doc > boundEnd) {
        float bound = 0;
        boundEnd = Cursor.END - 1;
        for (Cursor cursor : cursors) {
          cursor.look(doc);
          bound += cursor.bound();
          boundEnd = Math.min(boundEnd, cursor.boundEnd());
        }
        if (bound * ROUNDING <= threshold) {
          doc = lead.advance(boundEnd + 1);
          continue;
        }
      }
      float score = lead.score();
      if ((score + others) * ROUNDING <= threshold) {
        doc = lead.next();
        continue;
      }
      int next = together(cursors, doc);
      if (next != doc) {
        doc = lead.advance(next);
        continue;
      }
      for (int i = 1; i < cursors.length; i++) {
        score += cursors[i].score();
      }
      if (score > threshold && allowed.test(partition.rowId(doc))) {
        best.add(partition.rowId(doc), score);
        threshold = best.threshold();
      }
      doc = lead.next();
    }
  }

  /// Brings all cursors to a document; if one is beyond it, returns where that one is.
  private static int together(Cursor[] cursors, int doc) {
    for (int i = 1; i < cursors.length; i++) {
      int at = cursors[i].advance(doc);
      if (at != doc) {
        return at;
      }
    }
    return doc;
  }

  /// Scores every document that has one of the tokens, or one of each group.
  private void exhaustive(boolean allGroups, Scored.Sink sink, LongPredicate allowed) {
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

  private void phrase(int slop, Scored.Sink sink, @Nullable TopDocs best, LongPredicate allowed) {
    Phrases phrases = new Phrases(slop);
    for (Term term : terms) {
      Cursor cursor = cursor(term, term.weight());
      if (cursor != null) {
        phrases.add(cursor, term.group(), term.position());
      } else {
        phrases.missing(term.group(), term.position());
      }
    }
    if (!phrases.possible()) {
      return;
    }
    int doc = phrases.next(0);
    int boundEnd = -1;
    while (doc != Cursor.END) {
      float threshold = best == null ? Float.NEGATIVE_INFINITY : best.threshold();
      if (best != null && doc > boundEnd) {
        float bound = phrases.bound(doc);
        boundEnd = phrases.boundEnd();
        if (bound * ROUNDING <= threshold) {
          doc = phrases.next(boundEnd + 1);
          continue;
        }
      }
      long row = partition.rowId(doc);
      float score = phrases.score();
      if (score > threshold && allowed.test(row) && phrases.matches()) {
        sink.add(row, score);
      }
      doc = phrases.next(doc + 1);
    }
  }
}
