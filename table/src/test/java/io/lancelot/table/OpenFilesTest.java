package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.Context;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.NotFoundException;
import io.lancelot.storage.LocalStore;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenFilesTest {

  @TempDir Path folder;

  private final Context context = Context.ofMemory(64 << 20);

  private List<Bases.Location> files(LocalStore store, int count) {
    List<Bases.Location> files = new ArrayList<>();
    try (Table table =
        Table.create(store, "t.lance", Rows.SCHEMA, CreateOptions.DEFAULT, context)) {
      for (int i = 0; i < count; i++) {
        table.append(Rows.of(i * 10L, 10));
      }
      for (Fragment fragment : table.snapshot().fragments()) {
        String path = "t.lance/data/" + fragment.files().getFirst().path();
        files.add(new Bases.Location(store, path));
      }
    }
    return files;
  }

  @Test
  void idleFilesStayOpenUpToTheLimit() {
    try (LocalStore store = LocalStore.open(folder);
        OpenFiles open = new OpenFiles(2)) {
      List<Bases.Location> files = files(store, 4);
      OpenFiles.Lease held = open.lease(files.get(0));
      for (Bases.Location file : files) {
        open.lease(file).close();
      }
      assertThat(open.openCount()).isEqualTo(3);
      assertThat(held.reader().rowCount()).isEqualTo(10);
      assertThat(open.lease(files.get(0)).reader()).isSameAs(held.reader());
    }
  }

  @Test
  void closingWaitsForLeases() {
    try (LocalStore store = LocalStore.open(folder)) {
      OpenFiles open = new OpenFiles(2);
      List<Bases.Location> files = files(store, 2);
      open.lease(files.get(1)).close();
      OpenFiles.Lease held = open.lease(files.get(0));
      open.close();
      assertThat(open.openCount()).isEqualTo(1);
      assertThat(held.reader().globalBuffer(0)).isNotEmpty();
      held.close();
      held.close();
      assertThat(open.openCount()).isZero();
      assertThatThrownBy(() -> open.lease(files.get(0)))
          .isInstanceOf(io.lancelot.base.InvalidInputException.class);
    }
  }

  @Test
  void fileThatCannotBeOpenedIsForgotten() {
    try (LocalStore store = LocalStore.open(folder);
        OpenFiles open = new OpenFiles(2)) {
      Bases.Location location = new Bases.Location(store, "late.lance");
      assertThatThrownBy(() -> open.lease(location)).isInstanceOf(NotFoundException.class);
      store.put("late.lance", MemorySegment.ofArray(new byte[100]));
      assertThatThrownBy(() -> open.lease(location)).isInstanceOf(CorruptDataException.class);
      assertThat(open.openCount()).isZero();
    }
  }

  @Test
  void manyThreadsShareFewFiles() throws Exception {
    try (LocalStore store = LocalStore.open(folder);
        OpenFiles open = new OpenFiles(1);
        var pool = Executors.newFixedThreadPool(8)) {
      List<Bases.Location> files = files(store, 3);
      List<Future<?>> done = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int thread = t;
        done.add(
            pool.submit(() -> {
              for (int i = 0; i < 300; i++) {
                try (OpenFiles.Lease lease = open.lease(files.get((i + thread) % 3))) {
                  assertThat(lease.reader().globalBuffer(0)).isNotEmpty();
                }
              }
            }));
      }
      for (Future<?> future : done) {
        future.get();
      }
      assertThat(open.openCount()).isEqualTo(1);
    }
  }
}
