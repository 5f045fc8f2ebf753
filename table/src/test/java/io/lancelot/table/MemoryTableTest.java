package io.lancelot.table;

import io.lancelot.storage.MemoryStore;
import io.lancelot.storage.ObjectStore;

class MemoryTableTest extends TableContract {

  @Override
  ObjectStore openEmpty() {
    return MemoryStore.create();
  }
}
