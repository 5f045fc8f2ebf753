package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// The work does not fit the memory budget or another limit; the message gives the figure that
/// would be needed.
public final class ResourceExhaustedException extends LancelotException {

  private static final long serialVersionUID = 1L;

  public ResourceExhaustedException(String message) {
    super(message, null);
  }

  public ResourceExhaustedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String kind() {
    return "resource-exhausted";
  }

  @Override
  public Blame blame() {
    return Blame.RESOURCES;
  }
}
