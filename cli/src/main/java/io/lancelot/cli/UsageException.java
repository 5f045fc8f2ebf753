package io.lancelot.cli;

/// The command line lacks something or has too much of it: exit code 2, whatever the table holds.
final class UsageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
