package io.lancelot.compat;

/// The real Lance refused, failed, or died.
final class OracleException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  OracleException(String message) {
    super(message);
  }
}
