package io.lancelot.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// What the machine can do with the files of a table: a plain sum over their mapped bytes, and the
/// way to make reads cold.
final class Floor {

  private Floor() {}

  /// MB/s of a sum over all files below a folder, mapped and warm.
  static double megabytesPerSecond(Path folder, int millis) {
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> mapped = new ArrayList<>();
      long bytes = 0;
      for (Path file : files(folder)) {
        try (FileChannel channel = FileChannel.open(file)) {
          mapped.add(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
          bytes += channel.size();
        }
      }
      Samples runs = new Samples();
      long end = System.nanoTime() + millis * 1_000_000L;
      long sum = 0;
      do {
        long start = System.nanoTime();
        for (MemorySegment segment : mapped) {
          sum += sum(segment);
        }
        runs.add(bytes / 1e6 / ((System.nanoTime() - start) / 1e9));
      } while (System.nanoTime() < end);
      if (sum == 42) {
        throw new WrongAnswerException("a sum that nobody expects");
      }
      return runs.median();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The sum of the whole words of a segment.
  static long sum(MemorySegment segment) {
    long sum = 0;
    long words = segment.byteSize() / 8;
    for (long i = 0; i < words; i++) {
      sum += segment.get(ValueLayout.JAVA_LONG_UNALIGNED, i * 8);
    }
    return sum;
  }

  /// Has the system forget what it knows of the files below a folder. They must not be mapped.
  static void cool(Path folder) {
    try {
      for (Path file : files(folder)) {
        Process dd =
            new ProcessBuilder(
                    "dd",
                    "of=" + file,
                    "oflag=nocache",
                    "conv=notrunc,fdatasync",
                    "count=0",
                    "status=none")
                .inheritIO()
                .start();
        if (dd.waitFor() != 0) {
          throw new IOException("dd failed on " + file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
