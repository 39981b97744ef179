package oxbow.server.registry;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfigCollection;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.Broker;
import oxbow.schema.RegistryException;
import oxbow.schema.RegistryException.Kind;
import oxbow.schema.Schemas;
import oxbow.schema.avro.AvroFormat;
import oxbow.schema.http.RegistryHttpConfig;
import oxbow.schema.http.RegistryService;
import oxbow.schema.http.ServerFacts;
import oxbow.schema.json.JsonFormat;
import oxbow.schema.protobuf.ProtobufFormat;
import oxbow.schema.registry.Registry;
import oxbow.schema.registry.RegistryConfig;
import oxbow.server.Version;
import oxbow.server.http.HealthPart.Report;

/**
 * The registry over this broker's topic, and what serves it. It is built when it is first asked
 * for, which is after the broker has started: nobody's first record waits for it.
 */
public final class RegistryPart implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RegistryPart.class);
  private static final int CREATE_TIMEOUT_MS = 10_000;
  private static final int REQUESTS_MAX = 256;

  private final RegistryBounds bounds;
  private final Broker broker;
  private final Version version;
  private final MeterRegistry meters;
  private @Nullable Built built;
  private boolean isClosed;
  private volatile boolean isBroken;
  private final CompletableFuture<Void> loaded = new CompletableFuture<>();

  private record Built(Registry registry, RegistryService service) {}

  public RegistryPart(RegistryBounds bounds, Broker broker, Version version, MeterRegistry meters) {
    this.bounds = bounds;
    this.broker = broker;
    this.version = version;
    this.meters = meters;
  }

  private synchronized Built built() {
    Built known = built;
    if (known == null) {
      known = build();
      built = known;
    }
    return known;
  }

  private Built build() {
    var store =
        new TopicSchemaStore(
            bounds.topic(),
            broker.partitions(),
            topic -> create(broker, topic),
            InstantSource.system());
    var registry =
        new Registry(
            store,
            List.of(new AvroFormat(), new JsonFormat(), new ProtobufFormat()),
            new RegistryConfig(bounds.level(), bounds.parsedBytes(), bounds.timeout().dividedBy(2)),
            InstantSource.system());
    Supplier<String> clusterId = () -> broker.control().clusterId();
    var service =
        new RegistryService(
            registry,
            new RegistryHttpConfig(bounds.bodyBytesMax(), bounds.timeout(), REQUESTS_MAX),
            new ServerFacts(version.oxbow(), "", clusterId),
            meters);
    return new Built(registry, service);
  }

  private static CompletionStage<Void> create(Broker broker, String topic) {
    var settings = new CreatableTopicConfigCollection();
    settings.add(new CreatableTopicConfig().setName("cleanup.policy").setValue("compact"));
    // Records point at their schemas for ever: an id that was given must outlive a power loss.
    settings.add(new CreatableTopicConfig().setName("flush.messages").setValue("1"));
    var wanted = new CreatableTopicCollection();
    wanted.add(
        new CreatableTopic()
            .setName(topic)
            .setNumPartitions(1)
            .setReplicationFactor(CreateTopicsRequest.NO_REPLICATION_FACTOR)
            .setConfigs(settings));
    var request = new CreateTopicsRequestData().setTopics(wanted).setTimeoutMs(CREATE_TIMEOUT_MS);
    return broker
        .control()
        .autoTopics()
        .create(request)
        .thenAccept(answer -> check(topic, answer))
        .exceptionally(e -> {
          throw e.getCause() instanceof RegistryException known ? known : refused(topic, e);
        });
  }

  private static void check(String topic, CreateTopicsResponseData answer) {
    CreatableTopicResult result = answer.topics().find(topic);
    Errors error = Errors.forCode(result.errorCode());
    if (error == Errors.NONE || error == Errors.TOPIC_ALREADY_EXISTS) return;
    throw new RegistryException(
        Kind.STORE,
        "the topic " + topic + " can't be made: " + error + " " + result.errorMessage());
  }

  private static RegistryException refused(String topic, Throwable reason) {
    return new RegistryException(
        Kind.STORE, "the topic " + topic + " can't be made: " + reason.getMessage(), reason);
  }

  /** Begins to read the topic, on a thread of its own. Called once, when the broker is ready. */
  public void open() {
    Thread.ofPlatform().name("schemas-start").daemon().start(this::openNow);
  }

  private synchronized void openNow() {
    if (isClosed) return;
    built()
        .registry()
        .open()
        .whenComplete((_, reason) -> {
          if (reason == null) {
            loaded.complete(null);
            return;
          }
          isBroken = true;
          log.atDebug().setCause(reason).log("the schema registry was not loaded");
        });
  }

  /** Completes once everything was read; not at all, if that fails. */
  public CompletionStage<Void> loaded() {
    return loaded;
  }

  public RegistryBounds bounds() {
    return bounds;
  }

  /** Answers requests; those that come before everything was read, with "not yet". */
  public RegistryService service() {
    return built().service();
  }

  /** For the other modules. */
  public Schemas schemas() {
    return built().registry();
  }

  /** Ready once everything was read. */
  public Report report() {
    Registry registry = built().registry();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("schemas", registry.schemaCount());
    facts.put("subjects", registry.subjectCount());
    facts.put("recordsPassedOver", registry.passedOver());
    registry.trouble().ifPresent(reason -> facts.put("trouble", reason));
    facts.put("stopped", isBroken);
    return new Report(registry.isLoaded(), facts);
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    Built known = built;
    if (known == null) return;
    known.service().close();
    known.registry().close();
  }
}
