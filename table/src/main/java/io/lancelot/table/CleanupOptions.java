package io.lancelot.table;

import io.lancelot.base.InvalidInputException;
import java.time.Duration;
import java.util.OptionalInt;

/// Which versions and files a cleanup removes. Never the latest version, one with a tag, or one
/// that a branch began at.
///
/// @param olderThan versions committed longer ago go
/// @param keep versions that stay whatever their age, the newest ones; empty for no such number
/// @param unverified whether files go that no version ever referred to and that are younger than
///   seven days: they may belong to a commit under way, so only when nobody else writes
/// @param dryRun whether to look only
public record CleanupOptions(
    Duration olderThan, OptionalInt keep, boolean unverified, boolean dryRun) {

  /// Seven days, as upstream.
  public static final CleanupOptions DEFAULT =
      new CleanupOptions(Duration.ofDays(7), OptionalInt.empty(), false, false);

  public CleanupOptions {
    if (olderThan.isNegative() || keep.isPresent() && keep.getAsInt() < 1) {
      throw new InvalidInputException(
          "cleanup: expected=an age and at least one version to keep, found="
              + olderThan
              + " and "
              + keep);
    }
  }

  public CleanupOptions withOlderThan(Duration age) {
    return new CleanupOptions(age, keep, unverified, dryRun);
  }

  public CleanupOptions withKeep(int versions) {
    return new CleanupOptions(olderThan, OptionalInt.of(versions), unverified, dryRun);
  }

  public CleanupOptions withUnverified() {
    return new CleanupOptions(olderThan, keep, true, dryRun);
  }

  public CleanupOptions withDryRun() {
    return new CleanupOptions(olderThan, keep, unverified, true);
  }
}
