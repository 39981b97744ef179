package oxbow.server;

import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import oxbow.broker.Broker;
import oxbow.server.cold.ColdPart;
import oxbow.server.http.HttpPort;
import oxbow.server.query.QueryPart;
import oxbow.server.registry.RegistryPart;

/** A started server: where it listens, when it is ready, and its end. */
public final class RunningServer implements AutoCloseable {
  private static final long HTTP_DELAY_MS_MAX = 2_000;

  private final Broker broker;
  private final Optional<ColdPart> cold;
  private final Optional<RegistryPart> registry;
  private final Optional<QueryPart> query;
  private final Optional<HttpPort> http;
  private final Meters meters;
  private final Version version;
  private final CompletionStage<Optional<InetSocketAddress>> httpAddress;
  private volatile boolean isClosed;

  RunningServer(
      Broker broker,
      Optional<ColdPart> cold,
      Optional<RegistryPart> registry,
      Optional<QueryPart> query,
      Optional<HttpPort> http,
      Meters meters,
      Version version) {
    this.broker = broker;
    this.cold = cold;
    this.registry = registry;
    this.query = query;
    this.http = http;
    this.meters = meters;
    this.version = version;
    registry.ifPresent(part -> broker.ready().thenRun(part::open));
    query.ifPresent(part -> broker.ready().thenRun(part::open));
    // HTTP comes after the broker: whoever starts a server waits for its first record. Not so when
    // logs have to be recovered, which may take minutes: then people want to see what goes on.
    CompletionStage<Void> ready =
        broker
            .ready()
            .toCompletableFuture()
            .copy()
            .completeOnTimeout(null, HTTP_DELAY_MS_MAX, TimeUnit.MILLISECONDS);
    this.httpAddress =
        http.<CompletionStage<Optional<InetSocketAddress>>>map(port ->
                ready
                    .thenRun(() -> meters.bindProcess(version))
                    .thenCompose(_ -> port.start())
                    .thenApply(Optional::of)
                    .exceptionally(this::noneIfStopped))
            .orElse(CompletableFuture.completedFuture(Optional.empty()));
  }

  /** A stop may come before the port was open: then nobody misses it. */
  private Optional<InetSocketAddress> noneIfStopped(Throwable failure) {
    if (isClosed) return Optional.empty();
    throw failure instanceof CompletionException known ? known : new CompletionException(failure);
  }

  public Version version() {
    return version;
  }

  public Broker broker() {
    return broker;
  }

  /** Where Kafka clients connect once the server is {@link #ready}, by listener. */
  public Map<String, InetSocketAddress> kafka() {
    return broker.bound();
  }

  /** Completes when Kafka clients are served. */
  public CompletionStage<Void> ready() {
    return broker.ready();
  }

  /** Completes with where the HTTP port listens, if there is one, once it does. */
  public CompletionStage<Optional<InetSocketAddress>> http() {
    return httpAddress;
  }

  /** Where the schema registry listens on its own; empty: nowhere, or {@link #http} isn't open. */
  public Optional<InetSocketAddress> registryAddress() {
    return http.flatMap(HttpPort::registryAddress);
  }

  /** Where Flight SQL listens; empty: nowhere, or {@link #http} isn't open. */
  public Optional<InetSocketAddress> flightAddress() {
    return http.flatMap(HttpPort::flightAddress);
  }

  /** The schema registry, if there is one. */
  public Optional<RegistryPart> registry() {
    return registry;
  }

  /** Answers what was asked, closes every log cleanly, and gives everything back. */
  @Override
  public void close() {
    isClosed = true;
    http.ifPresent(HttpPort::refuse);
    cold.ifPresent(ColdPart::end);
    query.ifPresent(QueryPart::close);
    http.ifPresent(HttpPort::close);
    registry.ifPresent(RegistryPart::close);
    broker.close();
    meters.close();
  }
}
