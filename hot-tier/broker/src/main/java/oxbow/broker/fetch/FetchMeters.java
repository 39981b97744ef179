package oxbow.broker.fetch;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What fetch requests took, in totals, and what they hold. Hot path: adds without contention. */
final class FetchMeters {
  private final LongAdder bytes = new LongAdder();
  private final AtomicInteger parked = new AtomicInteger();

  FetchMeters(
      MeterRegistry registry, FetchSessions sessions, PageCache pages, @Nullable ColdFetches cold) {
    if (cold != null) register(registry, cold);
    count(registry, "oxbow.fetch.bytes", bytes, "Bytes of batches sent to consumers");
    count(
        registry,
        "oxbow.fetch.session.evictions",
        sessions.evictions(),
        "Fetch sessions displaced by others");
    count(
        registry,
        "oxbow.fetch.disk.bytes",
        pages.loadedBytes(),
        "Bytes read from disk for consumers that are far behind");
    Gauge.builder("oxbow.fetch.parked", parked, AtomicInteger::get)
        .description("Fetch requests that wait for records")
        .register(registry);
    Gauge.builder("oxbow.fetch.sessions", sessions, FetchSessions::size)
        .description("Fetch sessions kept")
        .register(registry);
    Gauge.builder("oxbow.fetch.session.partitions", sessions, s -> (double) s.partitionCount())
        .description("Partitions in fetch sessions")
        .register(registry);
  }

  private static void register(MeterRegistry registry, ColdFetches cold) {
    count(registry, "oxbow.fetch.cold.reads", cold.reads, "Reads of the cold tier for fetches");
    count(registry, "oxbow.fetch.cold.failures", cold.failures, "Those of them that failed");
    count(
        registry,
        "oxbow.fetch.cold.refusals",
        cold.refusals,
        "Looks for cold records put off because too many were held");
    Gauge.builder("oxbow.fetch.cold.held.bytes", cold, c -> (double) c.bytesHeld())
        .description("Cold records held for fetches")
        .baseUnit("bytes")
        .register(registry);
  }

  void sent(int batchBytes) {
    bytes.add(batchBytes);
  }

  void parked() {
    parked.incrementAndGet();
  }

  void unparked() {
    parked.decrementAndGet();
  }

  private static void count(MeterRegistry registry, String name, LongAdder adder, String what) {
    FunctionCounter.builder(name, adder, LongAdder::doubleValue)
        .description(what)
        .register(registry);
  }
}
