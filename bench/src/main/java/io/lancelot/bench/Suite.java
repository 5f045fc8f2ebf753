package io.lancelot.bench;

/// What can be measured.
enum Suite {
  TABLES,
  VECTORS,
  TEXT,
  MUTATIONS
}
