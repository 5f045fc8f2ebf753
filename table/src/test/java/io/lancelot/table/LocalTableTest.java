package io.lancelot.table;

import io.lancelot.storage.Durability;
import io.lancelot.storage.LocalStore;
import io.lancelot.storage.ObjectStore;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class LocalTableTest extends TableContract {

  @TempDir static Path folder;

  private static int count;

  @Override
  ObjectStore openEmpty() {
    return LocalStore.open(folder.resolve("store" + count++), Durability.NONE);
  }
}
