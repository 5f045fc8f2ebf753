package io.lancelot.table;

import java.util.Optional;

/// Which large values a write may hold besides plain bytes.
///
/// @param external whether values given by a user may stay outside the table
/// @param moving where the files lie that rows come from which move inside the table; empty if rows
///   come from a user
record BlobRules(boolean external, Optional<Bases> moving) {

  /// Bytes only.
  static final BlobRules BYTES = new BlobRules(false, Optional.empty());

  static BlobRules moving(Bases bases) {
    return new BlobRules(false, Optional.of(bases));
  }
}
