package io.lancelot.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// How much memory of its own this process took at most during some work, beyond what it had
/// before; mapped files do not count. For Linux: elsewhere it finds nothing.
final class PeakMemory implements AutoCloseable {

  private static final Path STATUS = Path.of("/proc/self/status");

  private final long before;
  private volatile long most;
  private volatile boolean done;
  private final Thread watcher;

  PeakMemory() {
    System.gc();
    before = anonymousBytes();
    most = before;
    watcher = Thread.ofPlatform().daemon().start(this::watch);
  }

  private void watch() {
    try {
      while (!done) {
        most = Math.max(most, anonymousBytes());
        Thread.sleep(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static long anonymousBytes() {
    if (!Files.exists(STATUS)) {
      return 0;
    }
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith("RssAnon:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  double megabytes() {
    return wholeMegabytes() - before / 1e6;
  }

  /// With what it had before.
  double wholeMegabytes() {
    most = Math.max(most, anonymousBytes());
    return most / 1e6;
  }

  @Override
  public void close() {
    done = true;
    try {
      watcher.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
