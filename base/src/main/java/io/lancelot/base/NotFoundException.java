package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// A table, version, file or tag that does not exist.
public final class NotFoundException extends LancelotException {

  private static final long serialVersionUID = 1L;

  public NotFoundException(String message) {
    super(message, null);
  }

  public NotFoundException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String kind() {
    return "not-found";
  }

  @Override
  public Blame blame() {
    return Blame.CALLER;
  }
}
