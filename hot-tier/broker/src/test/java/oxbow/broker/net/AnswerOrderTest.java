package oxbow.broker.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;
import oxbow.broker.testing.Await;

final class AnswerOrderTest {
  private final BlockingQueue<Request> asked = new LinkedBlockingQueue<>();

  @Test
  void answersGivenInAnyOrderByOtherThreadsLeaveInRequestOrder() throws Exception {
    NetConfig config = ConfigEdit.config(c -> c.inFlightMax = 100);
    try (var port = new PortFixture(config, apis -> apis.serve(ApiKeys.METADATA, asked::add));
        var client = port.connect();
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      for (long seed = 0; seed < 30; seed++) {
        List<RequestHeader> sent = new ArrayList<>();
        for (int i = 0; i < 50; i++) sent.add(client.send(Messages.metadata()));
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 50; i++) requests.add(take());
        Collections.shuffle(requests, new Random(seed));
        for (Request request : requests) {
          threads.execute(
              () -> request.answer(Messages.metadata(request.header().correlationId())));
        }
        for (RequestHeader header : sent) {
          var response = client.receive(header, MetadataResponse.class);
          assertThat(response.data().controllerId())
              .as("seed %s", seed)
              .isEqualTo(header.correlationId());
        }
      }
    }
  }

  @Test
  void requestsOverTheBoundOfOneConnectionStayInTheSocket() throws Exception {
    NetConfig config = ConfigEdit.config(c -> c.inFlightMax = 3);
    try (var port = new PortFixture(config, apis -> apis.serve(ApiKeys.METADATA, asked::add));
        var client = port.connect()) {
      List<RequestHeader> sent = new ArrayList<>();
      for (int i = 0; i < 10; i++) sent.add(client.send(Messages.metadata()));
      List<Request> first = List.of(take(), take(), take());

      try (var other = port.connect()) { // served meanwhile: the loops have nothing left to do
        RequestHeader header = other.send(Messages.metadata());
        take().answer(Messages.metadata(0));
        other.receive(header, MetadataResponse.class);
      }
      assertThat(asked).isEmpty();

      first.forEach(request -> request.answer(Messages.metadata(1)));
      for (int i = 3; i < 10; i++) take().answer(Messages.metadata(1));
      for (RequestHeader header : sent) client.receive(header, MetadataResponse.class);
    }
  }

  @Test
  void aRequestWaitsForTheChangeBeforeItAndReadsDoNotWaitForEachOther() throws Exception {
    try (var port =
            new PortFixture(
                NetConfig.DEFAULT,
                apis ->
                    apis.serve(ApiKeys.METADATA, asked::add)
                        .serve(ApiKeys.PRODUCE, asked::add)
                        .serve(ApiKeys.DELETE_GROUPS, asked::add));
        var client = port.connect()) {
      RequestHeader firstRead = client.send(Messages.metadata());
      RequestHeader change = client.send(Messages.deleteGroups());
      RequestHeader secondRead = client.send(Messages.metadata());
      RequestHeader produce = client.send(Messages.produce(1, 100));
      Request read = take();
      Request changing = take(); // it did not wait for the read
      assertThat(changing.header().apiKey()).isEqualTo(ApiKeys.DELETE_GROUPS);

      try (var other = port.connect()) { // served meanwhile: the loops have nothing left to do
        RequestHeader header = other.send(Messages.metadata());
        take().answer(Messages.metadata(0));
        other.receive(header, MetadataResponse.class);
      }
      assertThat(asked).isEmpty();

      changing.answer(Messages.deletedGroups());
      Request laterRead = take();
      Request producing = take(); // a read holds up nobody
      producing.fail(new NotLeaderOrFollowerException("moved"));
      laterRead.answer(Messages.metadata(2));
      read.answer(Messages.metadata(1));

      assertThat(client.receive(firstRead, MetadataResponse.class).data().controllerId())
          .isEqualTo(1);
      client.receive(change, DeleteGroupsResponse.class);
      assertThat(client.receive(secondRead, MetadataResponse.class).data().controllerId())
          .isEqualTo(2);
      client.receive(produce, ProduceResponse.class);
    }
    assertThat(asked).isEmpty();
  }

  @Test
  void aConnectionThatClosesWhileARequestWaitsItsTurnGivesEverythingBack() throws Exception {
    try (var port =
        new PortFixture(
            NetConfig.DEFAULT,
            apis ->
                apis.serve(ApiKeys.DELETE_GROUPS, asked::add).serve(ApiKeys.PRODUCE, asked::add))) {
      Request changing;
      try (var client = port.connect()) {
        client.send(Messages.deleteGroups());
        client.send(Messages.produce(1, 50_000));
        changing = take();
        Await.until(
            "the produce request is held", () -> port.gauge("oxbow.net.held.bytes") > 50_000);
      }
      Await.until("its frame is given back", () -> port.gauge("oxbow.net.held.bytes") == 0);
      changing.answer(Messages.deletedGroups());
      assertThat(asked).isEmpty();
    }
  }

  @Test
  void aProducerThatWantsNoAnswerGetsNone() throws Exception {
    try (var port =
            new PortFixture(
                NetConfig.DEFAULT,
                apis ->
                    apis.serve(ApiKeys.PRODUCE, AnswerOrderTest::answerIfWanted)
                        .serve(ApiKeys.METADATA, r -> r.answer(Messages.metadata(5))));
        var client = port.connect()) {
      client.send(Messages.produce(0, 100));
      client.send(Messages.produce(0, 100_000));
      var response = client.ask(Messages.metadata(), MetadataResponse.class);

      assertThat(response.data().controllerId()).isEqualTo(5);
      assertThat(port.gauge("oxbow.net.held.bytes")).isZero();
    }
  }

  @Test
  void aFailureThatCanNotBeToldClosesAfterEarlierAnswers() throws Exception {
    try (var port =
            new PortFixture(
                NetConfig.DEFAULT,
                apis ->
                    apis.serve(ApiKeys.METADATA, asked::add)
                        .serve(
                            ApiKeys.PRODUCE,
                            request -> {
                              throw new NotLeaderOrFollowerException("moved");
                            }));
        var client = port.connect()) {
      RequestHeader earlier = client.send(Messages.metadata());
      client.send(Messages.produce(0, 100));
      take().answer(Messages.metadata(9));

      assertThat(client.receive(earlier, MetadataResponse.class).data().controllerId())
          .isEqualTo(9);
      assertThat(client.isClosedByServer()).isTrue();
      assertThat(port.closings(Closing.UNANSWERABLE)).isEqualTo(1);
    }
  }

  @Test
  void anAnswerItsVersionCanNotSayBecomesAnErrorOfThatApi() throws Exception {
    try (var port =
            new PortFixture(
                NetConfig.DEFAULT,
                apis ->
                    apis.serve(
                        ApiKeys.FIND_COORDINATOR,
                        request ->
                            request.answer(
                                new FindCoordinatorResponse(
                                    new FindCoordinatorResponseData().setNodeId(3)))));
        var client = port.connect()) {
      var request =
          new FindCoordinatorRequest.Builder(
                  new FindCoordinatorRequestData().setCoordinatorKeys(List.of("group")))
              .build((short) 4);

      var response = client.ask(request, FindCoordinatorResponse.class);

      assertThat(response.coordinators().getFirst().errorCode())
          .isEqualTo(Errors.UNSUPPORTED_VERSION.code());
    }
  }

  @Test
  void answersToClientsThatWentAwayGiveTheirMemoryBack() throws Exception {
    PortFixture seen;
    try (var port =
        new PortFixture(NetConfig.DEFAULT, apis -> apis.serve(ApiKeys.PRODUCE, asked::add))) {
      seen = port;
      Request abandoned;
      try (var client = port.connect()) {
        client.send(Messages.produce(1, 50_000));
        abandoned = take();
        assertThat(abandoned.isAbandoned()).isFalse();
      }
      Await.until("the connection is seen to be closed", abandoned::isAbandoned);
      assertThat(port.gauge("oxbow.net.held.bytes")).isGreaterThan(50_000);
      assertThat(Messages.bytes((ProduceRequest) abandoned.body())).isEqualTo(50_000);

      abandoned.answer(Messages.produced(0));

      Await.until("the frame is given back", () -> port.gauge("oxbow.net.held.bytes") == 0);
    }
    assertThat(seen.buffersInUse()).isZero();
  }

  @Test
  void answeringTwiceIsABugOfTheHandlerAndHurtsNobodyElse() throws IOException {
    try (var port =
            new PortFixture(
                NetConfig.DEFAULT,
                apis ->
                    apis.serve(
                        ApiKeys.PRODUCE,
                        request -> {
                          request.answer(Messages.produced(1));
                          request.answer(Messages.produced(2));
                        }));
        var client = port.connect()) {
      for (int i = 0; i < 3; i++) {
        var response = client.ask(Messages.produce(1, 10), ProduceResponse.class);
        assertThat(
                response
                    .data()
                    .responses()
                    .iterator()
                    .next()
                    .partitionResponses()
                    .getFirst()
                    .baseOffset())
            .isEqualTo(1);
      }
    }
  }

  private static void answerIfWanted(Request request) {
    if (((ProduceRequest) request.body()).acks() == 0) {
      request.answerNothing();
    } else {
      request.answer(Messages.produced(0));
    }
  }

  private Request take() throws InterruptedException {
    Request request = asked.poll(20, TimeUnit.SECONDS);
    if (request == null) throw new AssertionError("no request came");
    return request;
  }
}
