package io.lancelot.base;

import org.jspecify.annotations.Nullable;

/// The data or the request needs something this version does not know: a format version, an
/// encoding, a feature flag.
public final class UnsupportedFeatureException extends LancelotException {

  private static final long serialVersionUID = 1L;

  public UnsupportedFeatureException(String message) {
    super(message, null);
  }

  public UnsupportedFeatureException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String kind() {
    return "unsupported";
  }

  @Override
  public Blame blame() {
    return Blame.DATA;
  }
}
