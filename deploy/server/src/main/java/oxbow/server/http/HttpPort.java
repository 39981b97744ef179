package oxbow.server.http;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.metric.MeterIdPrefixFunction;
import com.linecorp.armeria.common.util.BlockingTaskExecutor;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.HttpServiceWithRoutes;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServerPort;
import com.linecorp.armeria.server.metric.MetricCollectingService;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.query.catalog.CatalogService;
import oxbow.query.console.ConsoleService;
import oxbow.query.flight.FlightDoor;
import oxbow.query.jobs.JobsService;
import oxbow.query.overview.OverviewService;
import oxbow.query.replay.http.TopicsService;
import oxbow.query.sql.http.SqlService;
import oxbow.schema.http.RegistryService;
import oxbow.server.Version;
import oxbow.server.registry.RegistryBounds;
import oxbow.server.registry.RegistryBounds.OwnPort;

/**
 * The HTTP port: the console at {@code /}, {@code /metrics}, {@code /health}, {@code /ready},
 * {@code /api/v1/version}, and whatever was mounted before the start. Starting costs some hundred
 * milliseconds of another thread and nothing of the caller's. Everything about it is bounded.
 */
public final class HttpPort implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpPort.class);
  private static final int WORKERS = 2;
  private static final Duration STOP_MAX = Duration.ofSeconds(2);
  private static final int BLOCKING_THREADS = 8;
  private static final int STREAMS_PER_CONNECTION = 100;

  private final HttpConfig config;
  private final Version version;
  private final PrometheusMeterRegistry meters;
  private final Gate gate = new Gate();
  private final List<HealthPart> parts = new ArrayList<>();
  private final List<Consumer<ServerBuilder>> mounts = new ArrayList<>();
  private final Queue<CatalogService> catalogs = new ConcurrentLinkedQueue<>();
  private @Nullable RegistryMount registry;
  private @Nullable FlightMount flight;
  private @Nullable Server server;
  private volatile @Nullable ServerPort mainPort; // once it is open
  private boolean isClosed;

  public HttpPort(HttpConfig config, Version version, PrometheusMeterRegistry meters) {
    this.config = config;
    this.version = version;
    this.meters = meters;
  }

  /** Asks one more part for readiness. Before the start only. */
  public HttpPort ask(HealthPart part) {
    parts.add(part);
    return this;
  }

  /** Serves everything below a path that ends with a slash. Before the start only. */
  public HttpPort mount(String prefix, HttpService service) {
    mounts.add(builder -> builder.serviceUnder(prefix, service));
    return this;
  }

  /** Serves a service that knows its own routes. Before the start only. */
  public HttpPort mount(HttpServiceWithRoutes service) {
    mounts.add(builder -> builder.service(service));
    return this;
  }

  /** Serves the methods of an object with Armeria's annotations. Before the start only. */
  public HttpPort mountAnnotated(String prefix, Object service) {
    mounts.add(builder -> builder.annotatedService(prefix, service));
    return this;
  }

  /** Serves the records of topics. Before the start only. */
  public HttpPort mount(TopicsService topics) {
    mounts.add(builder -> builder.service(topics));
    return this;
  }

  /** Serves the overview. Before the start only. */
  public HttpPort mount(OverviewService overview) {
    mounts.add(builder -> builder.service(overview));
    return this;
  }

  /** Serves jobs. Before the start only. */
  public HttpPort mount(JobsService jobs) {
    mounts.add(builder -> builder.service(jobs));
    return this;
  }

  /**
   * Serves the schema registry below {@code /registry}, and where it has a port of its own, there
   * at the root. Before the start only.
   *
   * @param registry asked for at the start
   */
  public HttpPort mount(Supplier<RegistryService> registry, RegistryBounds bounds) {
    this.registry = new RegistryMount(registry, bounds);
    return this;
  }

  /** Serves SQL and what is known of queries. Before the start only. */
  public HttpPort mount(SqlService sql) {
    mounts.add(builder -> builder.service(sql));
    return this;
  }

  /** Serves Flight SQL at a port of its own. Before the start only. */
  public HttpPort mount(FlightDoor door, OwnPort port) {
    var mount = new FlightMount(door, port);
    flight = mount;
    mounts.add(mount::mountOn);
    return this;
  }

  /**
   * Serves the Iceberg catalog below {@code /iceberg}; closes it. Before the start only.
   *
   * @param service asked for at the start
   */
  public HttpPort mountCatalog(Supplier<CatalogService> service) {
    mounts.add(builder -> {
      CatalogService catalog = service.get();
      builder.serviceUnder("/iceberg/", catalog);
      catalogs.add(catalog);
    });
    return this;
  }

  /** Opens the port on a thread of its own; completes once it listens, or with why it can't. */
  public CompletionStage<InetSocketAddress> start() {
    var started = new java.util.concurrent.CompletableFuture<InetSocketAddress>();
    Thread.ofPlatform()
        .name("http-start")
        .daemon()
        .start(() -> {
          try {
            var mainPort =
                new ServerPort(
                    address("http.host", config.host(), config.port()), SessionProtocol.HTTP);
            Server built = build(mainPort);
            synchronized (this) {
              if (isClosed) throw new IllegalStateException("closed before it was open");
              server = built;
            }
            built.start().join();
            var address = bound(mainPort);
            log.atInfo().addKeyValue("port", address.getPort()).log("http open");
            this.mainPort = mainPort;
            started.complete(address);
          } catch (RuntimeException e) {
            started.completeExceptionally(refusal(e));
          }
        });
    return started;
  }

  /** A port that is taken is told by its key, whatever it was wrapped in on the way. */
  private RuntimeException refusal(RuntimeException failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof IOException) {
      return new IllegalStateException(
          "http.port: port " + config.port() + " can't be opened: " + cause.getMessage(), cause);
    }
    return cause instanceof RuntimeException known ? known : failure;
  }

  private Server build(ServerPort mainPort) {
    ServerBuilder builder =
        Server.builder()
            .port(mainPort)
            .meterRegistry(meters)
            .workerGroup(new HttpLoops("http", WORKERS, STOP_MAX), true)
            .bossGroupFactory(name -> new HttpLoops(name, 1, STOP_MAX))
            .blockingTaskExecutor(
                BlockingTaskExecutor.builder()
                    .numThreads(BLOCKING_THREADS)
                    .threadNamePrefix("http-blocking")
                    .build(),
                true)
            .maxNumConnections(config.connectionsMax())
            .http1MaxHeaderSize(config.headerBytesMax())
            .http1MaxInitialLineLength(config.headerBytesMax())
            .http2MaxHeaderListSize(config.headerBytesMax())
            .http2MaxStreamsPerConnection(STREAMS_PER_CONNECTION)
            .maxRequestLength(config.bodyBytesMax())
            .requestTimeout(Duration.ofMillis(config.requestTimeoutMs()))
            .idleTimeout(Duration.ofMillis(config.idleTimeoutMs()))
            // The gate has seen to requests under way. For ones that may be on their way
            // connections
            // of HTTP/2 would stay another second: clients learn from the last frame which those
            // are, and send them again.
            .gracefulShutdownTimeout(Duration.ZERO, Duration.ZERO)
            .connectionDrainDuration(Duration.ZERO)
            .disableServerHeader()
            .disableDateHeader()
            // What clients do wrong is their answer, and no stack trace in the log.
            .unloggedExceptionsReportInterval(Duration.ZERO)
            .errorHandler(errors());
    builder.service(new ConsoleService());
    builder
        .route()
        .get("/health")
        .build((ctx, request) -> Json.answer(HttpStatus.OK, Map.of("status", "alive")));
    builder.route().get("/ready").build((ctx, request) -> readiness());
    builder.route().get("/metrics").build(new MetricsPage(meters));
    builder
        .route()
        .get("/api/v1/version")
        .build((ctx, request) ->
            Json.answer(
                HttpStatus.OK,
                new TreeMap<>(
                    Map.of(
                        "version", version.oxbow(),
                        "kafka", version.kafka(),
                        "java", Runtime.version().toString()))));
    if (registry != null) registry.mountOn(builder);
    mounts.forEach(mount -> mount.accept(builder));
    builder.decorator(gate::pass);
    builder.decorator(
        MetricCollectingService.newDecorator(MeterIdPrefixFunction.ofDefault("oxbow.http")));
    return builder.build();
  }

  private ServerErrorHandler errors() {
    var errors = new Errors(config.bodyBytesMax());
    return registry == null ? errors : registry.errors(errors);
  }

  /** What listens beside the broker, once the port is open: names and addresses. */
  public Map<String, String> listeners() {
    Map<String, String> all = new TreeMap<>();
    ServerPort main = mainPort;
    if (main != null) all.put("http", text(bound(main)));
    registryAddress().ifPresent(address -> all.put("registry", text(address)));
    flightAddress().ifPresent(address -> all.put("flight", text(address)));
    return all;
  }

  private static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  /** Where the registry listens on its own, once the port is open; empty: nowhere. */
  public Optional<InetSocketAddress> registryAddress() {
    return registry == null ? Optional.empty() : registry.address();
  }

  /** Where Flight SQL listens, once the port is open; empty: nowhere. */
  public Optional<InetSocketAddress> flightAddress() {
    return flight == null ? Optional.empty() : flight.address();
  }

  /**
   * An address to listen at.
   *
   * @param host empty: every interface
   */
  static InetSocketAddress address(String key, String host, int port) {
    var address = host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new IllegalArgumentException(key + ": " + host + " is no address");
    }
    return address;
  }

  /** Where an open port listens. */
  static InetSocketAddress bound(ServerPort port) {
    return new InetSocketAddress(port.localAddress().getAddress(), port.actualPort());
  }

  /** Ready once every part is; 503 else, with the parts' facts either way. */
  private HttpResponse readiness() {
    Map<String, Object> answers = new LinkedHashMap<>();
    boolean isReady = true;
    for (HealthPart part : parts) {
      HealthPart.Report report = part.report();
      isReady &= report.isReady();
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("ready", report.isReady());
      facts.putAll(new TreeMap<>(report.facts()));
      answers.put(part.name(), facts);
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("status", isReady ? "ready" : "not ready");
    all.put("parts", answers);
    return Json.answer(isReady ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE, all);
  }

  /** Takes no more requests; who asks is told to come back later. */
  public void refuse() {
    gate.shut();
  }

  /** Finishes what is being answered, for two seconds at most, and closes the port. */
  @Override
  public void close() {
    gate.shut();
    Server open;
    synchronized (this) {
      isClosed = true;
      open = server;
      server = null;
    }
    if (open != null) {
      try {
        gate.awaitEmpty(STOP_MAX);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      open.stop().join();
    }
    catalogs.forEach(CatalogService::close);
  }
}
