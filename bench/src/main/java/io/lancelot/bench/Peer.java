package io.lancelot.bench;

/// Systems to measure beside Lancelot.
enum Peer {
  LANCE,
  LUCENE,
  DUCKDB,
  JVECTOR;

  boolean takesPart(Suite suite) {
    return switch (suite) {
      case VECTORS, TEXT -> this != JVECTOR;
      case INDICES -> this != DUCKDB;
      case TABLES, FILTERS -> this == LANCE || this == DUCKDB;
      case MUTATIONS -> this == LANCE;
      case SERVER, BUILDS -> false;
    };
  }

  Contender on(DataSet data) {
    return switch (this) {
      case LANCE -> new LanceContender(data);
      case LUCENE -> new LuceneContender(data);
      case DUCKDB -> new DuckDbContender(data);
      case JVECTOR -> throw new IllegalStateException("JVector has graphs and nothing else");
    };
  }
}
