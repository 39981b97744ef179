package oxbow.server;

import java.lang.management.ManagementFactory;
import oxbow.broker.net.KafkaPort;

/**
 * Does beside the start what takes long and depends on nothing: Kafka's controller registers its
 * metrics with Java's own management, which takes Java a tenth of a second to set up, and the
 * network loads its native library. Whoever needs them first waits for the rest.
 */
final class WarmUp {
  private WarmUp() {}

  static void begin() {
    Thread.ofPlatform().daemon().name("warm-up").start(WarmUp::run);
  }

  private static void run() {
    var _ = ManagementFactory.getPlatformMBeanServer();
    KafkaPort.loadTransport();
  }
}
