package io.lancelot.index.text;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongPredicate;

/// Offers the best documents that have one of some tokens: MAXSCORE with the maxima of blocks.
/// Tokens that alone cannot lift a document among the best are not walked through, only looked up
/// for the documents of the others. For one thread.
final class Disjunction {

  private final Partition partition;
  private final TopDocs best;
  private final LongPredicate allowed;

  /// The token with the lowest scores first.
  private final Cursor[] cursors;

  /// No document scores more by the tokens up to each.
  private final float[] upTo;

  /// Where the tokens begin that are walked through.
  private int essential;

  private float threshold;

  Disjunction(Partition partition, List<Cursor> list, TopDocs best, LongPredicate allowed) {
    this.partition = partition;
    this.best = best;
    this.allowed = allowed;
    this.cursors = list.toArray(Cursor[]::new);
    Arrays.sort(cursors, Comparator.comparingDouble(Cursor::maxScore));
    this.upTo = new float[cursors.length];
    float sum = 0;
    for (int i = 0; i < cursors.length; i++) {
      sum += cursors[i].maxScore();
      upTo[i] = sum * PartitionSearch.ROUNDING;
    }
    refresh();
  }

  private void refresh() {
    threshold = best.threshold();
    while (essential < cursors.length && upTo[essential] <= threshold) {
      essential++;
    }
  }

  void run() {
    int doc = 0;
    while (essential < cursors.length - 1 && doc != Docs.END) {
      doc = several(doc);
    }
    if (essential == cursors.length - 1 && doc != Docs.END) {
      one(doc);
    }
  }

  /// Walks through several tokens until there are fewer to walk through.
  ///
  /// @return the first document not looked at
  private int several(int from) {
    int first = essential;
    int last = cursors.length;
    for (int i = first; i < last; i++) {
      cursors[i].advance(from);
    }
    float rest = first == 0 ? 0 : upTo[first - 1];
    int boundEnd = -1;
    while (true) {
      int doc = Docs.END;
      for (int i = first; i < last; i++) {
        doc = Math.min(doc, cursors[i].doc());
      }
      if (doc == Docs.END) {
        return doc;
      }
      if (doc > boundEnd) {
        float bound = rest;
        boundEnd = Docs.END - 1;
        for (int i = first; i < last; i++) {
          Cursor cursor = cursors[i];
          cursor.look(doc);
          bound += cursor.bound();
          boundEnd = Math.min(boundEnd, cursor.boundEnd());
        }
        if (bound * PartitionSearch.ROUNDING <= threshold) {
          for (int i = first; i < last; i++) {
            cursors[i].advance(boundEnd + 1);
          }
          continue;
        }
      }
      float score = 0;
      for (int i = first; i < last; i++) {
        Cursor cursor = cursors[i];
        if (cursor.doc() == doc) {
          score += cursor.score();
          cursor.next();
        }
      }
      if ((score + rest) * PartitionSearch.ROUNDING > threshold) {
        offer(doc, score, first);
        if (essential != first) {
          return doc + 1;
        }
      }
    }
  }

  /// Walks through the token with the highest scores alone, block by block.
  private void one(int from) {
    Cursor cursor = cursors[essential];
    int first = essential;
    float rest = first == 0 ? 0 : upTo[first - 1];
    float[] scores = new float[cursor.docs().length];
    cursor.look(from);
    for (int b = cursor.ahead(); b < cursor.blockCount(); b++) {
      if ((cursor.blockBound(b) + rest) * PartitionSearch.ROUNDING <= threshold) {
        continue;
      }
      int count = cursor.scores(b, scores);
      int[] docs = cursor.docs();
      for (int i = 0; i < count; i++) {
        if ((scores[i] + rest) * PartitionSearch.ROUNDING > threshold && docs[i] >= from) {
          offer(docs[i], scores[i], first);
          if (essential != first) {
            return;
          }
        }
      }
    }
  }

  /// Adds what the tokens that are not walked through give, as long as the document may be among
  /// the best, and offers it.
  private void offer(int doc, float walked, int first) {
    float score = walked;
    for (int i = first - 1; i >= 0; i--) {
      if ((score + upTo[i]) * PartitionSearch.ROUNDING <= threshold) {
        return;
      }
      Cursor cursor = cursors[i];
      cursor.look(doc);
      float below = i == 0 ? 0 : upTo[i - 1];
      if ((score + cursor.bound() + below) * PartitionSearch.ROUNDING <= threshold) {
        return;
      }
      if (cursor.advance(doc) == doc) {
        score += cursor.score();
      }
    }
    if (score > threshold) {
      long row = partition.rowId(doc);
      if (allowed.test(row)) {
        best.add(row, score);
        refresh();
      }
    }
  }
}
