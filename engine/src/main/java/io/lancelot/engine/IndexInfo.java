package io.lancelot.engine;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// What there is to know about an index without opening it.
///
/// @param type `BTREE`, `IVF_PQ`, …; `UNKNOWN` for kinds of other releases, which are left alone
/// @param columns the indexed column's path
/// @param segmentIds its segments, oldest first
/// @param indexedRows live rows in fragments it covers
/// @param unindexedRows live rows in the others, which queries scan
/// @param sizeBytes of all its files, where recorded
/// @param createdAt of the newest segment, if it says
public record IndexInfo(
    String name,
    String type,
    List<String> columns,
    List<UUID> segmentIds,
    long indexedRows,
    long unindexedRows,
    long sizeBytes,
    int version,
    String detailsUrl,
    Optional<Instant> createdAt) {}
