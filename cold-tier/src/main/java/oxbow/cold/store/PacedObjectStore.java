package oxbow.cold.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import oxbow.cold.store.StoreException.Kind;

/**
 * A view of a store for one kind of work, which moves no more bytes than its budgets allow.
 * Thread-safe.
 */
public final class PacedObjectStore implements ObjectStore {
  private final ObjectStore store;
  private final BandwidthBudget writes;
  private final BandwidthBudget reads;
  private final boolean isOwner;

  /** The store behind is borrowed. */
  public PacedObjectStore(ObjectStore store, BandwidthBudget writes, BandwidthBudget reads) {
    this(store, writes, reads, false);
  }

  private PacedObjectStore(
      ObjectStore store, BandwidthBudget writes, BandwidthBudget reads, boolean isOwner) {
    this.store = store;
    this.writes = writes;
    this.reads = reads;
    this.isOwner = isOwner;
  }

  /** The store behind is closed with this. */
  public static PacedObjectStore owning(
      ObjectStore store, BandwidthBudget writes, BandwidthBudget reads) {
    return new PacedObjectStore(store, writes, reads, true);
  }

  @Override
  public ObjectInfo put(String name, ByteBuffer body) {
    take(writes, body.remaining());
    return store.put(name, body);
  }

  @Override
  public ObjectInfo put(String name, Path body) {
    try {
      take(writes, Files.size(body));
    } catch (IOException e) {
      throw new StoreException(Kind.INVALID, "can't read " + body, e);
    }
    return store.put(name, body);
  }

  @Override
  public ObjectInfo create(String name, ByteBuffer body) {
    take(writes, body.remaining());
    return store.create(name, body);
  }

  @Override
  public Optional<ObjectInfo> find(String name) {
    return store.find(name);
  }

  /** How large it is shows when it is here; the next transfer waits for it. */
  @Override
  public ByteBuffer read(String name) {
    take(reads, 0);
    ByteBuffer body = store.read(name);
    take(reads, body.remaining());
    return body;
  }

  @Override
  public ByteBuffer read(String name, long position, int length) {
    take(reads, length);
    return store.read(name, position, length);
  }

  @Override
  public void read(String name, long position, ByteBuffer into) {
    take(reads, into.remaining());
    store.read(name, position, into);
  }

  @Override
  public boolean announce(String name, long position, int length) {
    return store.announce(name, position, length);
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
  public Optional<LocalFiles> localFiles() {
    return store.localFiles();
  }

  @Override
  public String location(String name) {
    return store.location(name);
  }

  @Override
  public int removeLeftovers(Duration age) {
    return store.removeLeftovers(age);
  }

  private static void take(BandwidthBudget budget, long bytes) {
    try {
      budget.take(bytes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(Kind.BUSY, "interrupted while waiting for bandwidth", e);
    }
  }

  @Override
  public void close() {
    if (isOwner) store.close();
  }
}
