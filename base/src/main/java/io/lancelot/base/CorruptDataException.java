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

  @Override
  public String kind() {
    return "corrupt-data";
  }

  @Override
  public Blame blame() {
    return Blame.DATA;
  }
}
