package oxbow.broker.net;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import oxbow.broker.quota.ClientQuotas;
import oxbow.broker.quota.QuotaConfig;
import oxbow.broker.wire.ApiTable;
import oxbow.broker.wire.ApiVersions;
import oxbow.broker.wire.FeatureLevels;

final class KafkaPortTest {
  private static final List<Listener> LISTENERS =
      List.of(new Listener("PLAINTEXT", "127.0.0.1", 0));

  @Test
  void clientsAreRefusedUntilThePortIsOpen() throws IOException {
    var apis = new ApiTable();
    apis.serve(ApiKeys.API_VERSIONS, new ApiVersions(apis, () -> FeatureLevels.NONE));
    try (var port = port(apis)) {
      var address = requireNonNull(port.bind(LISTENERS).get("PLAINTEXT"));
      assertThatThrownBy(() -> new WireClient(address)).isInstanceOf(ConnectException.class);

      port.open().toCompletableFuture().join();

      try (var client = new WireClient(address)) {
        var response =
            client.ask(new ApiVersionsRequest.Builder().build(), ApiVersionsResponse.class);
        assertThat(response.data().errorCode()).isZero();
      }
    }
  }

  @Test
  void aClosedPortDoesNotOpen() {
    KafkaPort port = port(new ApiTable());
    port.bind(LISTENERS);

    port.close();

    assertThat(port.open().toCompletableFuture()).isCompletedExceptionally();
  }

  @Test
  void apiVersionsTellsWhatIsServedAndNothingElse() throws IOException {
    try (var port =
            new PortFixture(NetConfig.DEFAULT, apis -> apis.serve(ApiKeys.METADATA, r -> {}));
        var client = port.connect()) {
      var response =
          client.ask(new ApiVersionsRequest.Builder().build(), ApiVersionsResponse.class);

      assertThat(response.data().errorCode()).isZero();
      assertThat(response.data().apiKeys())
          .extracting(api -> ApiKeys.forId(api.apiKey()), api -> api.maxVersion())
          .containsExactlyInAnyOrder(
              Tuple.tuple(ApiKeys.API_VERSIONS, ApiKeys.API_VERSIONS.latestVersion(false)),
              Tuple.tuple(ApiKeys.METADATA, ApiKeys.METADATA.latestVersion(false)));
    }
  }

  @Test
  void apiVersionsOfAnUnknownVersionIsAnsweredInTheFirstOne() throws IOException {
    try (var port = new PortFixture(NetConfig.DEFAULT, apis -> {});
        var client = port.connect()) {
      byte[] frame = WireClient.frame(new ApiVersionsRequest.Builder().build(), 5);
      frame[7] = 99; // the version's low byte
      client.send(frame);

      var response =
          ApiVersionsResponse.parse(
              new ByteBufferAccessor(ByteBuffer.wrap(client.receive()).position(4)), (short) 0);

      assertThat(Errors.forCode(response.data().errorCode())).isEqualTo(Errors.UNSUPPORTED_VERSION);
      assertThat(response.data().apiKeys()).hasSize(1);
    }
  }

  @Test
  void softwareNamesWithOddCharactersAreRefused() throws IOException {
    try (var port = new PortFixture(NetConfig.DEFAULT, apis -> {});
        var client = port.connect()) {
      var request =
          new ApiVersionsRequest(
              new ApiVersionsRequestData()
                  .setClientSoftwareName("<script>")
                  .setClientSoftwareVersion("1"),
              (short) 3);

      var response = client.ask(request, ApiVersionsResponse.class);

      assertThat(Errors.forCode(response.data().errorCode())).isEqualTo(Errors.INVALID_REQUEST);
    }
  }

  @Test
  void aHandlersFailureIsAnsweredInTheApisOwnForm() throws IOException {
    try (var port =
            new PortFixture(
                NetConfig.DEFAULT,
                apis ->
                    apis.serve(
                        ApiKeys.METADATA,
                        request -> {
                          throw new InvalidTopicException("no such name");
                        }));
        var client = port.connect()) {
      var request = new MetadataRequest.Builder(List.of("a"), false).build();

      var response = client.ask(request, MetadataResponse.class);

      assertThat(response.errors()).containsEntry("a", Errors.INVALID_TOPIC_EXCEPTION);
    }
  }

  @Test
  void clientIsKnownByWhatItSaidInApiVersions() throws IOException {
    var seen = new ArrayBlockingQueue<Client>(1);
    try (var port =
            new PortFixture(
                NetConfig.DEFAULT,
                apis ->
                    apis.serve(
                        ApiKeys.METADATA,
                        request -> {
                          seen.add(request.client());
                          request.answer(
                              new MetadataResponse(
                                  new MetadataResponseData(), request.body().version()));
                        }));
        var client = port.connect()) {
      var hello =
          new ApiVersionsRequest(
              new ApiVersionsRequestData()
                  .setClientSoftwareName("kcat")
                  .setClientSoftwareVersion("1.7"),
              (short) 3);
      client.ask(hello, ApiVersionsResponse.class);
      client.ask(MetadataRequest.Builder.allTopics().build(), MetadataResponse.class);

      assertThat(seen.remove())
          .extracting(Client::softwareName, Client::softwareVersion, Client::clientId)
          .containsExactly("kcat", "1.7", "wire-client");
    }
  }

  private static KafkaPort port(ApiTable apis) {
    return new KafkaPort(
        NetConfig.DEFAULT,
        apis,
        new ClientQuotas(QuotaConfig.DEFAULT, System::nanoTime),
        new SimpleMeterRegistry(),
        System::nanoTime);
  }
}
