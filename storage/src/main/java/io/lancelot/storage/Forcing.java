package io.lancelot.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Forces several files to the disk side by side: they wait for the disk together, and the file
/// system writes its journal once for many of them.
final class Forcing {

  private static final int AT_ONCE = 8;

  private interface Step {
    void run() throws IOException;
  }

  private Forcing() {}

  /// Forces files that have their names, these names, and the bytes of a file that has none yet.
  /// Which of them comes first does not matter: nothing refers to the files.
  static void force(Collection<Path> files, @Nullable TempFile unnamed, LocalFolders folders)
      throws IOException {
    List<Step> steps = new ArrayList<>();
    Set<Path> named = new LinkedHashSet<>();
    if (unnamed != null) {
      steps.add(unnamed::force);
    }
    for (Path file : files) {
      steps.add(() -> force(file));
      Path folder = file.getParent();
      if (folder != null) {
        named.add(folder);
      }
    }
    named.forEach(folder -> steps.add(() -> folders.sync(folder)));
    runAll(steps);
  }

  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(false);
    }
  }

  /// Runs all steps, on several threads if there are several, and returns when none is under way.
  private static void runAll(List<Step> steps) throws IOException {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    Runnable share =
        () -> {
          for (int i = next.getAndIncrement(); i < steps.size(); i = next.getAndIncrement()) {
            try {
              steps.get(i).run();
            } catch (IOException | RuntimeException e) {
              failure.compareAndSet(null, e);
            }
          }
        };
    List<Thread> others = new ArrayList<>();
    for (int i = 1; i < Math.min(steps.size(), AT_ONCE); i++) {
      others.add(Thread.startVirtualThread(share));
    }
    share.run();
    others.forEach(Forcing::await);
    switch (failure.get()) {
      case null -> {}
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Exception e -> throw new IllegalStateException(e);
    }
  }

  /// An interrupt is put off until nothing is being written any more.
  private static void await(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
