package io.lancelot.bench;

/// What can be measured.
enum Suite {
  TABLES,
  FILTERS,
  VECTORS,
  INDICES,
  TEXT,
  MUTATIONS,
  SERVER,
  BUILDS
}
