package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// Another writer committed first and this change cannot be rebased over it; read again and repeat
/// the operation.
public final class CommitConflictException extends LancelotException {

  private static final long serialVersionUID = 1L;

  public CommitConflictException(String message) {
    super(message, null);
  }

  public CommitConflictException(String message, @Nullable Throwable cause) {
    super(message, cause);
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
    return true;
  }
}
