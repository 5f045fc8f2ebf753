package io.lancelot.file;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import java.util.Arrays;
import java.util.stream.Collectors;

/// The versions of the file format that we know. Format: lance-format section 1.1.
public enum FileVersion {
  V2_0("2.0", 0, 3),
  V2_1("2.1", 2, 1),
  V2_2("2.2", 2, 2);

  /// What a new table gets.
  public static final FileVersion DEFAULT = V2_2;

  private final String text;
  private final int footerMajor;
  private final int footerMinor;

  FileVersion(String text, int footerMajor, int footerMinor) {
    this.text = text;
    this.footerMajor = footerMajor;
    this.footerMinor = footerMinor;
  }

  /// The name stored in manifests: `2.2`.
  public String text() {
    return text;
  }

  /// The major word of a file's footer.
  public int footerMajor() {
    return footerMajor;
  }

  /// The minor word of a file's footer.
  public int footerMinor() {
    return footerMinor;
  }

  /// The major number in a manifest's `DataFile`, which differs from the footer for 2.0.
  public int manifestMajor() {
    return 2;
  }

  /// The minor number in a manifest's `DataFile`.
  public int manifestMinor() {
    return this == V2_0 ? 0 : footerMinor;
  }

  /// The version that a user or a manifest names.
  public static FileVersion ofText(String text) {
    if (text.equals("stable")) {
      return DEFAULT;
    }
    for (FileVersion version : values()) {
      if (version.text.equals(text)) {
        return version;
      }
    }
    if (text.equals("2.3") || text.equals("next") || text.equals("0.1") || text.equals("legacy")) {
      throw new UnsupportedFeatureException(
          "file format version not supported: expected one of " + names() + ", found=" + text);
    }
    throw new InvalidInputException(
        "unknown file format version: expected one of " + names() + ", found=" + text);
  }

  /// The version of the numbers in a footer or a manifest.
  public static FileVersion ofNumbers(int major, int minor, String path) {
    for (FileVersion version : values()) {
      if (version.footerMajor == major && version.footerMinor == minor
          || version.manifestMajor() == major && version.manifestMinor() == minor) {
        return version;
      }
    }
    String found = major + "." + minor;
    if (major == 0 && minor <= 2 || major == 2 && minor == 3) {
      throw new UnsupportedFeatureException(
          "file format version not supported: expected one of "
              + names()
              + ", found="
              + (major == 0 ? "0.1 (legacy)" : found)
              + " (path="
              + path
              + ")");
    }
    throw new CorruptDataException(
        "unknown file format version: expected one of "
            + names()
            + ", found="
            + found
            + " (path="
            + path
            + ")");
  }

  private static String names() {
    return Arrays.stream(values()).map(FileVersion::text).collect(Collectors.joining(", "));
  }
}
