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
    } else {
      exhaustive(mode == Mode.ALL, sink, allowed);
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
    Cursor[] cursors = list.toArray(Cursor[]::new);
    Arrays.sort(cursors, Comparator.comparingDouble(Cursor::maxScore));
    float[] upTo = new float[cursors.length];
    float sum = 0;
    for (int i = 0; i < cursors.length; i++) {
      sum += cursors[i].maxScore();
      upTo[i] = sum * 1.000002f;
      cursors[i].next();
    }
    int essential = 0;
    float threshold = best.threshold();
    while (essential < cursors.length && upTo[essential] <= threshold) {
      essential++;
    }
    int boundEnd = -1;
    while (essential < cursors.length) {
      int doc = Cursor.END;
      for (int i = essential; i < cursors.length; i++) {
        doc = Math.min(doc, cursors[i].doc());
      }
      if (doc == Cursor.END) {
        return;
      }
      if (doc > boundEnd) {
        float bound = essential == 0 ? 0 : upTo[essential - 1];
        boundEnd = Cursor.END - 1;
        for (int i = essential; i < cursors.length; i++) {
          bound += cursors[i].bound(doc);
          boundEnd = Math.min(boundEnd, cursors[i].boundEnd(doc));
        }
        if (bound * 1.000002f <= threshold) {
          for (int i = essential; i < cursors.length; i++) {
            cursors[i].advance(boundEnd + 1);
          }
          continue;
        }
      }
      float score = 0;
      for (int i = essential; i < cursors.length; i++) {
        Cursor cursor = cursors[i];
        if (cursor.doc() == doc) {
          score += cursor.score();
          cursor.next();
        }
      }
      for (int i = essential - 1; i >= 0; i--) {
        if (score + upTo[i] <= threshold) {
          score = Float.NEGATIVE_INFINITY;
          break;
        }
        if (cursors[i].advance(doc) == doc) {
          score += cursors[i].score();
        }
      }
      if (score > threshold) {
        long row = partition.rowId(doc);
        if (allowed.test(row)) {
          best.add(row, score);
          if (best.threshold() > threshold) {
            threshold = best.threshold();
            int before = essential;
            while (essential < cursors.length && upTo[essential] <= threshold) {
              essential++;
            }
            if (essential != before) {
              boundEnd = -1;
            }
          }
        }
      }
    }
  }

  private void all(List<Cursor> list, TopDocs best, LongPredicate allowed) {
    Cursor[] cursors = list.toArray(Cursor[]::new);
    Arrays.sort(cursors, Comparator.comparingInt(Cursor::docCount));
    Cursor lead = cursors[0];
    float threshold = best.threshold();
    int boundEnd = -1;
    int doc = lead.next();
    while (doc != Cursor.END) {
      if (doc > boundEnd) {
        float bound = 0;
        boundEnd = Cursor.END - 1;
        for (Cursor cursor : cursors) {
          bound += cursor.bound(doc);
          boundEnd = Math.min(boundEnd, cursor.boundEnd(doc));
        }
        if (bound * 1.000002f <= threshold) {
          doc = lead.advance(boundEnd + 1);
          continue;
        }
      }
      int next = together(cursors, doc);
      if (next != doc) {
        doc = lead.advance(next);
        continue;
      }
      float score = 0;
      for (Cursor cursor : cursors) {
        score += cursor.score();
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
    float bound = phrases.maxScore() * 1.000002f;
    for (int doc = phrases.next(0); doc != Cursor.END; doc = phrases.next(doc + 1)) {
      if (best != null && bound <= best.threshold()) {
        return;
      }
      long row = partition.rowId(doc);
      float score = phrases.score();
      if ((best == null || score > best.threshold()) && phrases.matches() && allowed.test(row)) {
        sink.add(row, score);
      }
    }
  }
}
