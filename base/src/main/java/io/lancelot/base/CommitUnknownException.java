package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// It is not known whether the commit took effect: look at the latest version before trying again.
/// Nothing was cleaned up.
public final class CommitUnknownException extends LancelotException {

  private static final long serialVersionUID = 1L;

  public CommitUnknownException(String message) {
    super(message, null);
  }

  public CommitUnknownException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String kind() {
    return "commit-unknown";
  }

  @Override
  public Blame blame() {
    return Blame.ENVIRONMENT;
  }
}
