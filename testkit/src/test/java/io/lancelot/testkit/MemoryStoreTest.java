package io.lancelot.testkit;

import io.lancelot.storage.MemoryStore;
import io.lancelot.storage.ObjectStore;

class MemoryStoreTest extends ObjectStoreContract {

  @Override
  protected ObjectStore openEmpty() {
    return MemoryStore.create();
  }
}
