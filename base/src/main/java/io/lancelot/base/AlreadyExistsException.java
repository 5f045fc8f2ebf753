package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// Something of that name is already there.
public final class AlreadyExistsException extends LancelotException {

  private static final long serialVersionUID = 1L;

  public AlreadyExistsException(String message) {
    super(message, null);
  }

  public AlreadyExistsException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String kind() {
    return "already-exists";
  }

  @Override
  public Blame blame() {
    return Blame.CALLER;
  }
}
