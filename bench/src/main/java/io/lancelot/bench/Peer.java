package io.lancelot.bench;

/// Systems to measure beside Lancelot.
enum Peer {
  LANCE,
  LUCENE,
  DUCKDB;

  boolean takesPart(Suite suite) {
    return suite != Suite.TABLES || this != LUCENE;
  }

  Contender on(DataSet data) {
    return switch (this) {
      case LANCE -> new LanceContender(data);
      case LUCENE -> new LuceneContender(data);
      case DUCKDB -> new DuckDbContender(data);
    };
  }
}
