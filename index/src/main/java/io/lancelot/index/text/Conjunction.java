package io.lancelot.index.text;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Offers the best documents that have all of some tokens, and none of what is excluded; other
/// tokens only add to the score. For one thread.
final class Conjunction {

  private final Partition partition;
  private final TopDocs best;
  private final AllowedDocs allowed;

  /// The token with the fewest documents leads.
  private final Cursor[] required;

  private final Cursor[] optional;
  private final Docs[] excluded;

  /// The only documents that may be found; null if all may.
  private final @Nullable Given given;

  private final float mostOptional;
  private final float mostBesideLead;

  /// @param required at least one
  Conjunction(
      Partition partition,
      List<Cursor> required,
      List<Cursor> optional,
      List<Docs> excluded,
      @Nullable Given given,
      TopDocs best,
      AllowedDocs allowed) {
    this.partition = partition;
    this.best = best;
    this.allowed = allowed;
    this.required = required.toArray(Cursor[]::new);
    Arrays.sort(this.required, Comparator.comparingLong(Cursor::docCount));
    this.optional = optional.toArray(Cursor[]::new);
    this.excluded = excluded.toArray(Docs[]::new);
    this.given = given;
    float most = 0;
    for (Cursor cursor : this.optional) {
      most += cursor.maxScore();
    }
    this.mostOptional = most;
    for (int i = 1; i < this.required.length; i++) {
      most += this.required[i].maxScore();
    }
    this.mostBesideLead = most;
  }

  void run() {
    Cursor lead = required[0];
    float threshold = best.threshold();
    int boundEnd = -1;
    int doc = candidate(0);
    while (doc != Docs.END) {
      if (doc > boundEnd) {
        float bound = 0;
        boundEnd = Docs.END - 1;
        for (Cursor cursor : required) {
          cursor.look(doc);
          bound += cursor.bound();
          boundEnd = Math.min(boundEnd, cursor.boundEnd());
        }
        for (Cursor cursor : optional) {
          cursor.look(doc);
          bound += cursor.bound();
          boundEnd = Math.min(boundEnd, cursor.boundEnd());
        }
        if (below(bound, threshold)) {
          doc = boundEnd == Docs.END - 1 ? Docs.END : candidate(boundEnd + 1);
          continue;
        }
      }
      float score = lead.score();
      if (below(score + mostBesideLead, threshold)) {
        doc = candidate(doc + 1);
        continue;
      }
      int next = together(doc);
      if (next != doc) {
        doc = candidate(next);
        continue;
      }
      score = score(doc, score, threshold);
      if (score > threshold && !isExcluded(doc)) {
        if (allowed.test(doc)) {
          best.add(partition.rowId(doc), score);
          threshold = best.threshold();
        }
      }
      doc = candidate(doc + 1);
    }
  }

  private static boolean below(float most, float threshold) {
    return most * PartitionSearch.ROUNDING <= threshold;
  }

  /// The next document of the leading token that may be found.
  private int candidate(int from) {
    Cursor lead = required[0];
    int doc = lead.advance(from);
    if (given != null) {
      while (doc != Docs.END) {
        int next = given.advance(doc);
        if (next == doc) {
          return doc;
        }
        doc = lead.advance(next);
      }
    }
    return doc;
  }

  /// Brings the other tokens to a document; if one is beyond it, returns where that one is.
  private int together(int doc) {
    for (int i = 1; i < required.length; i++) {
      int at = required[i].advance(doc);
      if (at != doc) {
        return at;
      }
    }
    return doc;
  }

  /// The score of a document that all tokens are at, or less than the threshold asks for.
  private float score(int doc, float ofLead, float threshold) {
    float score = ofLead;
    for (int i = 1; i < required.length; i++) {
      score += required[i].score();
    }
    if (below(score + mostOptional, threshold)) {
      return threshold;
    }
    for (Cursor cursor : optional) {
      if (cursor.advance(doc) == doc) {
        score += cursor.score();
      }
    }
    return score;
  }

  private boolean isExcluded(int doc) {
    for (Docs part : excluded) {
      if (part.advance(doc) == doc && part.matches()) {
        return true;
      }
    }
    return false;
  }
}
