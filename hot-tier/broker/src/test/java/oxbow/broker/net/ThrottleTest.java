package oxbow.broker.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;
import oxbow.broker.wire.ApiTable;

final class ThrottleTest {
  private static final String CLIENT = "wire-client";

  @Test
  void anAnswerOverTheQuotaComesAtOnceAndTheNextRequestIsReadAfterThePause() throws IOException {
    try (var port = new PortFixture(NetConfig.DEFAULT, ThrottleTest::serve);
        var client = port.connect();
        var other = port.connect()) {
      client.ask(Messages.produce(1, 10), ProduceResponse.class);
      other.ask(Messages.metadata(), MetadataResponse.class);
      limit(port, "producer_byte_rate", 10_000); // ten seconds' worth: 100,000 bytes
      long start = System.nanoTime();

      var response = client.ask(Messages.produce(1, 115_000), ProduceResponse.class);
      assertThat(response.throttleTimeMs()).isBetween(1_400, 1_700);
      assertThat(millisSince(start)).isLessThan(response.throttleTimeMs());

      RequestHeader next = client.send(Messages.metadata());
      other.ask(Messages.metadata(), MetadataResponse.class);
      assertThat(millisSince(start)).isLessThan(response.throttleTimeMs());
      client.receive(next, MetadataResponse.class);
      assertThat(millisSince(start)).isGreaterThanOrEqualTo(response.throttleTimeMs() - 1);
    }
  }

  @Test
  void fetchedBytesCountAsTheyLeave() throws IOException {
    try (var port = new PortFixture(NetConfig.DEFAULT, ThrottleTest::serve);
        var client = port.connect()) {
      limit(port, "consumer_byte_rate", 10_000);

      var response = client.ask(Messages.fetch(102_000), FetchResponse.class);

      assertThat(response.throttleTimeMs()).isBetween(150, 400);
    }
  }

  @Test
  void aProducerWithoutAnswersPausesToo() throws IOException {
    try (var port = new PortFixture(NetConfig.DEFAULT, ThrottleTest::serve);
        var client = port.connect()) {
      limit(port, "producer_byte_rate", 10_000);
      long start = System.nanoTime();
      client.send(Messages.produce(0, 103_000));

      client.ask(Messages.metadata(), MetadataResponse.class);

      assertThat(millisSince(start)).isGreaterThanOrEqualTo(250);
    }
  }

  @Test
  void connectionsOverTheRateOfTheirAddressAreClosedAfterAWhile() throws IOException {
    try (var port = new PortFixture(NetConfig.DEFAULT, ThrottleTest::serve)) {
      port.quotas.change(
          new ClientQuotaEntity(new HashMap<>(Map.of("ip", "127.0.0.1"))),
          Map.of("connection_creation_rate", OptionalDouble.of(0.2)));
      for (int i = 0; i < 2; i++) {
        try (var client = port.connect()) {
          client.ask(Messages.metadata(), MetadataResponse.class);
        }
      }
      long start = System.nanoTime();
      try (var third = port.connect()) {
        assertThat(third.isClosedByServer()).isTrue();
      }
      assertThat(millisSince(start)).isGreaterThanOrEqualTo(900);
      assertThat(port.closings(Closing.ADDRESS_RATE)).isEqualTo(1);
    }
  }

  private static void serve(ApiTable apis) {
    apis.serve(ApiKeys.METADATA, request -> request.answer(Messages.metadata(1)))
        .serve(
            ApiKeys.PRODUCE,
            request -> {
              if (((ProduceRequest) request.body()).acks() == 0) {
                request.answerNothing();
              } else {
                request.answer(Messages.produced(1));
              }
            })
        .serve(
            ApiKeys.FETCH,
            request -> {
              var records = MemoryRecords.readableRecords(ByteBuffer.allocate(102_000));
              request.answer(Messages.fetched(records));
            });
  }

  private static void limit(PortFixture port, String key, double perSecond) {
    port.quotas.change(
        new ClientQuotaEntity(new HashMap<>(Map.of("client-id", CLIENT))),
        Map.of(key, OptionalDouble.of(perSecond)));
  }

  private static long millisSince(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }
}
