package io.lancelot.storage;

import io.lancelot.base.InvalidInputException;

/// The rules for paths, the same in every store, so that a table written to one can be copied to
/// another and no path leaves the root.
public final class ObjectPath {

  /// Names that begin so belong to the stores: objects under way, which listings never show.
  public static final String RESERVED_PREFIX = ".tmp-";

  private ObjectPath() {}

  /// Checks the path of an object and returns it.
  ///
  /// @throws InvalidInputException if a part is empty, `.`, `..` or reserved, or if there is a
  ///   backslash or a NUL
  public static String check(String path) {
    int start = 0;
    for (int i = 0; i <= path.length(); i++) {
      char c = i == path.length() ? '/' : path.charAt(i);
      if (c == '\\' || c == 0) {
        throw invalid(path, c == 0 ? "a NUL" : "a backslash");
      }
      if (c == '/') {
        checkPart(path, path.substring(start, i));
        start = i + 1;
      }
    }
    return path;
  }

  /// Checks the path of a folder, where the empty one is the root, and returns it.
  ///
  /// @throws InvalidInputException as [#check]
  public static String checkPrefix(String prefix) {
    return prefix.isEmpty() ? prefix : check(prefix);
  }

  private static void checkPart(String path, String part) {
    if (part.isEmpty()) {
      throw invalid(path, "an empty part");
    }
    if (part.equals(".") || part.equals("..")) {
      throw invalid(path, "the part " + part);
    }
    if (part.startsWith(RESERVED_PREFIX)) {
      throw invalid(path, "the reserved name " + part);
    }
  }

  private static InvalidInputException invalid(String path, String found) {
    return new InvalidInputException(
        "invalid object path: expected=names parted by /, found="
            + found
            + " (path="
            + path.replace("\0", "\\0")
            + ")");
  }
}
