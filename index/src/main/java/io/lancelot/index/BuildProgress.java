package io.lancelot.index;

/// Hears how far a build is, and may stop it by throwing [io.lancelot.base.CancelledException].
/// Called from any thread of the build.
@FunctionalInterface
public interface BuildProgress {

  BuildProgress NONE = (_, _, _) -> {};

  /// @param stage what is being done: `k-means`, `sort`
  /// @param done units of work behind
  /// @param total all units of this stage; 0 if unknown
  void report(String stage, long done, long total);
}
