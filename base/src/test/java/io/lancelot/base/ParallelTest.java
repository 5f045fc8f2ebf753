package io.lancelot.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ParallelTest {

  private static final List<Integer> TASKS = IntStream.range(0, 100).boxed().toList();

  /// Whoever collects a result may stop the rest: a build does, when it is cancelled. The caller
  /// frees the tasks' memory next, so none may be running then.
  @Test
  void whatCollectingThrowsIsThrownWhenNoTaskRunsAnyMore() {
    try (ExecutorService pool = Executors.newFixedThreadPool(3);
        Memory memory = Memory.ofLimit(1 << 20)) {
      Context context = new Context(memory, pool, 4, InstantSource.system(), new Random(1));
      AtomicInteger running = new AtomicInteger();
      AtomicInteger done = new AtomicInteger();
      CountDownLatch several = new CountDownLatch(2);
      assertThatThrownBy(() ->
              Parallel.run(
                  context,
                  TASKS,
                  task -> {
                    running.incrementAndGet();
                    several.countDown();
                    try {
                      several.await();
                      // So that some are under way when the first result comes.
                      Thread.sleep(task % 4 == 0 ? 1 : 20);
                    } catch (InterruptedException e) {
                      throw new IllegalStateException(e);
                    } finally {
                      done.incrementAndGet();
                      running.decrementAndGet();
                    }
                    return task;
                  },
                  _ -> {
                    throw new CancelledException("enough");
                  }))
          .isInstanceOf(CancelledException.class)
          .hasMessage("enough");
      assertThat(running).hasValue(0);
      assertThat(done).hasValueLessThan(20);
    }
  }
}
