package oxbow.broker.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.TelemetryTooLargeException;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsRequestData;
import org.apache.kafka.common.message.GetTelemetrySubscriptionsResponseData;
import org.apache.kafka.common.message.PushTelemetryRequestData;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.GetTelemetrySubscriptionsRequest;
import org.apache.kafka.common.requests.GetTelemetrySubscriptionsResponse;
import org.apache.kafka.common.requests.PushTelemetryRequest;
import org.apache.kafka.common.requests.PushTelemetryResponse;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.junit.jupiter.api.Test;
import oxbow.broker.net.Client;
import oxbow.broker.testing.FakeRequest;
import oxbow.broker.wire.ApiTable;

final class ClientTelemetryTest {
  private static final int INTERVAL_MS = 1_000;
  private static final int PUSH_BYTES_MAX = 10_000;
  private static final Client CLIENT = client("connection-1", "orders-app");

  private final Map<String, Map<String, String>> settings = new HashMap<>();
  private final List<TelemetryPayload> taken = new ArrayList<>();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final ApiTable apis = new ApiTable();
  private long nowMs = 1_000_000;
  private TelemetryReceiver receiver = (_, payload) -> taken.add(payload);

  ClientTelemetryTest() {
    new ClientTelemetry(
            () -> Map.copyOf(settings),
            (client, payload) -> receiver.received(client, payload),
            new TelemetryConfig(PUSH_BYTES_MAX, 3),
            () -> Instant.ofEpochMilli(nowMs),
            new Random(4711),
            meters)
        .serve(apis);
    subscribe("latency", Map.of("metrics", "org.apache.kafka.producer.", "interval.ms", "1000"));
  }

  private static Client client(String connection, String clientId) {
    try {
      return new Client(
          connection,
          InetAddress.getByAddress(new byte[] {10, 0, 0, 7}),
          50_123,
          new ListenerName("PLAINTEXT"),
          KafkaPrincipal.ANONYMOUS,
          clientId,
          "apache-kafka-java",
          "4.3.1");
    } catch (java.net.UnknownHostException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private void subscribe(String name, Map<String, String> with) {
    settings.put(name, with);
  }

  private <T extends AbstractResponse> T ask(
      AbstractRequest.Builder<?> builder, Client client, Class<T> type) {
    AbstractRequest built = builder.build();
    var request =
        new FakeRequest(
            AbstractRequest.parseRequest(built.apiKey(), built.version(), built.serialize())
                .request,
            client);
    Objects.requireNonNull(apis.handler(built.apiKey())).handle(request);
    return request.answer(type);
  }

  private GetTelemetrySubscriptionsResponseData wanted(Uuid id, Client client) {
    return ask(
            new GetTelemetrySubscriptionsRequest.Builder(
                new GetTelemetrySubscriptionsRequestData().setClientInstanceId(id)),
            client,
            GetTelemetrySubscriptionsResponse.class)
        .data();
  }

  private GetTelemetrySubscriptionsResponseData wanted() {
    return wanted(Uuid.ZERO_UUID, CLIENT);
  }

  private static PushTelemetryRequestData pushing(GetTelemetrySubscriptionsResponseData wanted) {
    return new PushTelemetryRequestData()
        .setClientInstanceId(wanted.clientInstanceId())
        .setSubscriptionId(wanted.subscriptionId())
        .setMetrics(ByteBuffer.wrap(new byte[] {1, 2, 3}));
  }

  private Errors push(PushTelemetryRequestData data) {
    return ask(new PushTelemetryRequest.Builder(data), CLIENT, PushTelemetryResponse.class).error();
  }

  @Test
  void aClientLearnsWhatIsWantedAndPushesIt() {
    // Given
    GetTelemetrySubscriptionsResponseData wanted = wanted();
    // When
    Errors first = push(pushing(wanted));
    nowMs += INTERVAL_MS;
    Errors second = push(pushing(wanted));
    // Then
    assertThat(wanted.clientInstanceId()).isNotEqualTo(Uuid.ZERO_UUID);
    assertThat(wanted.requestedMetrics()).containsExactly("org.apache.kafka.producer.");
    assertThat(wanted.pushIntervalMs()).isEqualTo(INTERVAL_MS);
    assertThat(wanted.telemetryMaxBytes()).isEqualTo(PUSH_BYTES_MAX);
    assertThat(wanted.acceptedCompressionTypes())
        .containsExactly((byte) 4, (byte) 3, (byte) 1, (byte) 2);
    assertThat(wanted.deltaTemporality()).isTrue();
    assertThat(List.of(first, second)).containsOnly(Errors.NONE);
    assertThat(taken).hasSize(2);
  }

  @Test
  void withoutSubscriptionNothingIsWanted() {
    // Given
    settings.clear();
    // When
    GetTelemetrySubscriptionsResponseData wanted = wanted();
    // Then
    assertThat(wanted.errorCode()).isZero();
    assertThat(wanted.requestedMetrics()).isEmpty();
    assertThat(wanted.pushIntervalMs()).isEqualTo(300_000);
  }

  @Test
  void subscriptionsCountForTheClientsTheyMatchAndAddUp() {
    // Given
    subscribe(
        "mine", Map.of("metrics", "a.,b.", "interval.ms", "500", "match", "client_id=orders.*"));
    subscribe("port", Map.of("metrics", "c.", "match", "client_source_port=50123"));
    subscribe("other", Map.of("metrics", "d.", "interval.ms", "100", "match", "client_id=bills"));
    // When
    GetTelemetrySubscriptionsResponseData some = wanted();
    subscribe("all", Map.of("metrics", "*"));
    GetTelemetrySubscriptionsResponseData all = wanted(some.clientInstanceId(), CLIENT);
    // Then
    assertThat(some.requestedMetrics())
        .containsExactlyInAnyOrder("org.apache.kafka.producer.", "a.", "b.", "c.");
    assertThat(some.pushIntervalMs()).isEqualTo(500);
    assertThat(all.requestedMetrics()).containsExactly("*");
    assertThat(all.subscriptionId()).isNotEqualTo(some.subscriptionId());
  }

  @Test
  void whoComesTooEarlyIsThrottled() {
    // Given
    GetTelemetrySubscriptionsResponseData wanted = wanted();
    Errors askedAgain = error(wanted(wanted.clientInstanceId(), CLIENT));
    push(pushing(wanted));
    // When
    nowMs += INTERVAL_MS - 1;
    Errors pushedAgain = push(pushing(wanted));
    Errors onNewConnection =
        error(wanted(wanted.clientInstanceId(), client("connection-2", "orders-app")));
    // Then
    assertThat(askedAgain).isEqualTo(Errors.THROTTLING_QUOTA_EXCEEDED);
    assertThat(pushedAgain).isEqualTo(Errors.THROTTLING_QUOTA_EXCEEDED);
    assertThat(onNewConnection).isEqualTo(Errors.NONE);
    assertThat(meters.get("oxbow.telemetry.throttled").counter().count()).isEqualTo(2);
  }

  private static Errors error(GetTelemetrySubscriptionsResponseData answer) {
    return Errors.forCode(answer.errorCode());
  }

  @Test
  void aChangedSubscriptionSendsTheClientBackAtOnce() {
    // Given
    GetTelemetrySubscriptionsResponseData old = wanted();
    // When
    subscribe("latency", Map.of("metrics", "other.", "interval.ms", "1000"));
    Errors pushed = push(pushing(old));
    GetTelemetrySubscriptionsResponseData now = wanted(old.clientInstanceId(), CLIENT);
    // Then
    assertThat(pushed).isEqualTo(Errors.UNKNOWN_SUBSCRIPTION_ID);
    assertThat(error(now)).isEqualTo(Errors.NONE);
    assertThat(now.requestedMetrics()).containsExactly("other.");
  }

  @Test
  void theLastPushMayComeEarlyAndIsTheLast() {
    // Given
    GetTelemetrySubscriptionsResponseData wanted = wanted();
    push(pushing(wanted));
    // When
    Errors last = push(pushing(wanted).setTerminating(true));
    nowMs += INTERVAL_MS;
    Errors after = push(pushing(wanted));
    // Then
    assertThat(last).isEqualTo(Errors.NONE);
    assertThat(after).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(taken.getLast().isTerminating()).isTrue();
  }

  @Test
  void badPushesGetTheirOwnErrors() {
    // Given
    GetTelemetrySubscriptionsResponseData wanted = wanted();
    // When
    Errors nobody = push(pushing(wanted).setClientInstanceId(Uuid.ZERO_UUID));
    Errors compression = push(pushing(wanted).setCompressionType((byte) 99));
    nowMs += INTERVAL_MS;
    Errors large = push(pushing(wanted).setMetrics(ByteBuffer.allocate(PUSH_BYTES_MAX + 1)));
    // Then
    assertThat(nobody).isEqualTo(Errors.INVALID_REQUEST);
    assertThat(compression).isEqualTo(Errors.UNSUPPORTED_COMPRESSION_TYPE);
    assertThat(large).isEqualTo(Errors.TELEMETRY_TOO_LARGE);
    assertThat(taken).isEmpty();
    assertThat(meters.get("oxbow.telemetry.refused").counter().count()).isEqualTo(3);
  }

  @Test
  void payloadsAreDecompressedOnlyUpToTheLargestPush() throws Exception {
    // Given
    GetTelemetrySubscriptionsResponseData wanted = wanted();
    push(zipped(wanted, 1_000));
    nowMs += INTERVAL_MS;
    // When
    push(zipped(wanted, 100_000_000));
    // Then
    assertThat(taken.getFirst().otlp().remaining()).isEqualTo(1_000);
    assertThat(taken.getLast().sentBytes()).isLessThan(PUSH_BYTES_MAX);
    assertThatThrownBy(() -> taken.getLast().otlp()).isInstanceOf(TelemetryTooLargeException.class);
  }

  private static PushTelemetryRequestData zipped(
      GetTelemetrySubscriptionsResponseData wanted, int zeros) throws Exception {
    var bytes = new ByteBufferOutputStream(1_024);
    try (var out =
        Compression.of(CompressionType.ZSTD)
            .build()
            .wrapForOutput(bytes, RecordBatch.CURRENT_MAGIC_VALUE)) {
      byte[] chunk = new byte[1_000];
      for (int written = 0; written < zeros; written += chunk.length) out.write(chunk);
    }
    return pushing(wanted)
        .setCompressionType(CompressionType.ZSTD.id)
        .setMetrics(bytes.buffer().flip());
  }

  @Test
  void aReceiverThatCanNotTakeAPayloadRefusesIt() {
    // Given
    GetTelemetrySubscriptionsResponseData wanted = wanted();
    receiver =
        (_, _) -> {
          throw new IllegalStateException("not OpenTelemetry");
        };
    // When
    Errors refused = push(pushing(wanted));
    // Then
    assertThat(refused).isEqualTo(Errors.INVALID_RECORD);
  }

  @Test
  void clientsAreForgottenWhenTheyAreTooManyOrSilent() {
    // Given
    for (int i = 0; i < 5; i++) wanted();
    double many = meters.get("oxbow.telemetry.clients").gauge().value();
    // When
    nowMs += 60_001;
    wanted();
    // Then
    assertThat(many).isEqualTo(3);
    assertThat(meters.get("oxbow.telemetry.clients").gauge().value()).isEqualTo(1);
  }

  @Test
  void theCountingReceiverCountsPushesAndBytes() {
    // Given
    receiver = ClientTelemetry.countingOnly(meters);
    // When
    push(pushing(wanted()));
    // Then
    assertThat(meters.get("oxbow.telemetry.pushes").counter().count()).isEqualTo(1);
    assertThat(meters.get("oxbow.telemetry.received").counter().count()).isEqualTo(3);
  }
}
