package oxbow.broker.group;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.function.Supplier;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime.CoordinatorState;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRuntimeMetrics;

/**
 * What Kafka's coordinator runtime measures of itself, kept in our meters instead of histograms.
 */
final class RuntimeMetrics implements CoordinatorRuntimeMetrics {
  private final MeterRegistry meters;
  private final Map<CoordinatorState, AtomicInteger> partitions =
      Map.of(
          CoordinatorState.LOADING, new AtomicInteger(),
          CoordinatorState.ACTIVE, new AtomicInteger(),
          CoordinatorState.FAILED, new AtomicInteger());
  private final Timer load;
  private final Timer queueing;
  private final Timer processing;
  private final Timer replication;
  private final Timer linger;
  private final Timer flush;
  private final Timer backgroundQueueing;
  private final Timer backgroundProcessing;
  private final Counter discardedBuffers;
  private final DoubleAdder idleMs = new DoubleAdder();
  private final DoubleAdder backgroundBusyMs = new DoubleAdder();

  RuntimeMetrics(MeterRegistry meters) {
    this.meters = meters;
    partitions.forEach((state, count) ->
        Gauge.builder("oxbow.group.partitions", count, AtomicInteger::get)
            .tag("state", state.toString().toLowerCase(Locale.ROOT))
            .description("Partitions of the offsets topic whose coordinator is here")
            .strongReference(true)
            .register(meters));
    load = timer("oxbow.group.load", "Time of reading a partition back after it was won");
    queueing = timer("oxbow.group.event.queueing", "Time requests wait for the coordinator");
    processing = timer("oxbow.group.event.processing", "Time the coordinator works on a request");
    replication = timer("oxbow.group.event.replication", "Time answers wait for the watermark");
    linger = timer("oxbow.group.batch.linger", "Time a batch of writes is kept open");
    flush = timer("oxbow.group.batch.flush", "Time of appending a batch of writes");
    backgroundQueueing =
        timer("oxbow.group.background.queueing", "Time assignments wait to be computed");
    backgroundProcessing =
        timer("oxbow.group.background.processing", "Time of computing an assignment");
    discardedBuffers =
        Counter.builder("oxbow.group.buffer.discarded")
            .description("Buffers of batches that grew too large to be kept")
            .register(meters);
    seconds("oxbow.group.threads.idle", "Time the coordinator's threads had nothing to do", idleMs);
    seconds(
        "oxbow.group.background.busy",
        "Time the threads that compute assignments were busy",
        backgroundBusyMs);
  }

  private Timer timer(String name, String description) {
    return Timer.builder(name).description(description).register(meters);
  }

  private void seconds(String name, String description, DoubleAdder ms) {
    FunctionCounter.builder(name, ms, sum -> sum.sum() / 1_000)
        .baseUnit("seconds")
        .description(description)
        .register(meters);
  }

  @Override
  public void recordPartitionStateChange(CoordinatorState before, CoordinatorState after) {
    AtomicInteger left = partitions.get(before);
    if (left != null) left.decrementAndGet();
    AtomicInteger entered = partitions.get(after);
    if (entered != null) entered.incrementAndGet();
  }

  @Override
  public void recordPartitionLoadSensor(long startMs, long endMs) {
    load.record(endMs - startMs, TimeUnit.MILLISECONDS);
  }

  @Override
  public void recordEventQueueTime(long ms) {
    queueing.record(ms, TimeUnit.MILLISECONDS);
  }

  @Override
  public void recordEventProcessingTime(long ms) {
    processing.record(ms, TimeUnit.MILLISECONDS);
  }

  @Override
  public void recordEventPurgatoryTime(long ms) {
    replication.record(ms, TimeUnit.MILLISECONDS);
  }

  @Override
  public void recordLingerTime(long ms) {
    linger.record(ms, TimeUnit.MILLISECONDS);
  }

  @Override
  public void recordFlushTime(long ms) {
    flush.record(ms, TimeUnit.MILLISECONDS);
  }

  @Override
  public void recordThreadIdleTime(double ms) {
    idleMs.add(ms);
  }

  @Override
  public void recordBackgroundQueueTime(long ms) {
    backgroundQueueing.record(ms, TimeUnit.MILLISECONDS);
  }

  @Override
  public void recordBackgroundProcessingTime(long ms) {
    backgroundProcessing.record(ms, TimeUnit.MILLISECONDS);
  }

  @Override
  public void recordBackgroundThreadBusyTime(double ms) {
    backgroundBusyMs.add(ms);
  }

  @Override
  public void registerEventQueueSizeGauge(Supplier<Integer> size) {
    Gauge.builder("oxbow.group.events", size, Supplier::get)
        .strongReference(true)
        .description("Requests that wait for the coordinator")
        .register(meters);
  }

  @Override
  public void registerBufferCacheSizeGauge(Supplier<Long> bytes) {
    Gauge.builder("oxbow.group.buffer.bytes", bytes, Supplier::get)
        .strongReference(true)
        .description("Memory kept for batches of writes")
        .register(meters);
  }

  @Override
  public void recordBufferCacheDiscarded() {
    discardedBuffers.increment();
  }

  /** The meters stay: they tell how it ended. */
  @Override
  public void close() {}
}
