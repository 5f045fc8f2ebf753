package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.index.BuildEstimate;

/// What building a segment takes, by how [IvfBuilder], [IvfWriter] and [GraphBuilder] go about it.
final class IvfEstimate {

  /// Writers hold pages of each column until they are full, and some while they are encoded: so
  /// many halves of the bytes of all, up to a limit for each column.
  private static final long HALVES_OF_PAGES = 5;

  private static final long MOST_PAGES = 18L << 20;

  /// Batches of rows as they are read: little, as vectors come as views.
  private static final long READING = 128L << 10;

  /// Seconds of a processor (Zen 4, docs/benchmarks.md): to compare a number of a row with one of a
  /// centre, in large and in small vectors, to read a number once more, to rotate and code one, and
  /// to compare a number with those of one more candidate for a graph's edges.
  private static final double COMPARE = 1.7e-11;

  private static final double COMPARE_SMALL = 1.5e-10;
  private static final double READ = 1e-9;
  private static final double ROTATE = 1e-7;
  private static final double EDGE = 8e-9;

  /// Rounds of k-means, most of them over a part of the sample.
  private static final int ROUNDS = 10;

  private final Context context;
  private final VectorType type;
  private final IvfParams params;
  private final Coding coding;
  private final boolean graph;
  private final long rows;
  private final int partitions;
  private final int width;
  private final int recordBytes;
  private final int columns;
  private final long sampled;

  IvfEstimate(
      Context context, VectorType type, IvfParams params, Coding coding, boolean graph, long rows) {
    this.context = context;
    this.type = type;
    this.params = params;
    this.coding = coding;
    this.graph = graph;
    this.rows = rows;
    this.partitions = params.partitionsFor(rows, graph);
    this.width = type.width(params.metric());
    this.sampled =
        IvfBuilder.sampleRows(context, width, (long) partitions * params.sampleRate(), rows);
    float[] centre = new float[width];
    Codec codec =
        switch (coding) {
          case FLAT -> new FlatCodec(type, params.metric());
          case SQ -> new SqCodec(width, 0, 0);
          case PQ -> {
            float[] book = new float[(1 << params.bits()) * type.dim()];
            yield new PqCodec(
                type, params.metric(), params.subVectors(), params.bits(), book, centre);
          }
          case RQ ->
              new RqCodec(
                  width, params.metric(), params.bits(), Rotation.random(width, 11), centre);
        };
    this.recordBytes = codec.recordBytes();
    // Beside the codes their rows' ids; of a graph, its nodes, edges and their lengths.
    this.columns = 1 + codec.fields().size() + (graph ? 3 : 0);
  }

  BuildEstimate estimate() {
    return new BuildEstimate(
        rows,
        partitions,
        nativeBytes(),
        leastBytes(),
        heapBytes(),
        diskBytes(),
        loadedBytes(),
        cpuSeconds() / Math.max(1, context.parallelism()));
  }

  /// @throws ResourceExhaustedException if the budget does not hold what the build needs at least
  void check() {
    long limit = context.memory().limitBytes();
    if (leastBytes() > limit) {
      throw new ResourceExhaustedException(
          "index build: expected=a memory budget of at least "
              + leastBytes()
              + " bytes, found="
              + limit
              + " (rows="
              + rows
              + ", partitions="
              + partitions
              + "; more partitions need less)");
    }
  }

  private long partitionRows() {
    return Math.ceilDiv(rows, partitions);
  }

  /// Rows whose records are held at once.
  private long groupRows() {
    return Math.max(
        partitionRows(), Math.min(rows, IvfBuilder.groupBytes(context) / (recordBytes + 8L)));
  }

  /// What a partition takes while it is written, beside its records.
  private long writingBytes() {
    boolean whole = coding == Coding.PQ || coding == Coding.RQ;
    long row = whole ? recordBytes + 8L : 0;
    if (graph) {
      // The records in the graph's order; bytes of the nodes, where these are not the records.
      row += coding == Coding.PQ ? width : recordBytes;
      row += coding == Coding.FLAT ? 2L * width : 0;
    }
    return partitionRows() * row;
  }

  private long nativeBytes() {
    long edges =
        graph ? Math.min(IvfWriter.STEP_ROWS, partitionRows()) * (16L * params.m() + 16) : 0;
    long centres = 4L * partitions * width;
    return READING + centres + groupRows() * recordBytes + writingBytes() + pageBytes() + edges;
  }

  private long pageBytes() {
    long bytes = rows * (recordBytes + 8L);
    return Math.min(MOST_PAGES * columns, bytes * HALVES_OF_PAGES / 2);
  }

  private long leastBytes() {
    // Half of what pages usually take: better a build that fails late than one refused in vain.
    return partitionRows() * recordBytes + writingBytes() + pageBytes() / 2;
  }

  private long heapBytes() {
    long training = 4 * sampled * width + 12 * sampled;
    // Each row's partition; ids of a group; a graph's edges, grown by half, and its order.
    long edges = graph ? partitionRows() * (40 + 10L * params.m()) : 0;
    long writing = 4 * rows + 8 * groupRows() + edges;
    return 20L * partitions * width + Math.max(training, writing);
  }

  private long diskBytes() {
    // Ids take the bits of the largest, about.
    long idBits = 64 - Long.numberOfLeadingZeros(Math.max(1, rows));
    // Neighbours likewise, and a float each; about two thirds of the places are taken.
    long edges = graph ? params.m() * 4L / 3 * (4 + (idBits + 7) / 8) : 0;
    return rows * (recordBytes + (idBits + 7) / 8 + edges) + 4L * partitions * width;
  }

  private long loadedBytes() {
    long row =
        8
            + switch (coding) {
              // Large values are read where they lie in the mapped file.
              case FLAT, SQ -> recordBytes >= IvfBuilder.VIEW_BYTES ? 0 : recordBytes;
              case PQ -> recordBytes + 4L + rowBytes();
              case RQ -> width / 8 + 12L + rowBytes();
            };
    if (graph) {
      row += 4L * params.m() * 4 / 3 + 12;
      long blocks = rows * GraphBlocks.bytes(1, width);
      if (GraphBlocks.fits(width) && blocks <= context.memory().limitBytes() / 4) {
        row += GraphBlocks.bytes(1, width);
      }
    }
    // Chunks take two blocks of memory, however small they are.
    long chunks = graph ? partitions : rows * (recordBytes + 8L) / LoadedChunks.CHUNK_BYTES + 1;
    return Math.max(rows * row, chunks << 17) + 4L * partitions * width;
  }

  /// What searches keep of a row beside its codes.
  private long rowBytes() {
    return RowBytes.serve(type, params.metric(), coding, graph)
        ? RowBytes.bytes(context.memory(), rows, width, rows * (recordBytes + 8L))
            / Math.max(1, rows)
        : 0;
  }

  private double cpuSeconds() {
    double numbers = (double) rows * width;
    long passes = 2 + Math.ceilDiv(rows, groupRows());
    double seconds = 0.5 + READ * numbers * passes;
    seconds += COMPARE * (partitions * numbers + compared() * sampled * width);
    int codes = 1 << params.bits();
    switch (coding) {
      case PQ -> {
        long trained = Math.min(sampled, 64L * codes);
        seconds += COMPARE_SMALL * codes * (numbers + 2.0 * ROUNDS * trained * width);
      }
      case RQ -> seconds += ROTATE * numbers;
      case FLAT, SQ -> {}
    }
    return graph ? seconds + EDGE * params.efConstruction() * numbers : seconds;
  }

  /// How many centres k-means compares a row of the sample with.
  private double compared() {
    return partitions > KMeans.FLAT_CENTRES
        ? 2 * ROUNDS * Math.sqrt(partitions) + (double) TwoLevels.WHOLE_ROUNDS * partitions
        : (double) ROUNDS * partitions;
  }
}
