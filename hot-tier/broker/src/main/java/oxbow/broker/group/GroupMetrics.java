package oxbow.broker.group;

import com.yammer.metrics.core.Gauge;
import com.yammer.metrics.core.MetricName;
import com.yammer.metrics.core.MetricsRegistry;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;

/** What Kafka's coordinator counts of groups and offsets, shown as our meters. */
final class GroupMetrics implements AutoCloseable {
  private static final Map<MetricName, String> CLASSIC_STATES =
      Map.of(
          GroupCoordinatorMetrics.NUM_CLASSIC_GROUPS_PREPARING_REBALANCE, "preparingrebalance",
          GroupCoordinatorMetrics.NUM_CLASSIC_GROUPS_COMPLETING_REBALANCE, "completingrebalance",
          GroupCoordinatorMetrics.NUM_CLASSIC_GROUPS_STABLE, "stable",
          GroupCoordinatorMetrics.NUM_CLASSIC_GROUPS_DEAD, "dead",
          GroupCoordinatorMetrics.NUM_CLASSIC_GROUPS_EMPTY, "empty");

  private static final Map<String, Shown> COUNTERS =
      Map.of(
          "offset-commit-count",
          new Shown("oxbow.group.offset.commits", "Offsets that were committed"),
          "offset-expiration-count",
          new Shown("oxbow.group.offset.expirations", "Committed offsets that expired"),
          "offset-deletion-count",
          new Shown("oxbow.group.offset.deletions", "Committed offsets that were deleted"));

  private static final Map<String, String> REBALANCES =
      Map.of(
          "group-completed-rebalance-count", "classic",
          "consumer-group-rebalance-count", "consumer",
          "streams-group-rebalance-count", "streams");

  private static final Map<String, String> GROUPS =
      Map.of("consumer-group-count", "consumer", "streams-group-count", "streams");

  private final MetricsRegistry yammer = new MetricsRegistry();
  private final Metrics metrics = new Metrics();
  private final GroupCoordinatorMetrics kafkas = new GroupCoordinatorMetrics(yammer, metrics);

  GroupMetrics(MeterRegistry meters) {
    yammer.allMetrics().forEach((name, metric) -> show(meters, name, (Gauge<?>) metric));
    metrics.metrics().values().forEach(metric -> show(meters, metric));
  }

  private record Shown(String name, String description) {}

  /** Where the coordinator counts; the coordinator closes it with itself. */
  GroupCoordinatorMetrics kafkas() {
    return kafkas;
  }

  private static void show(MeterRegistry meters, MetricName name, Gauge<?> gauge) {
    ToDoubleFunction<Gauge<?>> value = read -> number(read.value());
    String state = CLASSIC_STATES.get(name);
    if (state != null) {
      groups(meters, "classic", state, gauge, value);
    } else if (name.equals(GroupCoordinatorMetrics.NUM_OFFSETS)) {
      io.micrometer.core.instrument.Gauge.builder("oxbow.group.offsets", gauge, value)
          .description("Committed offsets that are kept")
          .strongReference(true)
          .register(meters);
    }
  }

  private static void show(MeterRegistry meters, KafkaMetric metric) {
    ToDoubleFunction<KafkaMetric> value = read -> number(read.metricValue());
    String name = metric.metricName().name();
    Shown counter = COUNTERS.get(name);
    if (counter != null) {
      FunctionCounter.builder(counter.name(), metric, value)
          .description(counter.description())
          .register(meters);
    } else if (REBALANCES.containsKey(name)) {
      FunctionCounter.builder("oxbow.group.rebalances", metric, value)
          .tag("type", REBALANCES.get(name))
          .description("Rebalances that were completed")
          .register(meters);
    } else if (GROUPS.containsKey(name)) {
      String state = metric.metricName().tags().get("state");
      if (state != null) groups(meters, GROUPS.get(name), state, metric, value);
    }
  }

  private static <T> void groups(
      MeterRegistry meters, String type, String state, T metric, ToDoubleFunction<T> value) {
    io.micrometer.core.instrument.Gauge.builder("oxbow.groups", metric, value)
        .tag("type", type)
        .tag("state", state.toLowerCase(Locale.ROOT))
        .description("Groups coordinated here")
        .strongReference(true)
        .register(meters);
  }

  private static double number(Object value) {
    return value instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  @Override
  public void close() {
    metrics.close();
    yammer.shutdown();
  }
}
