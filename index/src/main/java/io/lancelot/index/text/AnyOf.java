package io.lancelot.index.text;

import java.util.List;

/// Documents of one of several parts at least; scores add up. For one thread.
final class AnyOf implements Docs {

  private final Docs[] parts;
  private int doc = -1;

  AnyOf(List<Docs> parts) {
    this.parts = parts.toArray(Docs[]::new);
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
    int least = END;
    for (Docs part : parts) {
      least = Math.min(least, part.advance(target));
    }
    doc = least;
    return doc;
  }

  @Override
  public boolean matches() {
    for (Docs part : parts) {
      if (part.doc() == doc && part.matches()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public float score() {
    float score = 0;
    for (Docs part : parts) {
      if (part.doc() == doc && part.matches()) {
        score += part.score();
      }
    }
    return score;
  }

  @Override
  public void look(int target) {
    for (Docs part : parts) {
      part.look(target);
    }
  }

  @Override
  public float bound() {
    float bound = 0;
    for (Docs part : parts) {
      bound += Math.max(0, part.bound());
    }
    return bound;
  }

  @Override
  public int boundEnd() {
    int end = END - 1;
    for (Docs part : parts) {
      end = Math.min(end, part.boundEnd());
    }
    return end;
  }

  @Override
  public long docCount() {
    long count = 0;
    for (Docs part : parts) {
      count += part.docCount();
    }
    return count;
  }
}
