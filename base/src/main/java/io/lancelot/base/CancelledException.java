package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// The caller cancelled the work, or its time ran out.
public final class CancelledException extends LancelotException {

  private static final long serialVersionUID = 1L;

  public CancelledException(String message) {
    super(message, null);
  }

  public CancelledException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String kind() {
    return "cancelled";
  }

  @Override
  public Blame blame() {
    return Blame.CALLER;
  }
}
