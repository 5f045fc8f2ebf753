package io.lancelot.index.text;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Offers the best documents that have one of some tokens: MAXSCORE with the maxima of blocks.
/// Tokens that alone cannot lift a document among the best are not walked through, only looked up
/// for the documents of the others. For one thread.
final class Disjunction {

  private final Partition partition;
  private final TopDocs best;
  private final AllowedDocs allowed;

  /// The token with the lowest scores first.
  private final Cursor[] cursors;

  /// No document scores more by the tokens up to each.
  private final float[] upTo;

  /// Where the tokens begin that are walked through.
  private int essential;

  private float threshold;

  Disjunction(Partition partition, List<Cursor> list, TopDocs best, AllowedDocs allowed) {
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

  /// Looks at some documents alone.
  void among(Given given) {
    int boundEnd = -1;
    int doc = given.advance(0);
    while (doc != Docs.END) {
      if (doc > boundEnd) {
        float bound = 0;
        boundEnd = Docs.END - 1;
        for (Cursor cursor : cursors) {
          cursor.look(doc);
          bound += cursor.bound();
          boundEnd = Math.min(boundEnd, cursor.boundEnd());
        }
        if (bound * PartitionSearch.ROUNDING <= threshold) {
          doc = boundEnd == Docs.END - 1 ? Docs.END : given.advance(boundEnd + 1);
          continue;
        }
      }
      offer(doc);
      doc = given.advance(doc + 1);
    }
  }

  /// Adds up what the tokens give, the highest first, as long as it may be enough.
  private void offer(int doc) {
    float score = 0;
    boolean found = false;
    for (int i = cursors.length - 1; i >= 0; i--) {
      if ((score + upTo[i]) * PartitionSearch.ROUNDING <= threshold) {
        return;
      }
      if (cursors[i].advance(doc) == doc) {
        score += cursors[i].score();
        found = true;
      }
    }
    if (found && score > threshold) {
      if (allowed.test(doc)) {
        best.add(partition.rowId(doc), score);
        threshold = best.threshold();
      }
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
    float[] scores = new float[cursor.blockSize()];
    int[] docs = cursor.docs();
    cursor.look(from);
    for (int b = cursor.ahead(); b < cursor.blockCount(); b++) {
      if ((cursor.blockBound(b) + rest) * PartitionSearch.ROUNDING <= threshold) {
        continue;
      }
      int count = cursor.scores(b, scores);
      int base = cursor.first(b);
      for (int i = 0; i < count; i++) {
        if ((scores[i] + rest) * PartitionSearch.ROUNDING > threshold && docs[base + i] >= from) {
          offer(docs[base + i], scores[i], first);
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
    if (allowed.rejects(doc)) {
      return;
    }
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
      if (allowed.test(doc)) {
        best.add(partition.rowId(doc), score);
        refresh();
      }
    }
  }
}
