package io.lancelot.bench;

/// How long to measure.
///
/// @param rounds times that every system gets its turn at every work
/// @param warmupMillis for one work of one system before the first round
/// @param sampleMillis for one work of one system in one round
/// @param queries searches of one system in one round
record Effort(int rounds, int warmupMillis, int sampleMillis, int queries) {

  static final Effort FULL = new Effort(7, 2_000, 300, 40);
  static final Effort QUICK = new Effort(3, 500, 100, 10);
}
