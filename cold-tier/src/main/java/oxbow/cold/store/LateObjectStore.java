package oxbow.cold.store;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.StoreException.Kind;

/**
 * A store that is opened by whoever first needs it, and tried out before anything depends on it:
 * the start of the process waits neither for a client's classes nor for an answer. Until the trial
 * has succeeded every call fails with what is wrong, and the next one tries again. Owns the store
 * behind it. Thread-safe.
 */
public final class LateObjectStore implements ObjectStore {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Supplier<? extends ObjectStore> opening;
  private final String root;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable ObjectStore opened;
  private volatile boolean isTried;
  private volatile boolean isClosed;

  /**
   * @param root where the names begin, as engines outside address it; ends with a slash
   */
  public LateObjectStore(Supplier<? extends ObjectStore> opening, String root) {
    this.opening = opening;
    this.root = root;
  }

  private ObjectStore store() {
    ObjectStore known = opened;
    return known != null && isTried ? known : open();
  }

  private ObjectStore open() {
    try {
      // Others don't queue behind one who waits for a store that may be away.
      if (!lock.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new StoreException(Kind.BUSY, root + " does not answer yet");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(Kind.BUSY, "interrupted while " + root + " was opened", e);
    }
    try {
      if (isClosed) throw new StoreException(Kind.BUSY, root + " is closed");
      ObjectStore store = opened;
      if (store == null) {
        store = opening.get();
        opened = store;
      }
      if (!isTried) {
        StoreProbe.check(store, root);
        isTried = true;
      }
      return store;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public ObjectInfo put(String name, ByteBuffer body) {
    return store().put(name, body);
  }

  @Override
  public ObjectInfo put(String name, Path body) {
    return store().put(name, body);
  }

  @Override
  public ObjectInfo create(String name, ByteBuffer body) {
    return store().create(name, body);
  }

  @Override
  public Optional<ObjectInfo> find(String name) {
    return store().find(name);
  }

  @Override
  public ByteBuffer read(String name) {
    return store().read(name);
  }

  @Override
  public ByteBuffer read(String name, long position, int length) {
    return store().read(name, position, length);
  }

  @Override
  public void read(String name, long position, ByteBuffer into) {
    store().read(name, position, into);
  }

  @Override
  public boolean announce(String name, long position, int length) {
    return store().announce(name, position, length);
  }

  @Override
  public List<ObjectInfo> list(String prefix, String after, int countMax) {
    return store().list(prefix, after, countMax);
  }

  @Override
  public void delete(Collection<String> names) {
    store().delete(names);
  }

  @Override
  public Optional<LocalFiles> localFiles() {
    return store().localFiles();
  }

  @Override
  public String location(String name) {
    return root + name;
  }

  @Override
  public int removeLeftovers(Duration age) {
    return store().removeLeftovers(age);
  }

  @Override
  public void close() {
    isClosed = true;
    ObjectStore known = opened;
    if (known != null) known.close();
  }
}
