package oxbow.cold.store;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Creates objects whether they are there or not, as servers do that overlook the condition. */
final class CarelessObjectStore implements ObjectStore {
  private final ObjectStore store;

  CarelessObjectStore(ObjectStore store) {
    this.store = store;
  }

  @Override
  public ObjectInfo create(String name, ByteBuffer body) {
    return store.put(name, body);
  }

  @Override
  public ObjectInfo put(String name, ByteBuffer body) {
    return store.put(name, body);
  }

  @Override
  public ObjectInfo put(String name, Path body) {
    return store.put(name, body);
  }

  @Override
  public Optional<ObjectInfo> find(String name) {
    return store.find(name);
  }

  @Override
  public ByteBuffer read(String name) {
    return store.read(name);
  }

  @Override
  public ByteBuffer read(String name, long position, int length) {
    return store.read(name, position, length);
  }

  @Override
  public List<ObjectInfo> list(String prefix, String after, int countMax) {
    return store.list(prefix, after, countMax);
  }

  @Override
  public void delete(Collection<String> names) {
    store.delete(names);
  }

  @Override
  public String location(String name) {
    return store.location(name);
  }

  @Override
  public int removeLeftovers(Duration age) {
    return store.removeLeftovers(age);
  }

  @Override
  public void close() {
    store.close();
  }
}
