package oxbow.server.cold;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import oxbow.cold.store.Request;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.store.StoreListener;

/** Requests to the object store: how many, how long, how much, and what they failed of. */
final class StoreMeters implements StoreListener {
  private static final List<Request> WRITES = List.of(Request.PUT, Request.MULTIPART, Request.LIST);
  private static final List<Request> READS = List.of(Request.GET, Request.HEAD);

  private final MeterRegistry meters;
  private final Map<Request, Timer> times = new EnumMap<>(Request.class);
  private final Map<Request, Counter> bytes = new EnumMap<>(Request.class);
  private final Map<Kind, Counter> failures = new EnumMap<>(Kind.class);
  private final Map<Kind, Counter> retries = new EnumMap<>(Kind.class);

  StoreMeters(MeterRegistry meters) {
    this.meters = meters;
    for (Request request : Request.values()) {
      times.put(
          request,
          Timer.builder("oxbow.cold.store.requests")
              .description("Requests to the object store")
              .tag("request", tag(request))
              .register(meters));
      bytes.put(
          request,
          Counter.builder("oxbow.cold.store.bytes")
              .description("Bytes of objects sent to the object store or fetched from it")
              .tag("request", tag(request))
              .register(meters));
    }
    for (Kind kind : Kind.values()) {
      failures.put(
          kind,
          Counter.builder("oxbow.cold.store.failures")
              .description("Requests to the object store that failed")
              .tag("kind", tag(kind))
              .register(meters));
      retries.put(
          kind,
          Counter.builder("oxbow.cold.store.retries")
              .description("Requests to the object store that were sent again")
              .tag("kind", tag(kind))
              .register(meters));
    }
  }

  /** What the requests cost, by the classes that S3 bills: deleting is free. */
  void priced(BucketBounds.S3 prices) {
    FunctionCounter.builder(
            "oxbow.cold.store.cost",
            this,
            told ->
                (told.count(WRITES) * prices.writePrice() + told.count(READS) * prices.readPrice())
                    / 1000)
        .description("Estimated price of the requests to the object store, without traffic")
        .register(meters);
  }

  private long count(List<Request> requests) {
    long count = 0;
    for (Request request : requests) {
      Timer time = times.get(request);
      if (time != null) count += time.count();
    }
    return count;
  }

  private static String tag(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void finished(Request request, @Nullable Kind failure, long count, long nanos) {
    Timer time = times.get(request);
    if (time != null) time.record(nanos, TimeUnit.NANOSECONDS);
    Counter moved = bytes.get(request);
    if (moved != null) moved.increment((double) count);
    Counter failed = failure == null ? null : failures.get(failure);
    if (failed != null) failed.increment();
  }

  @Override
  public void retried(Kind failure) {
    Counter again = retries.get(failure);
    if (again != null) again.increment();
  }
}
