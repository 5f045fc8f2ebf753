package io.lancelot.table;

import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// How manifest files are named. Format: lance-format section 3.1.
enum VersionNaming {
  /// `7.manifest`.
  V1,
  /// `2^64 - 1 - version` in twenty digits, so that the newest comes first in a listing.
  V2;

  private static final String SUFFIX = ".manifest";
  private static final int V2_DIGITS = 20;

  String fileName(long version) {
    if (this == V1) {
      return version + SUFFIX;
    }
    String digits = Long.toUnsignedString(-1L - version);
    return "0".repeat(V2_DIGITS - digits.length()) + digits + SUFFIX;
  }

  /// The naming that a file name follows; null if it is no manifest's: a temporary file, a detached
  /// version, somebody's notes.
  static @Nullable VersionNaming of(String fileName) {
    if (!fileName.endsWith(SUFFIX)) {
      return null;
    }
    String digits = fileName.substring(0, fileName.length() - SUFFIX.length());
    if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return null;
    }
    VersionNaming naming = digits.length() == V2_DIGITS ? V2 : V1;
    OptionalLong version = naming.version(digits);
    boolean canonical =
        version.isPresent() && naming.fileName(version.getAsLong()).equals(fileName);
    return canonical ? naming : null;
  }

  /// The version that a name of this scheme stands for.
  long versionOf(String fileName) {
    return version(fileName.substring(0, fileName.length() - SUFFIX.length())).orElseThrow();
  }

  private OptionalLong version(String digits) {
    try {
      long number = Long.parseUnsignedLong(digits);
      long version = this == V1 ? number : -1L - number;
      // The top bit marks detached versions, which are no part of a table's history.
      return version > 0 ? OptionalLong.of(version) : OptionalLong.empty();
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
