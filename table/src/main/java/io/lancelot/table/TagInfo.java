package io.lancelot.table;

import java.time.Instant;
import java.util.Optional;

/// A name given to a version.
///
/// @param branch the branch that the version is on; empty for the main line
/// @param createdAt when the name was given; empty if old releases did not write that down
/// @param updatedAt when it was last moved to another version
public record TagInfo(
    String name,
    Optional<String> branch,
    long version,
    Optional<Instant> createdAt,
    Optional<Instant> updatedAt) {}
