package oxbow.broker.produce;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/** What produce requests brought, in totals. Hot path: adds up without contention. */
final class ProduceMeters {
  private final LongAdder bytes = new LongAdder();
  private final LongAdder records = new LongAdder();
  private final LongAdder refused = new LongAdder();

  ProduceMeters(MeterRegistry registry) {
    count(registry, "oxbow.produce.bytes", bytes, "Bytes of batches appended for producers");
    count(registry, "oxbow.produce.records", records, "Records appended for producers");
    count(registry, "oxbow.produce.refused", refused, "Batches of producers that a log refused");
  }

  void appended(int batchBytes, long recordCount) {
    bytes.add(batchBytes);
    records.add(recordCount);
  }

  void refused() {
    refused.increment();
  }

  private static void count(MeterRegistry registry, String name, LongAdder adder, String what) {
    FunctionCounter.builder(name, adder, LongAdder::doubleValue)
        .description(what)
        .register(registry);
  }
}
