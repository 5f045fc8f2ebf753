package io.lancelot.bench;

import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/// How vectors are compared; every system here has its own word for each.
enum Similarity {
  L2,
  COSINE,
  DOT;

  /// The name in results.
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The distance by definition, in double precision: what answers are judged by. Smaller is
  /// nearer.
  ///
  /// @param rows float32 vectors end to end
  double distance(float[] query, MemorySegment rows, long row) {
    long at = row * query.length * Float.BYTES;
    double dot = 0;
    double queryNorm = 0;
    double rowNorm = 0;
    double squares = 0;
    for (int i = 0; i < query.length; i++) {
      double a = query[i];
      double b = rows.get(FixedColumn.FLOAT, at + 4L * i);
      dot += a * b;
      queryNorm += a * a;
      rowNorm += b * b;
      squares += (a - b) * (a - b);
    }
    return switch (this) {
      case L2 -> squares;
      case COSINE -> 1 - dot / Math.sqrt(queryNorm * rowNorm);
      case DOT -> 1 - dot;
    };
  }
}
