package io.lancelot.cli;

import io.lancelot.base.UnsupportedFeatureException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// The benchmarks bring the peers with them and live in a module of their own; the start script runs them from there.
@Command(description = "Measures Lancelot beside its peers: tables|vectors")
final class BenchVerb implements Callable<Integer> {

  @Override
  public Integer call() {
    throw new UnsupportedFeatureException("benchmarks are not part of this jar: run ./lancelot bench in a checkout");
  }
}
