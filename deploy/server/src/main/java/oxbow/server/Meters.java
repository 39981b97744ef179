package oxbow.server;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The server's metrics: one registry, which every part adds its own to. */
public final class Meters implements AutoCloseable {
  private static final Path OWN_STATUS = Path.of("/proc/self/status");
  private static final int KIB = 1024;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();

  public Meters() {
    registry.config().meterFilter(new Descriptions());
  }

  public PrometheusMeterRegistry registry() {
    return registry;
  }

  /** Adds process, JVM and Netty. Costs some ten milliseconds: done while nobody waits for it. */
  public void bindProcess(Version version) {
    gc.bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider allocator) {
      new NettyAllocatorMetrics(allocator).bindTo(registry);
    }
    Gauge.builder("process.resident.memory", Meters::residentBytes)
        .baseUnit("bytes")
        .description("Memory of the process that lies in RAM")
        .register(registry);
    Gauge.builder("oxbow.info", () -> 1)
        .tag("version", version.oxbow())
        .tag("kafka", version.kafka())
        .description("What is running")
        .register(registry);
  }

  @Override
  public void close() {
    gc.close();
    registry.close();
  }

  private static double residentBytes() {
    try {
      for (String line : Files.readAllLines(OWN_STATUS)) {
        if (line.startsWith("VmRSS:")) {
          return Double.parseDouble(line.replaceAll("[^0-9]", "")) * KIB;
        }
      }
    } catch (IOException e) {
      return Double.NaN; // not Linux: Prometheus leaves a NaN out of its sums
    }
    return Double.NaN;
  }
}
