package io.lancelot.bench;

import io.lancelot.kernels.ElementType;
import io.lancelot.kernels.Kernels;
import io.lancelot.kernels.Metric;
import io.lancelot.kernels.QueryVector;
import io.lancelot.kernels.Scan;
import io.lancelot.kernels.TopK;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/// What one thread can do: the exact search's loop over the vectors of a mapped file, beside a
/// plain sum over the same bytes and the [Reference], turn by turn. As for the reference, a query's
/// time is the best of eight.
final class MappedScan {

  private static final int TRIES = 8;
  private static final int WARM_TRIES = 200;

  private final Vectors vectors;
  private final int k;
  private final double[] farthest;

  /// @param millis a search's
  /// @param references the same as a multiple of [Reference#micros]
  /// @param gigabytesPerSecond how fast it reads
  /// @param ofSum this as a share of what the plain sum reaches
  /// @param recall the share of true neighbours found
  record Figures(
      double millis, double references, double gigabytesPerSecond, double ofSum, double recall) {}

  /// @param farthest of each query the distance that a right answer may have at the most
  MappedScan(Vectors vectors, int k, double[] farthest) {
    this.vectors = vectors;
    this.k = k;
    this.farthest = farthest;
  }

  Figures measure(Path folder) {
    int queries = farthest.length;
    Reference reference = new Reference(vectors);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment mapped = mapped(folder.resolve("vectors.f32"), arena);
      Kernels.current().warm(query(0), Duration.ofSeconds(10));
      long sink = 0;
      for (int i = 0; i < WARM_TRIES; i++) {
        sink += search(mapped, i % queries)[0] + Floor.sum(mapped);
      }
      double before = reference.micros();
      Samples searches = new Samples();
      Samples sums = new Samples();
      long hits = 0;
      for (int q = 0; q < queries; q++) {
        long search = Long.MAX_VALUE;
        long sum = Long.MAX_VALUE;
        for (int i = 0; i < TRIES; i++) {
          long start = System.nanoTime();
          sink += search(mapped, q)[0];
          long between = System.nanoTime();
          sink += Floor.sum(mapped);
          search = Math.min(search, between - start);
          sum = Math.min(sum, System.nanoTime() - between);
        }
        hits += vectors.hits(Similarity.L2, q, search(mapped, q), farthest[q]);
        searches.add(search / 1e6);
        sums.add(sum / 1e6);
      }
      if (sink == 42) {
        throw new WrongAnswerException("a sum that nobody expects");
      }
      double micros = Math.min(before, reference.micros());
      double millis = searches.median();
      return new Figures(
          millis,
          millis * 1e3 / micros,
          mapped.byteSize() / 1e6 / millis,
          sums.median() / millis,
          (double) hits / (queries * Math.min(k, vectors.count())));
    }
  }

  private MemorySegment mapped(Path file, Arena arena) {
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (var bytes = vectors.rows().asByteBuffer(); bytes.hasRemaining(); ) {
        out.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try (FileChannel channel = FileChannel.open(file)) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, Files.size(file), arena);
      mapped.load();
      return mapped;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private QueryVector query(int number) {
    return QueryVector.of(Metric.L2, ElementType.FLOAT32, vectors.queries()[number]);
  }

  private long[] search(MemorySegment mapped, int number) {
    TopK best = new TopK(k);
    new Scan(Kernels.current(), query(number), best).topK(mapped, 0, vectors.count(), null, 0);
    return best.ids();
  }
}
