package io.lancelot.cli;

import io.lancelot.index.BuildProgress;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// How far a build is, in one line of a terminal that is written over again and again, and wiped in
/// the end. Says nothing in the first second, and nothing at all where nobody looks.
final class ProgressLine implements BuildProgress, AutoCloseable {

  private static final long FIRST = TimeUnit.SECONDS.toNanos(1);
  private static final long BETWEEN = TimeUnit.MILLISECONDS.toNanos(100);

  private final PrintStream err;
  private final boolean shown;
  private final LongSupplier clock;
  private long next;
  private int width;

  /// @param shown whether somebody looks at `err`
  /// @param clock nanoseconds from any moment on
  ProgressLine(PrintStream err, boolean shown, LongSupplier clock) {
    this.err = err;
    this.shown = shown;
    this.clock = clock;
    this.next = clock.getAsLong() + FIRST;
  }

  @Override
  public synchronized void report(String stage, long done, long total) {
    long now = clock.getAsLong();
    if (!shown || now - next < 0) {
      return;
    }
    next = now + BETWEEN;
    String line = "  " + stage + " " + done + (total > 0 ? "/" + total : "");
    print(line + " ".repeat(Math.max(0, width - line.length())));
    width = line.length();
  }

  @Override
  public synchronized void close() {
    if (width > 0) {
      print(" ".repeat(width) + "\r");
      width = 0;
    }
  }

  private void print(String text) {
    err.print("\r" + text);
    err.flush();
  }
}
