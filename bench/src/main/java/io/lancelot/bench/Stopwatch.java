package io.lancelot.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// Time that passes, and time that processors spend on this process: on a machine with other work
/// to do the second says more about a system than the first. The processors' time counts all
/// threads, native ones included, and comes in steps of up to 10 ms.
final class Stopwatch {

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private final long startNanos = System.nanoTime();
  private final long startCpuNanos = SYSTEM.getProcessCpuTime();

  double seconds() {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  double cpuMillis() {
    return (SYSTEM.getProcessCpuTime() - startCpuNanos) / 1e6;
  }
}
