package oxbow.cold.store;

import java.time.InstantSource;
import oxbow.cold.testing.MemoryObjectStore;

/** The store of tests behaves as the real ones do. */
class MemoryObjectStoreTest extends ObjectStoreContract {
  @Override
  ObjectStore openEmpty() {
    return new MemoryObjectStore(InstantSource.system());
  }
}
