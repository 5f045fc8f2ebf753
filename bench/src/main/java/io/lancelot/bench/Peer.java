package io.lancelot.bench;

/// Systems to measure beside Lancelot.
enum Peer {
  LANCE,
  LUCENE,
  DUCKDB;

  boolean takesPart(Suite suite) {
    return switch (suite) {
      case VECTORS, TEXT -> true;
      case INDICES -> this != DUCKDB;
      case TABLES, FILTERS -> this != LUCENE;
      case MUTATIONS -> this == LANCE;
      case SERVER -> false;
    };
  }

  Contender on(DataSet data) {
    return switch (this) {
      case LANCE -> new LanceContender(data);
      case LUCENE -> new LuceneContender(data);
      case DUCKDB -> new DuckDbContender(data);
    };
  }
}
