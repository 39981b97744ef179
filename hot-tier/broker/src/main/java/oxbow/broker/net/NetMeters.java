package oxbow.broker.net;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the Kafka port counts. Hot path: plain adders; the registry asks them when it is scraped.
 */
final class NetMeters {
  private static final Logger log = LoggerFactory.getLogger(NetMeters.class);
  private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final LongSupplier nanoClock;
  private final EnumMap<ApiKeys, Answers> answers = new EnumMap<>(ApiKeys.class);
  private final EnumMap<Closing, Closings> closings = new EnumMap<>(Closing.class);
  private final LongAdder accepted = new LongAdder();
  final AtomicInteger connections = new AtomicInteger();
  final LongAdder bytesIn = new LongAdder();
  final LongAdder bytesOut = new LongAdder();
  final LongAdder throttles = new LongAdder();

  NetMeters(MeterRegistry registry, FrameBudget budget, LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    for (ApiKeys api : ApiKeys.values()) {
      var counted = new Answers(new LongAdder(), new LongAdder());
      answers.put(api, counted);
      FunctionTimer.builder(
              "oxbow.net.requests",
              counted,
              c -> c.count().sum(),
              c -> c.nanos().sum(),
              TimeUnit.NANOSECONDS)
          .description("requests from their last byte to their answer")
          .tag("api", api.name)
          .register(registry);
    }
    for (Closing closing : Closing.values()) {
      var counted =
          new Closings(new LongAdder(), new AtomicLong(nanoClock.getAsLong()), new LongAdder());
      closings.put(closing, counted);
      FunctionCounter.builder("oxbow.net.closed", counted, c -> c.count().sum())
          .description("connections the broker closed or refused")
          .tag("reason", closing.label())
          .register(registry);
    }
    counter(registry, "oxbow.net.accepted", "connections accepted", accepted);
    counter(registry, "oxbow.net.bytes.in", "bytes read from clients", bytesIn);
    counter(registry, "oxbow.net.bytes.out", "bytes of answers", bytesOut);
    counter(registry, "oxbow.net.throttles", "answers that slowed their client down", throttles);
    Gauge.builder("oxbow.net.connections", connections, AtomicInteger::get)
        .description("open connections")
        .register(registry);
    Gauge.builder("oxbow.net.held.bytes", budget, FrameBudget::heldBytes)
        .description("bytes of requests held in memory")
        .register(registry);
    Gauge.builder("oxbow.net.held.requests", budget, FrameBudget::heldFrames)
        .description("requests held in memory")
        .register(registry);
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
    long due = counted.nextLineNanos().get();
    long now = nanoClock.getAsLong();
    if (now - due < 0 || !counted.nextLineNanos().compareAndSet(due, now + LINE_NANOS)) {
      counted.untold().increment();
      return;
    }
    log.atWarn()
        .addKeyValue("reason", why.label())
        .addKeyValue("address", address)
        .addKeyValue("detail", detail)
        .addKeyValue("untold", counted.untold().sumThenReset())
        .log("connection closed");
  }

  private static void counter(
      MeterRegistry registry, String name, String description, LongAdder adder) {
    FunctionCounter.builder(name, adder, LongAdder::sum)
        .description(description)
        .register(registry);
  }

  private record Answers(LongAdder count, LongAdder nanos) {}

  /** Closed connections of one reason; those without a line of their own since the last one. */
  private record Closings(LongAdder count, AtomicLong nextLineNanos, LongAdder untold) {}
}
