package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// The caller asked for something that makes no sense: an unknown column, a broken filter, a vector
/// of the wrong length.
public final class InvalidInputException extends LancelotException {

  private static final long serialVersionUID = 1L;

  public InvalidInputException(String message) {
    super(message, null);
  }

  public InvalidInputException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String kind() {
    return "invalid-input";
  }

  @Override
  public Blame blame() {
    return Blame.CALLER;
  }
}
