package io.lancelot.cli;

/// One verb of the command: says what arguments it takes, gets them, runs.
abstract class Command {

  /// What the verb does and its arguments, in one line.
  abstract String description();

  /// Tells which options there are and where their values go.
  void declare(Arguments arguments) {}

  /// Takes the arguments that are no options.
  void positional(java.util.List<String> values) {
    if (!values.isEmpty()) {
      throw new io.lancelot.base.InvalidInputException(
          "too many arguments: found=" + values.getFirst());
    }
  }

  /// Runs the verb.
  ///
  /// @return the exit code
  abstract int call() throws Exception;
}
