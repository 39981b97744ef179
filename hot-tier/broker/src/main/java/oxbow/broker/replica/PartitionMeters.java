package oxbow.broker.replica;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/** How this broker's partitions are, counted when somebody asks. */
public final class PartitionMeters {
  private PartitionMeters() {}

  public static void register(Partitions partitions, MeterRegistry registry) {
    gauge(
        registry, partitions, "oxbow.partitions", "Partitions held", all -> count(all, _ -> true));
    gauge(
        registry,
        partitions,
        "oxbow.partitions.led",
        "Partitions led",
        all -> count(all, Partition::isLeader));
    gauge(
        registry,
        partitions,
        "oxbow.partitions.offline",
        "Partitions whose log is damaged or could not be opened",
        all -> all.offline().size());
    gauge(
        registry,
        partitions,
        "oxbow.partitions.under.replicated",
        "Partitions led of which not all replicas are in sync",
        all -> count(all, Partition::isUnderReplicated));
    gauge(
        registry,
        partitions,
        "oxbow.partitions.waiting",
        "Appends that wait for the watermark",
        all -> all.all().stream().mapToInt(Partition::waitingForWatermark).sum());
  }

  private static int count(Partitions partitions, Predicate<Partition> counted) {
    return (int) partitions.all().stream().filter(counted).count();
  }

  private static void gauge(
      MeterRegistry registry,
      Partitions partitions,
      String name,
      String what,
      ToDoubleFunction<Partitions> value) {
    Gauge.builder(name, partitions, value).description(what).register(registry);
  }
}
