package oxbow.server.cli;

import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;

/**
 * Tells once that the server is away, and once that it is back. Kafka's consumer says neither:
 * while there is no server it looks as if there were no records. It always holds a connection to
 * ask for records by, so one without any has nobody to ask.
 */
final class Presence {
  /** A connection that is closed is opened again within one poll, if there is who answers. */
  private static final int CHECKS_MIN = 3;

  private final String bootstrap;
  private final DoubleSupplier connections;
  private final Consumer<String> notes;
  private int checksAlone;

  /**
   * Starts with a server that is there.
   *
   * @param connections how many connections to servers there are
   * @param notes where to tell it
   */
  Presence(String bootstrap, DoubleSupplier connections, Consumer<String> notes) {
    this.bootstrap = bootstrap;
    this.connections = connections;
    this.notes = notes;
  }

  /** The connections that a consumer counts. */
  static double connections(Map<MetricName, ? extends Metric> metrics) {
    return metrics.entrySet().stream()
        .filter(metric -> metric.getKey().name().equals("connection-count"))
        .filter(metric -> metric.getKey().group().equals("consumer-metrics"))
        .mapToDouble(metric -> ((Number) metric.getValue().metricValue()).doubleValue())
        .sum();
  }

  /** To be called after every poll. */
  void check() {
    boolean isAlone = connections.getAsDouble() == 0;
    if (!isAlone && checksAlone >= CHECKS_MIN) notes.accept("oxbow: the server is back");
    checksAlone = isAlone ? checksAlone + 1 : 0;
    if (checksAlone == CHECKS_MIN) {
      notes.accept("oxbow: the server at " + bootstrap + " is away; waiting for it (Ctrl-C stops)");
    }
  }
}
