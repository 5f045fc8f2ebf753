package io.lancelot.base;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Another writer committed first and this change cannot be rebased over it. Usually it helps to
/// read again and repeat the operation ([#retryable()]); where the other commit took away what this
/// one stands on, it does not.
public final class CommitConflictException extends LancelotException {

  private static final long serialVersionUID = 1L;
  private static final long UNKNOWN = -1;

  private final boolean retryable;
  private final long conflictingVersion;

  public CommitConflictException(String message) {
    this(message, null);
  }

  public CommitConflictException(String message, @Nullable Throwable cause) {
    super(message, cause);
    this.retryable = true;
    this.conflictingVersion = UNKNOWN;
  }

  private CommitConflictException(String message, boolean retryable, long conflictingVersion) {
    super(message, null);
    this.retryable = retryable;
    this.conflictingVersion = conflictingVersion;
  }

  /// A conflict with a version that is known. Repeating the operation helps.
  public static CommitConflictException with(long version, String message) {
    return new CommitConflictException(message, true, version);
  }

  /// A conflict that repeating the operation does not solve by itself.
  public static CommitConflictException incompatible(String message) {
    return new CommitConflictException(message, false, UNKNOWN);
  }

  /// A conflict with a version that is known, which repeating the operation does not solve.
  public static CommitConflictException incompatible(long version, String message) {
    return new CommitConflictException(message, false, version);
  }

  /// The version that got in the way; empty if no single one did.
  public OptionalLong conflictingVersion() {
    return conflictingVersion == UNKNOWN
        ? OptionalLong.empty()
        : OptionalLong.of(conflictingVersion);
  }

  @Override
  public String kind() {
    return "commit-conflict";
  }

  @Override
  public Blame blame() {
    return Blame.CONFLICT;
  }

  @Override
  public boolean retryable() {
    return retryable;
  }
}
