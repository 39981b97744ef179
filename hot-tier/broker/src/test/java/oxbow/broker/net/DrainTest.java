package oxbow.broker.net;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;
import oxbow.broker.quota.ClientQuotas;
import oxbow.broker.quota.QuotaConfig;
import oxbow.broker.wire.ApiTable;

final class DrainTest {
  private final BlockingQueue<Request> asked = new LinkedBlockingQueue<>();

  @Test
  void whatWasAskedIsAnsweredAndThenConnectionsAreClosed() throws Exception {
    try (var port =
            new PortFixture(NetConfig.DEFAULT, apis -> apis.serve(ApiKeys.METADATA, asked::add));
        var idle = port.connect();
        var waiting = port.connect()) {
      RequestHeader header = waiting.send(Messages.metadata());
      Request request = requireNonNull(asked.poll(20, TimeUnit.SECONDS));

      var drained =
          CompletableFuture.supplyAsync(() -> {
            try {
              return port.port.drain(Duration.ofSeconds(20));
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
          });
      assertThat(idle.isClosedByServer()).isTrue();
      assertThat(drained).isNotDone();
      request.answer(Messages.metadata(8));

      assertThat(waiting.receive(header, MetadataResponse.class).data().controllerId())
          .isEqualTo(8);
      assertThat(waiting.isClosedByServer()).isTrue();
      assertThat(drained.get(20, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(port::connect).isInstanceOf(ConnectException.class);
    }
  }

  @Test
  void drainingEndsWhenPatienceDoes() throws Exception {
    try (var port =
            new PortFixture(NetConfig.DEFAULT, apis -> apis.serve(ApiKeys.METADATA, asked::add));
        var client = port.connect()) {
      client.send(Messages.metadata());
      requireNonNull(asked.poll(20, TimeUnit.SECONDS));

      assertThat(port.port.drain(Duration.ofMillis(50))).isFalse();

      port.port.close();
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void answersAfterTheEndAreDroppedAndGiveTheirMemoryBack() throws Exception {
    var port = new PortFixture(NetConfig.DEFAULT, apis -> apis.serve(ApiKeys.PRODUCE, asked::add));
    try (var client = port.connect()) {
      client.send(Messages.produce(1, 10_000));
      Request request = requireNonNull(asked.poll(20, TimeUnit.SECONDS));
      port.close();

      request.answer(Messages.produced(1));

      assertThat(port.gauge("oxbow.net.held.bytes")).isZero();
      assertThat(port.buffersInUse()).isZero();
    }
  }

  @Test
  void aPortThatIsFullCanBeClosedWhileOthersWaitForAPlace() throws Exception {
    for (int round = 0; round < 20; round++) {
      try (var port =
              new PortFixture(
                  ConfigEdit.config(c -> c.connectionsMax = 2),
                  apis -> apis.serve(ApiKeys.METADATA, r -> r.answer(Messages.metadata(1))));
          var first = port.connect();
          var second = port.connect();
          var waiting = port.connect()) {
        first.ask(Messages.metadata(), MetadataResponse.class);
        second.ask(Messages.metadata(), MetadataResponse.class);
        waiting.send(Messages.metadata());

        assertThat(port.port.drain(Duration.ofSeconds(20))).isTrue();
      }
    }
  }

  @Test
  void severalListenersAreTheSamePortAndKnownByTheirNames() throws IOException {
    var apis = new ApiTable().serve(ApiKeys.METADATA, this::answerWithListener);
    try (var port = port(apis)) {
      var bound =
          port.bind(
              List.of(
                  new Listener("INSIDE", "127.0.0.1", 0), new Listener("OUTSIDE", "127.0.0.1", 0)));
      port.open().toCompletableFuture().join();

      for (String name : List.of("INSIDE", "OUTSIDE")) {
        try (var client = new WireClient(requireNonNull(bound.get(name)))) {
          assertThat(client.ask(Messages.metadata(), MetadataResponse.class).clusterId())
              .isEqualTo(name);
        }
      }
    }
  }

  @Test
  void anAddressInUseIsNamedAndNothingIsLeftOpen() throws IOException {
    try (var taken = new PortFixture(NetConfig.DEFAULT, apis -> {});
        var port = port(new ApiTable())) {
      var listeners =
          List.of(
              new Listener("FREE", "127.0.0.1", 0),
              new Listener("TAKEN", "127.0.0.1", taken.address.getPort()));

      assertThatThrownBy(() -> port.bind(listeners))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("TAKEN")
          .hasMessageContaining(String.valueOf(taken.address.getPort()));
    }
  }

  private void answerWithListener(Request request) {
    var answer = Messages.metadata(1);
    answer.data().setClusterId(request.client().listener().value());
    request.answer(answer);
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
