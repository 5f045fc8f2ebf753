package io.lancelot.bench;

/// A system answered a question wrongly, so its time means nothing.
final class WrongAnswerException extends IllegalStateException {

  WrongAnswerException(String message) {
    super(message);
  }
}
