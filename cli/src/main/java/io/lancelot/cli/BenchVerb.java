package io.lancelot.cli;

import io.lancelot.base.UnsupportedFeatureException;

/// The benchmarks bring the peers with them and live in a module of their own; the start script
/// runs them from there.
final class BenchVerb extends Command {

  @Override
  String description() {
    return "Measures Lancelot beside its peers: tables|vectors";
  }

  @Override
  int call() {
    throw new UnsupportedFeatureException(
        "benchmarks are not part of this jar: run ./lancelot bench in a checkout");
  }
}
