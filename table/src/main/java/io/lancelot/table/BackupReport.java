package io.lancelot.table;

/// What a backup copied.
///
/// @param version the newest version that the copy has
/// @param versions how many versions it has
/// @param filesCopied files that were not there yet
/// @param bytesCopied their sizes
/// @param filesThere files that an earlier backup had copied
public record BackupReport(
    long version, int versions, int filesCopied, long bytesCopied, int filesThere) {}
