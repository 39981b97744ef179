package oxbow.cold.offload;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import oxbow.cold.store.ObjectStore;

/** A process's way to the bucket, on which it ends at a given call: before it, or just after. */
final class CrashingStore implements ObjectStore {
  private final ObjectStore bucket;
  private int callsLeft = Integer.MAX_VALUE;
  private boolean happens;
  private boolean hasCrashed;

  CrashingStore(ObjectStore bucket) {
    this.bucket = bucket;
  }

  /** The process that called has ended. */
  static final class Crash extends Error {
    private static final long serialVersionUID = 1L;
  }

  /**
   * Ends the process.
   *
   * @param calls that are answered before
   * @param happens whether the last one takes effect
   */
  void crashAfter(int calls, boolean happens) {
    callsLeft = calls;
    this.happens = happens;
  }

  /** The process has ended, whoever noticed. */
  boolean hasCrashed() {
    return hasCrashed;
  }

  private <T> T call(Supplier<T> call) {
    if (callsLeft-- > 0) return call.get();
    callsLeft = 0; // a process that ended makes no more calls
    hasCrashed = true;
    if (happens) {
      happens = false;
      T _ = call.get();
    }
    throw new Crash();
  }

  @Override
  public ObjectInfo put(String name, ByteBuffer body) {
    return call(() -> bucket.put(name, body));
  }

  @Override
  public ObjectInfo put(String name, Path body) {
    return call(() -> bucket.put(name, body));
  }

  @Override
  public ObjectInfo create(String name, ByteBuffer body) {
    return call(() -> bucket.create(name, body));
  }

  @Override
  public Optional<ObjectInfo> find(String name) {
    return call(() -> bucket.find(name));
  }

  @Override
  public ByteBuffer read(String name) {
    return call(() -> bucket.read(name));
  }

  @Override
  public ByteBuffer read(String name, long position, int length) {
    return call(() -> bucket.read(name, position, length));
  }

  @Override
  public List<ObjectInfo> list(String prefix, String after, int countMax) {
    return call(() -> bucket.list(prefix, after, countMax));
  }

  @Override
  public void delete(Collection<String> names) {
    boolean _ =
        call(() -> {
          bucket.delete(names);
          return true;
        });
  }

  @Override
  public String location(String name) {
    return bucket.location(name);
  }

  @Override
  public int removeLeftovers(Duration age) {
    return bucket.removeLeftovers(age);
  }

  @Override
  public void close() {}
}
