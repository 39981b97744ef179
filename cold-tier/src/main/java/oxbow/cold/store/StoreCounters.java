package oxbow.cold.store;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.StoreException.Kind;

/**
 * Counts what is asked of a store: how often, how much, how long, how it failed, and what a bill
 * would count. Thread-safe.
 */
public final class StoreCounters implements StoreListener {
  private final Map<Request, Counters> byRequest = new EnumMap<>(Request.class);
  private final Map<Kind, LongAdder> failures = new EnumMap<>(Kind.class);
  private final LongAdder retries = new LongAdder();

  public StoreCounters() {
    for (Request request : Request.values()) byRequest.put(request, new Counters());
    for (Kind kind : Kind.values()) failures.put(kind, new LongAdder());
  }

  @Override
  public void finished(Request request, @Nullable Kind failure, long bytes, long nanos) {
    Counters counters = of(request);
    counters.requests.increment();
    counters.nanos.add(nanos);
    if (failure == null) counters.bytes.add(bytes);
    else at(failures, failure).increment();
  }

  @Override
  public void retried(Kind failure) {
    retries.increment();
  }

  /** Requests of a kind that came to an end, whichever. */
  public long requests(Request request) {
    return of(request).requests.sum();
  }

  /** Bytes that they moved. */
  public long bytes(Request request) {
    return of(request).bytes.sum();
  }

  /** Time that they took, added up. */
  public long nanos(Request request) {
    return of(request).nanos.sum();
  }

  /** Requests that failed so; not finding an object is no failure. */
  public long failures(Kind kind) {
    return at(failures, kind).sum();
  }

  public long retries() {
    return retries.sum();
  }

  /** Requests in the dearest class of S3's price list: those that write or list. */
  public long writeClassRequests() {
    return requests(Request.PUT) + requests(Request.MULTIPART) + requests(Request.LIST);
  }

  /** Requests in the cheap class: those that read. Deleting is free. */
  public long readClassRequests() {
    return requests(Request.GET) + requests(Request.HEAD);
  }

  private Counters of(Request request) {
    return at(byRequest, request);
  }

  private static <K extends Enum<K>, V> V at(Map<K, V> map, K key) {
    V value = map.get(key);
    if (value == null) throw new IllegalStateException("nothing counts " + key);
    return value;
  }

  private static final class Counters {
    final LongAdder requests = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final LongAdder nanos = new LongAdder();
  }
}
