package io.lancelot.bench;

/// What can be measured.
enum Suite {
  TABLES,
  FILTERS,
  VECTORS,
  TEXT,
  MUTATIONS,
  SERVER
}
