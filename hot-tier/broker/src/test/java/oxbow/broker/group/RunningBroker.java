package oxbow.broker.group;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import oxbow.broker.Broker;
import oxbow.broker.control.ControlException;
import oxbow.broker.testing.BrokerConfigs;

/** A whole broker on a directory, for clients that connect by TCP. */
final class RunningBroker implements AutoCloseable {
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final AtomicReference<@Nullable ControlException> fatal = new AtomicReference<>();
  private final Broker broker;

  RunningBroker(Path data, Map<String, String> settings) throws Exception {
    broker = Broker.start(BrokerConfigs.below(data, new GroupConfig(settings)), meters, fatal::set);
    broker.ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  String host() {
    return "127.0.0.1";
  }

  int port() {
    return requireNonNull(broker.bound().get("PLAINTEXT")).getPort();
  }

  String address() {
    return host() + ":" + port();
  }

  @Override
  public void close() {
    broker.close();
    ControlException failure = fatal.get();
    if (failure != null) throw new AssertionError("the broker failed", failure);
  }

  /** Runs in a process of its own, to be killed; tells its address and waits. */
  public static void main(String[] args) throws Exception {
    var broker =
        new RunningBroker(Path.of(args[0]), Map.of("group.initial.rebalance.delay.ms", "0"));
    System.out.println("ADDRESS " + broker.address());
    Thread.currentThread().join();
  }
}
