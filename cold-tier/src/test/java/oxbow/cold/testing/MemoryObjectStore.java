package oxbow.cold.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.ObjectNames;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.Request;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;

/**
 * A bucket in memory that goes wrong when told: for one coming call, or by chance from a seed. What
 * it holds survives {@link #close}, as a bucket does its clients.
 */
public final class MemoryObjectStore implements ObjectStore {
  /** Enough later calls for a delayed one to do harm. */
  private static final int LATE_CALLS_MAX = 12;

  private static final int STALE_OBJECTS = 3;

  private final InstantSource clock;
  private final TreeMap<String, StoredObject> objects = new TreeMap<>(ObjectNames.ORDER);
  private final Deque<Scripted> script = new ArrayDeque<>();
  private final Map<StoreFault, Double> chances = new EnumMap<>(StoreFault.class);
  private final List<Late> late = new ArrayList<>();
  private final Map<Request, Integer> requests = new EnumMap<>(Request.class);
  private Random random = new Random(0);
  private boolean isAway;
  private long writes;
  private long writesListed = Long.MAX_VALUE;

  public MemoryObjectStore(InstantSource clock) {
    this.clock = clock;
  }

  /** The next call of this kind to a name like this goes wrong. */
  public synchronized void failNext(Request request, Predicate<String> name, StoreFault fault) {
    script.add(new Scripted(request, name, fault));
  }

  public void failNext(Request request, StoreFault fault) {
    failNext(request, _ -> true, fault);
  }

  /** From now on calls go wrong with these probabilities. */
  public synchronized void failByChance(Random chance, Map<StoreFault, Double> probabilities) {
    random = chance;
    chances.clear();
    chances.putAll(probabilities);
  }

  /** Nothing goes wrong any more; calls that are late arrive now. */
  public synchronized void heal() {
    chances.clear();
    script.clear();
    isAway = false;
    writesListed = Long.MAX_VALUE;
    for (Late call : late) call.effect().run();
    late.clear();
  }

  /** Nobody answers until {@link #heal}. */
  public synchronized void goAway() {
    isAway = true;
  }

  /** Listings show nothing that is written from now on, until {@link #heal}. */
  public synchronized void freezeListings() {
    writesListed = writes;
  }

  /** How many calls of a kind arrived, failed ones too. */
  public synchronized int requests(Request request) {
    return requests.getOrDefault(request, 0);
  }

  /** Names of all objects, in order. */
  public synchronized List<String> names() {
    return List.copyOf(objects.keySet());
  }

  /** Sets one bit of an object wrong, as a failing disk does. */
  public synchronized void damage(String name, int position) {
    StoredObject object = objects.get(name);
    if (object == null) throw new IllegalArgumentException("no object " + name);
    object.body[position] ^= 1;
  }

  @Override
  public synchronized ObjectInfo put(String name, ByteBuffer body) {
    byte[] bytes = bytes(body);
    return write(name, Kind.BUSY, () -> store(name, bytes));
  }

  @Override
  public ObjectInfo put(String name, Path body) {
    try {
      return put(name, ByteBuffer.wrap(Files.readAllBytes(body)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public synchronized ObjectInfo create(String name, ByteBuffer body) {
    byte[] bytes = bytes(body);
    return write(
        name,
        Kind.OUTCOME_UNKNOWN,
        () -> {
          if (objects.containsKey(name)) {
            throw new StoreException(Kind.EXISTS, "there is an object " + name);
          }
          return store(name, bytes);
        });
  }

  private ObjectInfo write(String name, Kind lost, Effect effect) {
    check(name);
    @Nullable StoreFault fault = fault(Request.PUT, name);
    if (fault == null) return effect.apply();
    switch (fault) {
      case BUSY, SHORT_BODY, WRONG_BYTES, STALE_LISTING -> throw busy(name);
      case DENIED -> throw denied(name);
      case LOST_REPLY -> effect.run();
      case TIMED_OUT -> {
        if (random.nextBoolean()) effect.run();
      }
      case LATE -> late.add(new Late(1 + random.nextInt(LATE_CALLS_MAX), effect));
    }
    throw new StoreException(lost, "no reply for " + name);
  }

  private ObjectInfo store(String name, byte[] bytes) {
    var object = new StoredObject(bytes, clock.millis(), writes++);
    objects.put(name, object);
    return object.info(name);
  }

  private static byte[] bytes(ByteBuffer body) {
    byte[] bytes = new byte[body.remaining()];
    body.slice().get(bytes);
    return bytes;
  }

  @Override
  public synchronized Optional<ObjectInfo> find(String name) {
    check(name);
    failPlainly(Request.HEAD, name);
    return Optional.ofNullable(objects.get(name)).map(object -> object.info(name));
  }

  @Override
  public synchronized ByteBuffer read(String name) {
    StoredObject object = object(name);
    return read(name, object, 0, object.body.length);
  }

  @Override
  public synchronized ByteBuffer read(String name, long position, int length) {
    StoredObject object = object(name);
    if (position < 0 || length < 0 || object.body.length - position < length) {
      throw new StoreException(Kind.INVALID, "no such range of " + name);
    }
    return read(name, object, (int) position, length);
  }

  private StoredObject object(String name) {
    check(name);
    StoredObject object = objects.get(name);
    if (object != null) return object;
    failPlainly(Request.GET, name);
    throw new StoreException(Kind.NOT_FOUND, "there is no object " + name);
  }

  private ByteBuffer read(String name, StoredObject object, int position, int length) {
    @Nullable StoreFault fault = fault(Request.GET, name);
    byte[] bytes = new byte[length];
    System.arraycopy(object.body, position, bytes, 0, length);
    if (fault == null) return ByteBuffer.wrap(bytes);
    return switch (fault) {
      case WRONG_BYTES -> {
        if (length > 0) bytes[random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
        yield ByteBuffer.wrap(bytes);
      }
      case SHORT_BODY -> throw new StoreException(Kind.CORRUPT, name + " ended too early");
      case DENIED -> throw denied(name);
      default -> throw busy(name);
    };
  }

  @Override
  public synchronized List<ObjectInfo> list(String prefix, String after, int countMax) {
    @Nullable StoreFault fault = fault(Request.LIST, prefix);
    if (fault == StoreFault.DENIED) throw denied(prefix);
    if (fault != null && fault != StoreFault.STALE_LISTING) throw busy(prefix);
    long seenWrites = Math.min(writesListed, fault == null ? writes : writes - STALE_OBJECTS);
    List<ObjectInfo> found = new ArrayList<>();
    String from = ObjectNames.ORDER.compare(prefix, after) > 0 ? prefix : after;
    for (var entry : objects.tailMap(from, true).entrySet()) {
      String name = entry.getKey();
      if (!name.startsWith(prefix) || found.size() >= countMax) break;
      if (name.equals(after) || entry.getValue().write >= seenWrites) continue;
      found.add(entry.getValue().info(name));
    }
    return found;
  }

  @Override
  public synchronized void delete(Collection<String> names) {
    names.forEach(MemoryObjectStore::check);
    if (names.isEmpty()) return;
    String first = names.iterator().next();
    @Nullable StoreFault fault = fault(Request.DELETE, first);
    if (fault == StoreFault.DENIED) throw denied(first);
    boolean happens =
        fault == null
            || fault == StoreFault.LOST_REPLY
            || (fault == StoreFault.TIMED_OUT && random.nextBoolean());
    if (happens) names.forEach(objects::remove);
    if (fault != null) throw busy(first);
  }

  @Override
  public String location(String name) {
    return "memory://bucket/" + name;
  }

  @Override
  public int removeLeftovers(Duration age) {
    return 0;
  }

  @Override
  public void close() {}

  private static void check(String name) {
    if (!ObjectNames.isLegal(name)) {
      throw new StoreException(Kind.INVALID, "no object can be called \"" + name + "\"");
    }
  }

  private void failPlainly(Request request, String name) {
    @Nullable StoreFault fault = fault(request, name);
    if (fault == StoreFault.DENIED) throw denied(name);
    if (fault != null) throw busy(name);
  }

  private @Nullable StoreFault fault(Request request, String name) {
    requests.merge(request, 1, Integer::sum);
    deliverLate();
    if (isAway) return StoreFault.BUSY;
    for (Iterator<Scripted> faults = script.iterator(); faults.hasNext(); ) {
      Scripted scripted = faults.next();
      if (scripted.request() == request && scripted.name().test(name)) {
        faults.remove();
        return scripted.fault();
      }
    }
    double toss = random.nextDouble();
    for (var chance : chances.entrySet()) {
      toss -= chance.getValue();
      if (toss < 0) return chance.getKey();
    }
    return null;
  }

  private void deliverLate() {
    for (int i = 0; i < late.size(); ) {
      Late call = late.get(i);
      if (call.calls() > 0) {
        late.set(i++, new Late(call.calls() - 1, call.effect()));
      } else {
        late.remove(i);
        call.effect().run();
      }
    }
  }

  private static StoreException busy(String name) {
    return new StoreException(Kind.BUSY, "busy: " + name);
  }

  private static StoreException denied(String name) {
    return new StoreException(Kind.DENIED, "denied: " + name);
  }

  private record Scripted(Request request, Predicate<String> name, StoreFault fault) {}

  /**
   * A call under way.
   *
   * @param calls that others make before it arrives
   */
  private record Late(int calls, Effect effect) {}

  private interface Effect {
    ObjectInfo apply();

    /** Takes effect where nobody waits for the answer. */
    default void run() {
      try {
        var _ = apply();
      } catch (StoreException e) {
        if (e.kind() != Kind.EXISTS) throw e;
      }
    }
  }

  private static final class StoredObject {
    private final byte[] body;
    private final long modifiedMs;
    private final long write;

    StoredObject(byte[] body, long modifiedMs, long write) {
      this.body = body;
      this.modifiedMs = modifiedMs;
      this.write = write;
    }

    ObjectInfo info(String name) {
      return new ObjectInfo(name, body.length, modifiedMs);
    }
  }
}
