package io.lancelot.file;

import io.lancelot.base.InvalidInputException;
import java.util.Map;

/// Which large values lie where, by their size.
///
/// @param inline the largest value in the data file
/// @param packed the largest value in an object for several
/// @param pack where such an object ends
record BlobSizes(long inline, long packed, long pack) {

  static BlobSizes of(Map<String, String> metadata, String path) {
    return new BlobSizes(
        bytes(metadata, "blob-inline-size-threshold", 64 << 10, path),
        bytes(metadata, "blob-dedicated-size-threshold", 4 << 20, path),
        bytes(metadata, "blob-pack-file-size-threshold", 1 << 30, path));
  }

  private static long bytes(Map<String, String> metadata, String key, long automatic, String path) {
    String value = metadata.get("lance-encoding:" + key);
    if (value == null) {
      return automatic;
    }
    try {
      long bytes = Long.parseLong(value);
      if (bytes >= 0) {
        return bytes;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new InvalidInputException(
        "encoding option: expected=a number of bytes, found="
            + value
            + " (column="
            + path
            + ", option=lance-encoding:"
            + key
            + ")");
  }
}
