package io.lancelot.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.testkit.ObjectStoreContract;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The local store as it works where the file system has no hard links.
class LinklessLocalStoreTest extends ObjectStoreContract {

  @TempDir private Path folder = Path.of("");

  @Override
  protected ObjectStore openEmpty() {
    return LocalStore.withoutLinks(folder);
  }

  @Test
  void storesOfOneProcessKeepOutOfEachOthersWay() throws Exception {
    List<Callable<Integer>> writers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      writers.add(() -> {
        int won = 0;
        try (ObjectStore mine = LocalStore.withoutLinks(folder)) {
          for (int n = 0; n < 50; n++) {
            try {
              mine.putIfAbsent("v/" + n, heap(bytes(100, n)));
              won++;
            } catch (AlreadyExistsException e) {
              // another one was first
            }
          }
        }
        return won;
      });
    }
    int won = 0;
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (Future<Integer> writer : threads.invokeAll(writers)) {
        won += writer.get();
      }
    }
    assertThat(won).isEqualTo(50);
    assertThat(store().list("v")).hasSize(50);
  }
}
