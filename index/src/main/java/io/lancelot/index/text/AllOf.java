package io.lancelot.index.text;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Documents of all of some parts and of none of others. What else they are in adds to their
/// scores. For one thread.
final class AllOf implements Docs {

  /// The one with the fewest documents leads.
  private final Docs[] required;

  private final Docs[] optional;
  private final Docs[] excluded;
  private int doc = -1;

  /// @param required at least one
  AllOf(List<Docs> required, List<Docs> optional, List<Docs> excluded) {
    this.required = required.toArray(Docs[]::new);
    Arrays.sort(this.required, Comparator.comparingLong(Docs::docCount));
    this.optional = optional.toArray(Docs[]::new);
    this.excluded = excluded.toArray(Docs[]::new);
  }

  @Override
  public int doc() {
    return doc;
  }

  @Override
  public int advance(int target) {
    if (doc >= target) {
      return doc;
    }
    int at = required[0].advance(target);
    int agreed = 1;
    while (at != END && agreed < required.length) {
      int next = required[agreed].advance(at);
      if (next == at) {
        agreed++;
      } else {
        at = required[0].advance(next);
        agreed = 1;
      }
    }
    doc = at;
    return doc;
  }

  @Override
  public boolean matches() {
    for (Docs part : excluded) {
      if (part.advance(doc) == doc && part.matches()) {
        return false;
      }
    }
    for (Docs part : required) {
      if (!part.matches()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public float score() {
    float score = 0;
    for (Docs part : required) {
      score += part.score();
    }
    for (Docs part : optional) {
      if (part.advance(doc) == doc && part.matches()) {
        score += part.score();
      }
    }
    return score;
  }

  @Override
  public void look(int target) {
    for (Docs part : required) {
      part.look(target);
    }
    for (Docs part : optional) {
      part.look(target);
    }
  }

  @Override
  public float bound() {
    float bound = 0;
    for (Docs part : required) {
      bound += part.bound();
    }
    for (Docs part : optional) {
      bound += Math.max(0, part.bound());
    }
    return bound;
  }

  @Override
  public int boundEnd() {
    int end = END - 1;
    for (Docs part : required) {
      end = Math.min(end, part.boundEnd());
    }
    for (Docs part : optional) {
      end = Math.min(end, part.boundEnd());
    }
    return end;
  }

  @Override
  public long docCount() {
    return required[0].docCount();
  }
}
