package io.lancelot.index.text;

/// Documents of one part, their scores less a share of what another gives them. For one thread.
final class Lowered implements Docs {

  private final Docs positive;
  private final Docs negative;
  private final float share;

  /// @param share not below zero, nor are the scores of `negative`
  Lowered(Docs positive, Docs negative, float share) {
    this.positive = positive;
    this.negative = negative;
    this.share = share;
  }

  @Override
  public int doc() {
    return positive.doc();
  }

  @Override
  public int advance(int target) {
    return positive.advance(target);
  }

  @Override
  public boolean matches() {
    return positive.matches();
  }

  @Override
  public float score() {
    int doc = positive.doc();
    boolean less = negative.advance(doc) == doc && negative.matches();
    return less ? positive.score() - share * negative.score() : positive.score();
  }

  @Override
  public void look(int target) {
    positive.look(target);
  }

  @Override
  public float bound() {
    return positive.bound();
  }

  @Override
  public int boundEnd() {
    return positive.boundEnd();
  }

  @Override
  public long docCount() {
    return positive.docCount();
  }
}
