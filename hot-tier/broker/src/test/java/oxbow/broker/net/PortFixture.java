package oxbow.broker.net;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiKeys;
import oxbow.broker.quota.ClientQuotas;
import oxbow.broker.quota.QuotaConfig;
import oxbow.broker.wire.ApiTable;
import oxbow.broker.wire.ApiVersions;
import oxbow.broker.wire.FeatureLevels;

/** A port on a free loopback address, with the handlers a test gives it. */
final class PortFixture implements AutoCloseable {
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final ClientQuotas quotas = new ClientQuotas(QuotaConfig.DEFAULT, System::nanoTime);
  final KafkaPort port;
  final InetSocketAddress address;

  PortFixture(NetConfig config, Consumer<ApiTable> handlers) {
    var apis = new ApiTable();
    apis.serve(ApiKeys.API_VERSIONS, new ApiVersions(apis, () -> FeatureLevels.NONE));
    handlers.accept(apis);
    port = new KafkaPort(config, apis, quotas, meters, System::nanoTime);
    address =
        requireNonNull(
            port.bind(List.of(new Listener("PLAINTEXT", "127.0.0.1", 0))).get("PLAINTEXT"));
    port.open().toCompletableFuture().join();
  }

  /** A client on a connection of its own. */
  WireClient connect() throws IOException {
    return new WireClient(address);
  }

  double closings(Closing why) {
    return meters.get("oxbow.net.closed").tag("reason", why.label()).functionCounter().count();
  }

  double gauge(String name) {
    return meters.get(name).gauge().value();
  }

  /** Buffers of the pool in use; only of a closed port does it tell the truth. */
  long buffersInUse() {
    return port.allocator().metric().directArenas().stream()
        .mapToLong(arena -> arena.numActiveAllocations())
        .sum();
  }

  @Override
  public void close() {
    port.close();
  }
}
