package oxbow.broker.net;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.PooledByteBufAllocator;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.RequestHeader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the Kafka port counts. Hot path: plain adders; the registry asks them when it is scraped.
 */
final class NetMeters {
  private static final Logger log = LoggerFactory.getLogger(NetMeters.class);

  private final LongSupplier nanoClock;
  private final EnumMap<ApiKeys, Answers> answers = new EnumMap<>(ApiKeys.class);
  private final EnumMap<Closing, Closings> closings = new EnumMap<>(Closing.class);
  private final LongAdder failures = new LongAdder();
  private final LineLimit failureLines;
  private final LongAdder accepted = new LongAdder();
  final AtomicInteger connections = new AtomicInteger();
  final LongAdder bytesIn = new LongAdder();
  final LongAdder bytesOut = new LongAdder();
  final LongAdder throttles = new LongAdder();

  NetMeters(
      MeterRegistry registry,
      FrameBudget budget,
      PooledByteBufAllocator allocator,
      LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.failureLines = new LineLimit(nanoClock);
    for (ApiKeys api : ApiKeys.values()) {
      answers.put(api, new Answers(new LongAdder(), new LongAdder()));
    }
    for (Closing closing : Closing.values()) {
      var counted = new Closings(new LongAdder(), new LineLimit(nanoClock));
      closings.put(closing, counted);
      FunctionCounter.builder("oxbow.net.closed", counted, c -> c.count().sum())
          .description("Connections the broker closed or refused")
          .tag("reason", closing.label())
          .register(registry);
    }
    counter(registry, "oxbow.net.accepted", "Connections accepted", accepted);
    counter(registry, "oxbow.net.bytes.in", "Bytes read from clients", bytesIn);
    counter(registry, "oxbow.net.bytes.out", "Bytes of answers", bytesOut);
    counter(
        registry,
        "oxbow.net.failures",
        "Requests and connections that failed unexpectedly",
        failures);
    counter(registry, "oxbow.net.throttles", "Answers that slowed their client down", throttles);
    Gauge.builder("oxbow.net.connections", connections, AtomicInteger::get)
        .description("Open connections")
        .register(registry);
    Gauge.builder("oxbow.net.held.bytes", budget, FrameBudget::heldBytes)
        .description("Bytes of requests held in memory")
        .register(registry);
    Gauge.builder("oxbow.net.buffer.bytes", allocator, pool -> pool.metric().usedDirectMemory())
        .description("Memory of the pool that requests and answers lie in")
        .register(registry);
    Gauge.builder("oxbow.net.held.requests", budget, FrameBudget::heldFrames)
        .description("Requests held in memory")
        .register(registry);
  }

  /** Shows the numbers of the APIs that are served. */
  void show(MeterRegistry registry, Set<ApiKeys> served) {
    for (ApiKeys api : served) {
      FunctionTimer.builder(
              "oxbow.net.requests",
              requireNonNull(answers.get(api)),
              counted -> counted.count().sum(),
              counted -> counted.nanos().sum(),
              TimeUnit.NANOSECONDS)
          .description("Requests from their last byte to their answer")
          .tag("api", api.name)
          .register(registry);
    }
  }

  void opened() {
    accepted.increment();
    connections.incrementAndGet();
  }

  void closed() {
    connections.decrementAndGet();
    synchronized (this) {
      notifyAll();
    }
  }

  /** Waits until no connection is open, but not for longer than given. */
  synchronized boolean awaitNone(Duration patience) throws InterruptedException {
    long deadline = nanoClock.getAsLong() + patience.toNanos();
    while (connections.get() > 0) {
      long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - nanoClock.getAsLong());
      if (leftMs <= 0) return false;
      wait(leftMs);
    }
    return true;
  }

  void answered(ApiKeys api, long nanos) {
    Answers counted = requireNonNull(answers.get(api));
    counted.count().increment();
    counted.nanos().add(nanos);
  }

  /** Counts it, and writes at most one line per reason in ten seconds. */
  void closing(Closing why, @Nullable SocketAddress address, String detail) {
    Closings counted = requireNonNull(closings.get(why));
    counted.count().increment();
    if (why.isQuiet()) return;
    long untold = counted.lines().next();
    if (untold == LineLimit.UNTOLD) return;
    log.atWarn()
        .addKeyValue("reason", why.label())
        .addKeyValue("address", address)
        .addKeyValue("detail", detail)
        .addKeyValue("untold", untold)
        .log("connection closed");
  }

  /** Counts a request that failed in a way its handler did not foresee. */
  void failed(RequestHeader request, boolean wasAnswered, Throwable failure) {
    failures.increment();
    long untold = failureLines.next();
    if (untold == LineLimit.UNTOLD) return;
    log.atError()
        .addKeyValue("api", request.apiKey().name)
        .addKeyValue("version", request.apiVersion())
        .addKeyValue("answered", wasAnswered)
        .addKeyValue("untold", untold)
        .setCause(failure)
        .log("request failed unexpectedly");
  }

  /** Counts a connection that broke in a way nobody foresaw. */
  void failed(SocketAddress address, Throwable failure) {
    failures.increment();
    long untold = failureLines.next();
    if (untold == LineLimit.UNTOLD) return;
    log.atError()
        .addKeyValue("address", address)
        .addKeyValue("untold", untold)
        .setCause(failure)
        .log("connection failed unexpectedly");
  }

  private static void counter(
      MeterRegistry registry, String name, String description, LongAdder adder) {
    FunctionCounter.builder(name, adder, LongAdder::sum)
        .description(description)
        .register(registry);
  }

  private record Answers(LongAdder count, LongAdder nanos) {}

  private record Closings(LongAdder count, LineLimit lines) {}
}
