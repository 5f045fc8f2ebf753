package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// Bytes on disk are not what the format promises; names the file and the place in it.
public final class CorruptDataException extends LancelotException {

  private static final long serialVersionUID = 1L;

  public CorruptDataException(String message) {
    super(message, null);
  }

  public CorruptDataException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /// The error with the place of the damage, unless it names one already: kernels do not know where
  /// their bytes come from.
  ///
  /// @param place in brackets, starting with the path
  public CorruptDataException at(String place) {
    String message = String.valueOf(getMessage());
    return message.contains("(path=")
        ? this
        : new CorruptDataException(message + " " + place, this);
  }

  @Override
  public String kind() {
    return "corrupt-data";
  }

  @Override
  public Blame blame() {
    return Blame.DATA;
  }
}
