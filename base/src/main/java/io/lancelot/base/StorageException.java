package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// The store failed: a disk error, a refused permission, a lost connection.
public final class StorageException extends LancelotException {

  private static final long serialVersionUID = 1L;

  public StorageException(String message) {
    super(message, null);
  }

  public StorageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String kind() {
    return "storage";
  }

  @Override
  public Blame blame() {
    return Blame.ENVIRONMENT;
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
