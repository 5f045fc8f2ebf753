package io.lancelot.index;

import io.lancelot.kernels.Metric;
import io.lancelot.kernels.TopK;
import java.util.Arrays;

/// A segment that finds near vectors.
public non-sealed interface VectorIndex extends OpenIndex {

  /// How it measures distance; it cannot answer for another.
  Metric metric();

  int dim();

  int partitionCount();

  /// Rows it has entries for.
  long rowCount();

  /// Its type by name: `IVF_PQ`.
  String type();

  /// How many candidates a walk through its graphs keeps where every row may be found, more as
  /// fewer may; 0 where it has no graphs.
  ///
  /// @param ef as asked for, or 0
  int walkWidth(int ef, int k);

  /// Finds rows near to a query and offers them, with their exact distances, to `search.best()`
  /// under the numbers that the segment stores. Looks further than it was told to where fewer than
  /// k rows would be found otherwise.
  ///
  /// Where rows hold lists of vectors, a row is as far as its nearest vector is, and that is an
  /// estimate: no exact distances are asked for.
  Searched search(Search search);

  /// What is searched, and how thoroughly. Numbers that are zero leave the choice to the index.
  ///
  /// @param vector the query's numbers
  /// @param k rows wanted
  /// @param minProbes partitions to look into at the least
  /// @param maxProbes partitions to look into at the most, as long as k rows are found
  /// @param ef candidates kept while walking a graph
  /// @param effort how many of the partitions that may be looked into are: from 0, the least, to 1,
  ///   all; NaN for a choice by the query
  /// @param approximation how closely codes of a few bits are trusted
  /// @param refine how many candidates get their exact distance, as a multiple of k
  /// @param allowed how many rows of the table may be found, in this segment or another
  /// @param live how many rows the table has
  /// @param rows the version of the table that is searched
  /// @param best where finds go
  record Search(
      float[] vector,
      int k,
      int minProbes,
      int maxProbes,
      int ef,
      int refine,
      double effort,
      ApproxMode approximation,
      long allowed,
      long live,
      Rows rows,
      TopK best) {

    /// A share of rows that is less is a filter's, and not what deletions leave.
    private static final double FILTERED = 0.95;

    /// Whether a filter passes only a part of the rows.
    public boolean filtered() {
      return share() < FILTERED;
    }

    /// Which part of the table's rows may be found, from 0 to 1.
    public double share() {
      return live == 0 ? 0 : Math.clamp((double) allowed / live, 0, 1);
    }

    /// Offers rows to `best` with their exact distances.
    ///
    /// @param ids put in ascending order
    /// @return their distances
    public float[] compare(long[] ids) {
      Arrays.sort(ids);
      float[] distances = new float[ids.length];
      rows.distances(ids, ids.length, distances);
      for (int i = 0; i < ids.length; i++) {
        best.offer(distances[i], ids[i]);
      }
      return distances;
    }
  }

  /// Rows of a version of the table, by the numbers that the segment stores. One thread.
  interface Rows {

    /// Whether a row may be found: it is alive, and a filter before the search lets it through.
    boolean allowed(long row);

    /// The exact distances of some rows, ascending, from the query.
    void distances(long[] rows, int count, float[] out);

    /// Reads the numbers of a row's vector, as floats.
    ///
    /// @return false if it has none, or it takes more than a look into memory
    boolean vector(long row, float[] out);
  }

  /// What a search did.
  ///
  /// @param partitions it looked into
  /// @param comparisons distances estimated
  /// @param refined exact distances computed
  /// @param loaded partitions that had to be loaded first
  /// @param vague whether its codes say too little of which rows are near: nearer ones than it
  ///   offered may well exist, and to compare all takes no longer than to look for them
  record Searched(int partitions, long comparisons, long refined, int loaded, boolean vague) {}
}
