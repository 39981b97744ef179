package oxbow.cold.testing;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import oxbow.cold.store.ObjectStore;

/**
 * A store that lets others have a turn before each call, as another machine may at any moment: one
 * thread, so that a seed tells the whole story.
 */
public final class InterleavedStore implements ObjectStore {
  private final ObjectStore store;
  private final Runnable othersTurn;

  public InterleavedStore(ObjectStore store, Runnable othersTurn) {
    this.store = store;
    this.othersTurn = othersTurn;
  }

  @Override
  public ObjectInfo put(String name, ByteBuffer body) {
    othersTurn.run();
    return store.put(name, body);
  }

  @Override
  public ObjectInfo put(String name, Path body) {
    othersTurn.run();
    return store.put(name, body);
  }

  @Override
  public ObjectInfo create(String name, ByteBuffer body) {
    othersTurn.run();
    return store.create(name, body);
  }

  @Override
  public Optional<ObjectInfo> find(String name) {
    othersTurn.run();
    return store.find(name);
  }

  @Override
  public ByteBuffer read(String name) {
    othersTurn.run();
    return store.read(name);
  }

  @Override
  public ByteBuffer read(String name, long position, int length) {
    othersTurn.run();
    return store.read(name, position, length);
  }

  @Override
  public List<ObjectInfo> list(String prefix, String after, int countMax) {
    othersTurn.run();
    return store.list(prefix, after, countMax);
  }

  @Override
  public void delete(Collection<String> names) {
    othersTurn.run();
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
  public void close() {}
}
