package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// Another writer committed first and this change cannot be rebased over it. Usually it helps to
/// read again and repeat the operation ([#retryable()]); where the other commit took away what this
/// one stands on, it does not.
public final class CommitConflictException extends LancelotException {

  private static final long serialVersionUID = 1L;

  private final boolean retryable;

  public CommitConflictException(String message) {
    this(message, null);
  }

  public CommitConflictException(String message, @Nullable Throwable cause) {
    super(message, cause);
    this.retryable = true;
  }

  private CommitConflictException(String message, boolean retryable) {
    super(message, null);
    this.retryable = retryable;
  }

  /// A conflict that repeating the operation does not solve by itself.
  public static CommitConflictException incompatible(String message) {
    return new CommitConflictException(message, false);
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
