package io.lancelot.server;

import java.util.concurrent.atomic.AtomicLong;

/// What may lie on the heap for all requests together: the budget of native memory knows nothing of
/// it. Thread-safe.
final class HeapRoom {

  private final long limitBytes;
  private final AtomicLong usedBytes = new AtomicLong();

  HeapRoom(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /// A quarter of what the JVM may take.
  static HeapRoom ofJvm() {
    return new HeapRoom(Runtime.getRuntime().maxMemory() / 4);
  }

  long limitBytes() {
    return limitBytes;
  }

  /// @throws Failures.Coded if others have taken too much of it
  void take(long bytes) {
    if (usedBytes.addAndGet(bytes) > limitBytes) {
      usedBytes.addAndGet(-bytes);
      throw new Failures.Coded(
          Failures.Code.UNAVAILABLE, "too many bytes of requests at once (needed=" + bytes + ")");
    }
  }

  void give(long bytes) {
    usedBytes.addAndGet(-bytes);
  }
}
