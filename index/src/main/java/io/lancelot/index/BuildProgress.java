package io.lancelot.index;

/// Hears how far a build is, and may stop it by throwing [io.lancelot.base.CancelledException]; an
/// interrupt of the thread that builds stops it as well. Nothing of the index stays then. Called
/// from any thread of the build, several times a second, by one at a time; what it does is waited
/// for.
@FunctionalInterface
public interface BuildProgress {

  BuildProgress NONE = (_, _, _) -> {};

  /// Units of a stage never become fewer. Stages follow each other; those that write come in turn
  /// where the memory budget does not hold all rows at once.
  ///
  /// @param stage what is being done: `k-means`, `sort`
  /// @param done units of work behind
  /// @param total all units of this stage; 0 if unknown
  void report(String stage, long done, long total);
}
