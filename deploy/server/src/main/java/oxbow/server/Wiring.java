package oxbow.server;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.Broker;
import oxbow.broker.BrokerConfig;
import oxbow.broker.Tiering;
import oxbow.broker.control.ControlPlane;
import oxbow.broker.replica.RecordChecks;
import oxbow.query.catalog.CatalogService;
import oxbow.server.cold.ColdPart;
import oxbow.server.http.ColdEndpoints;
import oxbow.server.http.HealthPart;
import oxbow.server.http.HealthPart.Report;
import oxbow.server.http.HttpPort;
import oxbow.server.logging.RuntimeLevels;
import oxbow.server.query.QueryPart;
import oxbow.server.query.ServerFacts;
import oxbow.server.registry.RegistryPart;
import oxbow.server.registry.SchemaChecks;

/** The one place where every object of the process is built, in order. */
public final class Wiring {
  private static final Logger log = LoggerFactory.getLogger(Wiring.class);

  private Wiring() {}

  /**
   * Starts everything the configuration asks for; returns while the logs are being opened.
   *
   * @param onFatal told the reason if the server can't go on; the process has to end then
   */
  public static RunningServer start(ServerConfig config, Consumer<RuntimeException> onFatal) {
    Version version = Version.current();
    Instant startedAt = InstantSource.system().instant();
    config.applyLogging();
    for (String warning : config.warnings()) {
      log.atWarn().addKeyValue("setting", warning).log("setting accepted");
    }
    var meters = new Meters();
    Optional<ColdPart> cold = config.cold().map(bounds -> new ColdPart(bounds, meters.registry()));
    Optional<SchemaChecks> checks =
        config.registry().map(bounds -> new SchemaChecks(bounds.topic()));
    var broker =
        Broker.start(
            brokerConfig(config),
            meters.registry(),
            new RuntimeLevels(),
            cold.map(ColdPart::tiering).orElse(Tiering.NONE),
            checks.<RecordChecks>map(known -> known).orElse(RecordChecks.NONE),
            onFatal::accept);
    Optional<HttpPort> http =
        config.http().map(bounds -> new HttpPort(bounds, version, meters.registry()));
    Optional<RegistryPart> registry =
        config
            .registry()
            .map(bounds -> new RegistryPart(bounds, broker, version, meters.registry()));
    http.ifPresent(port -> askForReadiness(port, broker, config));
    http.ifPresent(port -> registry.ifPresent(part -> mount(port, part)));
    http.ifPresent(port -> cold.ifPresent(part -> mount(port, part)));
    registry.ifPresent(part -> checks.ifPresent(known -> begin(known, part)));
    http.ifPresent(port ->
        cold.ifPresent(part ->
            port.mountCatalog(
                () -> new CatalogService(part::catalog, config.catalog(), part.access()))));
    Optional<QueryPart> query =
        http.map(port -> query(port, config, broker, cold, registry, meters, version, startedAt));
    cold.ifPresent(part -> begin(part, broker, registry));
    return new RunningServer(broker, cold, registry, query, http, meters, version);
  }

  private static void begin(SchemaChecks checks, RegistryPart registry) {
    registry.loaded().thenRun(() -> checks.begin(registry.schemas()));
  }

  /** Records get their columns by their schemas: until those are known, they stay in the log. */
  private static void begin(ColdPart cold, Broker broker, Optional<RegistryPart> registry) {
    registry.ifPresentOrElse(
        part ->
            part.loaded()
                .thenRun(() ->
                    cold.begin(
                        Optional.of(part.schemas()), broker, Optional.of(part.bounds().topic()))),
        () -> broker.ready().thenRun(() -> cold.begin(Optional.empty(), broker, Optional.empty())));
  }

  private static void mount(HttpPort port, ColdPart cold) {
    port.mountAnnotated("/api/v1/cold", new ColdEndpoints(cold))
        .ask(HealthPart.of("cold", cold::report));
  }

  private static void mount(HttpPort port, RegistryPart registry) {
    port.mount(registry::service, registry.bounds())
        .ask(HealthPart.of("schemas", registry::report));
  }

  private static QueryPart query(
      HttpPort port,
      ServerConfig config,
      Broker broker,
      Optional<ColdPart> cold,
      Optional<RegistryPart> registry,
      Meters meters,
      Version version,
      Instant startedAt) {
    var part =
        new QueryPart(
            broker,
            () -> cold.flatMap(ColdPart::tier),
            () -> registry.filter(known -> known.report().isReady()).map(RegistryPart::schemas),
            config.query(),
            config.metadata().isTopicCreationAutomatic(),
            new ServerFacts(
                config.nodeId(), version, startedAt, cold.map(ColdPart::bucket), port::listeners),
            meters.registry());
    port.mount(part.service()).mount(part.overview()).mount(part.sqlService());
    config.flight().ifPresent(own -> port.mount(part.flight(), own));
    port.mount(part.jobs());
    return part;
  }

  private static BrokerConfig brokerConfig(ServerConfig config) {
    return new BrokerConfig(
        config.listeners(),
        config.advertised(),
        config.rack(),
        config.backgroundThreads(),
        config.control(),
        config.logs(),
        config.net(),
        config.produce(),
        config.fetch(),
        config.groups(),
        config.metadata(),
        config.quotas(),
        config.telemetry());
  }

  private static void askForReadiness(HttpPort port, Broker broker, ServerConfig config) {
    port.ask(HealthPart.of("broker", () -> broker(broker, config)))
        .ask(HealthPart.of("partitions", () -> partitions(broker)))
        .ask(HealthPart.of("disk", () -> disk(broker, config)));
  }

  private static Report broker(Broker broker, ServerConfig config) {
    ControlPlane control = broker.control();
    boolean hasStarted = broker.ready().toCompletableFuture().state() == Future.State.SUCCESS;
    return BrokerHealth.of(
        hasStarted,
        hasStarted ? control.view().broker(config.nodeId()) : Optional.empty(),
        control.clusterId(),
        control.brokerEpoch());
  }

  /** A damaged partition is no reason to send clients away from the others. */
  private static Report partitions(Broker broker) {
    int served = broker.partitions().all().size();
    int offline = broker.partitions().offline().size();
    return new Report(true, Map.of("partitions", served, "offline", offline));
  }

  private static Report disk(Broker broker, ServerConfig config) {
    long usable = broker.logs().usableBytes();
    return new Report(
        usable > config.logs().diskReserveBytes(),
        Map.of("usableBytes", usable, "totalBytes", broker.logs().totalBytes()));
  }
}
