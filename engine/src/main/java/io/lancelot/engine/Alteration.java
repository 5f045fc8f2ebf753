package io.lancelot.engine;

import io.lancelot.columnar.DataType;
import java.util.Optional;

/// What is to change about a column.
///
/// @param path the column, or the field inside one: `stats.magic`
/// @param rename its new name, without what it lies in
/// @param nullable whether it may be null from now on
/// @param type its new type
public record Alteration(
    String path, Optional<String> rename, Optional<Boolean> nullable, Optional<DataType> type) {}
