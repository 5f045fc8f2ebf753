package io.lancelot.table;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.table.proto.TableProto;
import java.util.ArrayList;
import java.util.List;

/// The two words of a manifest that say what a reader and a writer must understand. Format:
/// lance-format section 3.6.
final class FeatureFlags {

  private FeatureFlags() {}

  static final long DELETION_FILES = 1;
  static final long STABLE_ROW_IDS = 1 << 1;
  static final long V2_FORMAT_DEPRECATED = 1 << 2;
  static final long TABLE_CONFIG = 1 << 3;
  static final long BASE_PATHS = 1 << 4;
  static final long NO_TRANSACTION_FILES = 1 << 5;
  static final long COVERING_INDEX = 1 << 7;
  static final long MIXED_FILE_VERSIONS = 1 << 8;
  static final long TAGGED_FRAGMENT_REUSE = 1 << 10;
  static final long SPILLED_LINEAGE = 1 << 11;
  static final long MANAGED_BLOBS = 1 << 14;
  static final long NON_REUSABLE_FIELD_IDS = 1 << 15;
  static final long ZONE_WRITE_SEEDS = 1 << 16;

  private static final List<String> NAMES =
      List.of(
          "deletion files",
          "stable row ids",
          "v2 format",
          "table config",
          "base paths",
          "no transaction files",
          "data overlay files",
          "covering index",
          "mixed file versions",
          "fragment reuse with stable row ids",
          "tagged fragment reuse",
          "spilled row lineage",
          "fragment tree",
          "independent covering fields",
          "managed blobs",
          "non-reusable field ids",
          "zone write seeds",
          "object metadata");

  private static final long READABLE =
      DELETION_FILES
          | STABLE_ROW_IDS
          | V2_FORMAT_DEPRECATED
          | TABLE_CONFIG
          | BASE_PATHS
          | NO_TRANSACTION_FILES
          | COVERING_INDEX
          | MIXED_FILE_VERSIONS
          | TAGGED_FRAGMENT_REUSE
          | SPILLED_LINEAGE;

  private static final long WRITABLE =
      DELETION_FILES
          | STABLE_ROW_IDS
          | V2_FORMAT_DEPRECATED
          | TABLE_CONFIG
          | BASE_PATHS
          | NO_TRANSACTION_FILES
          | MIXED_FILE_VERSIONS;

  /// Bits that mean the same to readers and writers and are always set in both words.
  private static final long PAIRED =
      MIXED_FILE_VERSIONS | TAGGED_FRAGMENT_REUSE | MANAGED_BLOBS | ZONE_WRITE_SEEDS;

  /// Bits that every later version inherits; the others follow from what the version holds.
  private static final long STICKY = MIXED_FILE_VERSIONS;

  /// Checks that this version may be read.
  static void checkReadable(TableProto.Manifest manifest, String path) {
    long reader = manifest.getReaderFeatureFlags();
    long writer = manifest.getWriterFeatureFlags();
    long unpaired = (reader ^ writer) & PAIRED;
    if (unpaired != 0) {
      throw new CorruptDataException(
          "feature flags: expected=the same in both words, found="
              + describe(unpaired)
              + " set in one only"
              + at(reader, writer, path));
    }
    if ((reader & NON_REUSABLE_FIELD_IDS) != 0) {
      throw new CorruptDataException(
          "feature flags: expected=writers only, found="
              + describe(NON_REUSABLE_FIELD_IDS)
              + " set for readers"
              + at(reader, writer, path));
    }
    if (((writer & NON_REUSABLE_FIELD_IDS) != 0) != manifest.hasMaxAllocatedFieldId()) {
      throw new CorruptDataException(
          "feature flags: expected=flag and highest field id together, found="
              + (manifest.hasMaxAllocatedFieldId() ? "the id only" : "the flag only")
              + at(reader, writer, path));
    }
    long unknown = reader & ~READABLE;
    if (unknown != 0) {
      throw new UnsupportedFeatureException(
          "table needs features that this version cannot read: found="
              + describe(unknown)
              + at(reader, writer, path));
    }
  }

  /// The writer flags that we cannot honour; zero if we may write.
  static long unwritable(TableProto.Manifest manifest) {
    return manifest.getWriterFeatureFlags() & ~WRITABLE;
  }

  /// Sets both words from what the manifest holds and what it inherits.
  static void set(TableProto.Manifest.Builder manifest, TableProto.Manifest previous) {
    long both = previous.getReaderFeatureFlags() & STICKY;
    if ((previous.getReaderFeatureFlags() & STABLE_ROW_IDS) != 0) {
      both |= STABLE_ROW_IDS;
    }
    String own = manifest.getDataFormat().getVersion();
    for (TableProto.DataFragment fragment : manifest.getFragmentsList()) {
      if (fragment.hasDeletionFile()) {
        both |= DELETION_FILES;
      }
      if (fragment.hasInlineRowIds()) {
        both |= STABLE_ROW_IDS;
      }
      if ((both & MIXED_FILE_VERSIONS) == 0 && hasForeignVersion(fragment, own)) {
        both |= MIXED_FILE_VERSIONS;
      }
    }
    if (manifest.getBasePathsCount() > 0) {
      both |= BASE_PATHS;
    }
    manifest.setReaderFeatureFlags(both);
    manifest.setWriterFeatureFlags(manifest.getConfigCount() > 0 ? both | TABLE_CONFIG : both);
  }

  private static boolean hasForeignVersion(TableProto.DataFragment fragment, String version) {
    for (TableProto.DataFile file : fragment.getFilesList()) {
      // 2.0 files are numbered 0.3 by some releases and 2.0 by others.
      boolean is20 = file.getFileMajorVersion() == 0 && file.getFileMinorVersion() == 3;
      int major = is20 ? 2 : file.getFileMajorVersion();
      int minor = is20 ? 0 : file.getFileMinorVersion();
      boolean plain = version.length() == 3 && major < 10 && minor < 10;
      boolean same =
          plain
              ? version.charAt(0) == '0' + major
                  && version.charAt(1) == '.'
                  && version.charAt(2) == '0' + minor
              : version.equals(major + "." + minor);
      if (!same) {
        return true;
      }
    }
    return false;
  }

  /// Bits with their names: `4096 (fragment tree)`.
  static String describe(long flags) {
    List<String> parts = new ArrayList<>();
    for (int bit = 0; bit < Long.SIZE; bit++) {
      if ((flags >>> bit & 1) != 0) {
        String name = bit < NAMES.size() ? NAMES.get(bit) : "unknown";
        parts.add(Long.toUnsignedString(1L << bit) + " (" + name + ")");
      }
    }
    return String.join(", ", parts);
  }

  private static String at(long reader, long writer, String path) {
    return " (reader flags="
        + Long.toUnsignedString(reader)
        + ", writer flags="
        + Long.toUnsignedString(writer)
        + ", path="
        + path
        + ")";
  }
}
