package io.lancelot.table;

/// What a cleanup removed, or would have.
///
/// @param bytesRemoved sizes of all files together
/// @param oldVersions versions removed
/// @param dataFiles data files removed
/// @param otherFiles deletion files, transactions and files of indices removed
/// @param versionsKept versions that are left
public record CleanupReport(
    long bytesRemoved, int oldVersions, int dataFiles, int otherFiles, int versionsKept) {}
