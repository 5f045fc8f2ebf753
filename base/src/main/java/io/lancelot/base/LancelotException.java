package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// The root of every error Lancelot throws on purpose.
///
/// The message says what failed, what was expected, what was found and where: `page row count
/// mismatch: expected=4096, found=4090 (path=data/7f.lance, column=embedding, page=3)`. A subclass
/// exists only where a caller would act differently.
public abstract sealed class LancelotException extends RuntimeException
    permits AlreadyExistsException,
        CancelledException,
        CommitConflictException,
        CommitUnknownException,
        CorruptDataException,
        InvalidInputException,
        NotFoundException,
        ResourceExhaustedException,
        StorageException,
        UnsupportedFeatureException {

  private static final long serialVersionUID = 1L;

  /// Who has to act for the call to succeed.
  public enum Blame {
    CALLER,
    CONFLICT,
    DATA,
    RESOURCES,
    ENVIRONMENT
  }

  LancelotException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /// A stable, lower-case name of the error for logs, JSON and the command line: `not-found`.
  public abstract String kind();

  public abstract Blame blame();

  /// Whether the same call may succeed when simply tried again.
  public boolean retryable() {
    return false;
  }
}
