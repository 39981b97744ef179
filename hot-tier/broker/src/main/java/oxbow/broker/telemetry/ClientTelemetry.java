package oxbow.broker.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TelemetryTooLargeException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.errors.UnknownSubscriptionIdException;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsResponseData;
import org.apache.kafka.common.message.PushTelemetryRequestData;
import org.apache.kafka.common.message.PushTelemetryResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.requests.GetTelemetrySubscriptionsRequest;
import org.apache.kafka.common.requests.GetTelemetrySubscriptionsResponse;
import org.apache.kafka.common.requests.PushTelemetryRequest;
import org.apache.kafka.common.requests.PushTelemetryResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.broker.net.Client;
import oxbow.broker.net.Request;
import oxbow.broker.wire.ApiTable;

/**
 * Tells clients which of their metrics are wanted, and takes those they push, as a Kafka broker
 * with a telemetry receiver does. Remembers a bounded number of clients. Any thread.
 *
 * <p>What is pushed goes to a {@link TelemetryReceiver}. {@link #countingOnly} makes none of it our
 * own metrics: names and values are the clients' to choose, thousands of clients times hundreds of
 * metrics, and would swamp whoever scrapes this broker.
 */
public final class ClientTelemetry {
  private static final Logger log = LoggerFactory.getLogger(ClientTelemetry.class);
  private static final long SILENCE_MS_MIN = 60_000;
  private static final List<Byte> COMPRESSIONS =
      List.of(
          CompressionType.ZSTD.id,
          CompressionType.LZ4.id,
          CompressionType.GZIP.id,
          CompressionType.SNAPPY.id);

  private final Supplier<Map<String, Map<String, String>>> settings;
  private final TelemetryReceiver receiver;
  private final TelemetryConfig config;
  private final InstantSource clock;
  private final Random random;
  private final Counter throttled;
  private final Counter refused;

  /** In the order they were last heard of; guarded by this, like all below. */
  private final LinkedHashMap<Uuid, Heard> clients = new LinkedHashMap<>(16, 0.75f, true);

  private Map<String, Map<String, String>> lastSettings = Map.of();
  private Collection<Subscription> subscriptions = List.of();
  private long subscriptionsVersion;

  private static final class Heard {
    private final ClientInstance instance;
    private final long subscriptionsVersion;
    private long atMs;

    Heard(ClientInstance instance, long subscriptionsVersion) {
      this.instance = instance;
      this.subscriptionsVersion = subscriptionsVersion;
    }

    boolean isForgotten(long nowMs) {
      return nowMs - atMs > Math.max(SILENCE_MS_MIN, 3L * instance.pushIntervalMs);
    }
  }

  /**
   * @param settings the subscriptions' settings as they are now, by name
   * @param random makes ids of clients that have none yet
   */
  public ClientTelemetry(
      Supplier<Map<String, Map<String, String>>> settings,
      TelemetryReceiver receiver,
      TelemetryConfig config,
      InstantSource clock,
      Random random,
      MeterRegistry meters) {
    this.settings = settings;
    this.receiver = receiver;
    this.config = config;
    this.clock = clock;
    this.random = random;
    this.throttled =
        Counter.builder("oxbow.telemetry.throttled")
            .description("Pushes that came too soon")
            .register(meters);
    this.refused =
        Counter.builder("oxbow.telemetry.refused")
            .description("Pushes that were refused")
            .register(meters);
    Gauge.builder("oxbow.telemetry.clients", this, ClientTelemetry::clients)
        .description("Clients whose telemetry is remembered")
        .register(meters);
  }

  /** A receiver that counts pushes and their bytes and keeps nothing. */
  public static TelemetryReceiver countingOnly(MeterRegistry meters) {
    Counter pushes =
        Counter.builder("oxbow.telemetry.pushes")
            .description("Pushes of clients' metrics")
            .register(meters);
    Counter bytes =
        Counter.builder("oxbow.telemetry.received")
            .baseUnit("bytes")
            .description("Bytes of clients' metrics as they were sent")
            .register(meters);
    return (_, payload) -> {
      pushes.increment();
      bytes.increment(payload.sentBytes());
    };
  }

  public void serve(ApiTable table) {
    table
        .serve(ApiKeys.GET_TELEMETRY_SUBSCRIPTIONS, this::subscriptions)
        .serve(ApiKeys.PUSH_TELEMETRY, this::push);
  }

  private synchronized int clients() {
    return clients.size();
  }

  private void subscriptions(Request request) {
    try {
      Uuid given = ((GetTelemetrySubscriptionsRequest) request.body()).data().clientInstanceId();
      request.answer(new GetTelemetrySubscriptionsResponse(wanted(given, request.client())));
    } catch (ApiException refusal) {
      request.fail(refusal);
    }
  }

  private synchronized GetTelemetrySubscriptionsResponseData wanted(Uuid given, Client client) {
    long nowMs = clock.millis();
    Uuid id = given.equals(Uuid.ZERO_UUID) ? newId() : given;
    Heard known = clients.get(id);
    // On a new connection a client begins anew, whether or not the end of the old one was noticed.
    if (known != null && !known.instance.connectionId.equals(client.connectionId())) {
      clients.remove(id);
    }
    ClientInstance instance = instance(id, client, nowMs);
    if (!instance.mayAsk(nowMs)) throw throttled(id);
    instance.note(Errors.NONE);
    return new GetTelemetrySubscriptionsResponseData()
        .setClientInstanceId(id)
        .setSubscriptionId(instance.subscriptionId)
        .setRequestedMetrics(instance.metrics)
        .setAcceptedCompressionTypes(COMPRESSIONS)
        .setPushIntervalMs(instance.pushIntervalMs)
        .setTelemetryMaxBytes(config.pushBytesMax())
        .setDeltaTemporality(true);
  }

  private ThrottlingQuotaExceededException throttled(Uuid id) {
    throttled.increment();
    return new ThrottlingQuotaExceededException(
        "client " + id + " came before its push interval had passed");
  }

  private Uuid newId() {
    while (true) {
      var id = new Uuid(random.nextLong(), random.nextLong());
      if (!Uuid.RESERVED.contains(id) && !clients.containsKey(id)) return id;
    }
  }

  /** The client as it is known, or as it begins, or begins anew after the subscriptions changed. */
  private ClientInstance instance(Uuid id, Client client, long nowMs) {
    followSettings();
    Heard heard = clients.get(id);
    if (heard == null
        || heard.isForgotten(nowMs)
        || heard.subscriptionsVersion != subscriptionsVersion) {
      heard = new Heard(new ClientInstance(id, client, subscriptions), subscriptionsVersion);
      clients.put(id, heard);
      forgetSilentOnes(nowMs);
    }
    heard.atMs = nowMs;
    return heard.instance;
  }

  private void forgetSilentOnes(long nowMs) {
    var eldest = clients.values().iterator();
    while (eldest.hasNext()) {
      Heard heard = eldest.next();
      boolean isNew = !eldest.hasNext();
      if (isNew || (clients.size() <= config.clientsMax() && !heard.isForgotten(nowMs))) return;
      eldest.remove();
    }
  }

  private void followSettings() {
    Map<String, Map<String, String>> now = settings.get();
    if (now.equals(lastSettings)) return;
    subscriptions =
        now.values().stream().filter(set -> !set.isEmpty()).map(Subscription::of).toList();
    lastSettings = now;
    subscriptionsVersion++;
  }

  private void push(Request request) {
    var pushed = (PushTelemetryRequest) request.body();
    try {
      accept(pushed.data(), request.client());
      if (pushed.data().metrics() != null && pushed.data().metrics().hasRemaining()) {
        hand(pushed, request.client());
      }
      request.answer(new PushTelemetryResponse(new PushTelemetryResponseData()));
    } catch (ApiException refusal) {
      refused.increment();
      request.fail(refusal);
    }
  }

  private synchronized void accept(PushTelemetryRequestData pushed, Client client) {
    Uuid id = pushed.clientInstanceId();
    if (Uuid.RESERVED.contains(id)) {
      throw new InvalidRequestException(id + " is no client instance's id");
    }
    long nowMs = clock.millis();
    ClientInstance instance = instance(id, client, nowMs);
    try {
      check(pushed, instance, nowMs);
      instance.note(Errors.NONE);
    } catch (ApiException refusal) {
      instance.note(Errors.forException(refusal));
      throw refusal;
    } finally {
      instance.note(pushed.terminating());
    }
  }

  private void check(PushTelemetryRequestData pushed, ClientInstance instance, long nowMs) {
    if (instance.isTerminating()) {
      throw new InvalidRequestException("client " + instance.id + " had said its last push");
    }
    if (!instance.mayPush(nowMs, pushed.terminating())) throw throttled(instance.id);
    if (pushed.subscriptionId() != instance.subscriptionId) {
      throw new UnknownSubscriptionIdException(
          "client " + instance.id + " pushes for a subscription that is not its own");
    }
    if (!isKnown(pushed.compressionType())) {
      throw new UnsupportedCompressionTypeException(
          "compression type " + pushed.compressionType() + " is unknown");
    }
    if (pushed.metrics() != null && pushed.metrics().remaining() > config.pushBytesMax()) {
      throw new TelemetryTooLargeException(
          "a push has at most " + config.pushBytesMax() + " bytes");
    }
  }

  private static boolean isKnown(byte compression) {
    try {
      CompressionType.forId(compression);
      return true;
    } catch (IllegalArgumentException unknown) {
      return false;
    }
  }

  /**
   * A payload that its receiver can't take is the client's fault, as far as the client can tell.
   */
  private void hand(PushTelemetryRequest pushed, Client client) {
    try {
      receiver.received(client, new TelemetryPayload(pushed, config.pushBytesMax()));
    } catch (RuntimeException failed) {
      log.atDebug()
          .addKeyValue("client", pushed.data().clientInstanceId())
          .setCause(failed)
          .log("pushed metrics were not taken");
      synchronized (this) {
        Heard heard = clients.get(pushed.data().clientInstanceId());
        if (heard != null) heard.instance.note(Errors.INVALID_RECORD);
      }
      throw Errors.INVALID_RECORD.exception();
    }
  }
}
