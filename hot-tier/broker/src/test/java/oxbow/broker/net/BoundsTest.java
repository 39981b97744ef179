package oxbow.broker.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.Await;
import oxbow.broker.testing.TestSlice;
import oxbow.broker.wire.ApiTable;
import oxbow.broker.wire.SlicedRecords;

final class BoundsTest {
  private static final int MIB = 1 << 20;

  private final BlockingQueue<Request> asked = new LinkedBlockingQueue<>();

  @Test
  void overTheBudgetNothingIsReadUntilThereIsRoomAndEveryoneIsServed() throws Exception {
    NetConfig config = ConfigEdit.config(c -> c.heldBytesMax = 2 * MIB);
    double highest = 0;
    try (var port = new PortFixture(config, apis -> apis.serve(ApiKeys.PRODUCE, asked::add))) {
      var clients = new ArrayList<WireClient>();
      var sent = new ArrayList<RequestHeader>();
      var senders = new ArrayList<Thread>();
      for (int i = 0; i < 12; i++) {
        WireClient client = port.connect();
        clients.add(client);
        // Of all kinds: far over the budget, half of it, and small.
        int bytes = i % 3 == 0 ? 5 * MIB : i % 3 == 1 ? MIB : 20_000;
        sent.add(WireClient.header(Messages.produce(1, 1), 1));
        senders.add(Thread.ofVirtual().start(() -> sendQuietly(client, bytes)));
      }
      for (int i = 0; i < 12; i++) {
        Request request = take();
        highest = Math.max(highest, port.gauge("oxbow.net.held.bytes"));
        Thread.ofVirtual().start(() -> request.answer(Messages.produced(1)));
      }
      for (int i = 0; i < 12; i++) clients.get(i).receive(sent.get(i), ProduceResponse.class);
      for (Thread sender : senders) sender.join();
      for (WireClient client : clients) client.close();

      // One frame larger than all of it may be held, beside the beginnings of small ones.
      assertThat(highest).isLessThan(8.0 * MIB);
      Await.until("all is given back", () -> port.gauge("oxbow.net.held.bytes") == 0);
      assertThat(port.gauge("oxbow.net.held.requests")).isZero();
    }
  }

  @Test
  void halfFramesDoNotHoldTheBudgetForever() throws Exception {
    NetConfig config =
        ConfigEdit.config(c -> {
          c.heldBytesMax = MIB;
          c.frameTimeout = Duration.ofMillis(100);
        });
    try (var port =
            new PortFixture(
                config, apis -> apis.serve(ApiKeys.PRODUCE, r -> r.answer(Messages.produced(1))));
        var half = port.connect();
        var whole = port.connect()) {
      byte[] frame = WireClient.frame(Messages.produce(1, 900_000), 1);
      half.send(frame, 0, frame.length / 2);
      Await.until("the half frame is begun", () -> port.gauge("oxbow.net.held.bytes") > 800_000);

      var response = whole.ask(Messages.produce(1, 900_000), ProduceResponse.class);

      assertThat(response.data().responses()).hasSize(1);
      assertThat(half.isClosedByServer()).isTrue();
      assertThat(port.closings(Closing.FRAME_TIMEOUT)).isEqualTo(1);
    }
  }

  @Test
  void aShortFrameThatIsNotFinishedIsTimedOutToo() throws Exception {
    NetConfig config = ConfigEdit.config(c -> c.frameTimeout = Duration.ofMillis(100));
    for (int bytes : new int[] {1, 4, 20}) {
      try (var port = new PortFixture(config, BoundsTest::metadata);
          var client = port.connect()) {
        byte[] frame = WireClient.frame(Messages.metadata(), 1);
        client.ask(Messages.metadata(), MetadataResponse.class);
        client.send(frame, 0, bytes);

        assertThat(client.isClosedByServer()).isTrue();
        assertThat(port.closings(Closing.FRAME_TIMEOUT)).isEqualTo(1);
        Await.until("all is given back", () -> port.gauge("oxbow.net.held.bytes") == 0);
      }
    }
  }

  @Test
  void timeInWhichTheBrokerDoesNotReadIsNotCountedAgainstTheClient() throws Exception {
    NetConfig config =
        ConfigEdit.config(c -> {
          c.frameTimeout = Duration.ofMillis(700);
          c.inFlightMax = 1;
        });
    try (var port = new PortFixture(config, apis -> apis.serve(ApiKeys.METADATA, asked::add));
        var client = port.connect();
        var other = port.connect()) {
      RequestHeader first = client.send(Messages.metadata());
      Request request = take();
      byte[] second = WireClient.frame(Messages.metadata(), 2);
      client.send(second, 0, 10); // lies in the socket: the connection is not read

      // Another connection dies of its half frame meanwhile: more than the timeout has passed.
      other.send(second, 0, 10);
      assertThat(other.isClosedByServer()).isTrue();
      request.answer(Messages.metadata(1));
      client.receive(first, MetadataResponse.class);
      client.send(second, 10, second.length - 10);

      take().answer(Messages.metadata(2));
      assertThat(client.receive()).isNotEmpty();
    }
  }

  @Test
  void aConsumerThatDoesNotReadIsNotServedFurtherAndClosedInTheEnd(@TempDir Path directory)
      throws Exception {
    NetConfig config =
        ConfigEdit.config(c -> {
          c.writeTimeout = Duration.ofMillis(300);
          c.sendBufferBytes = 64 * 1024;
        });
    Path file = directory.resolve("segment");
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(4L * MIB);
    }
    var slices = new LinkedBlockingQueue<TestSlice>();
    try (FileChannel channel = FileChannel.open(file);
        var port =
            new PortFixture(
                config,
                apis ->
                    apis.serve(
                        ApiKeys.FETCH,
                        request -> {
                          var slice = new TestSlice(channel, 0, 4 * MIB);
                          slices.add(slice);
                          request.answer(Messages.fetched(new SlicedRecords(slice)));
                        }));
        var client = port.connect()) {
      for (int i = 0; i < 40; i++) client.send(Messages.fetch(1));

      Await.until("it is closed", () -> port.closings(Closing.NOT_READING) == 1);

      assertThat(slices).hasSizeLessThan(6); // what the sockets hold, and one over the bound
      Await.until(
          "files are given back", () -> slices.stream().allMatch(slice -> slice.releases() == 1));
    }
  }

  @Test
  void aSlowConsumerThatReadsIsServed() throws Exception {
    NetConfig config = ConfigEdit.config(c -> c.sendBufferBytes = 64 * 1024);
    byte[] content = new byte[3 * MIB];
    new Random(3).nextBytes(content);
    try (var port =
            new PortFixture(
                config,
                apis ->
                    apis.serve(
                        ApiKeys.FETCH,
                        request ->
                            request.answer(
                                Messages.fetched(
                                    MemoryRecords.readableRecords(ByteBuffer.wrap(content))))));
        var client = port.connect()) {
      var sent = new ArrayList<RequestHeader>();
      for (int i = 0; i < 10; i++) sent.add(client.send(Messages.fetch(1)));
      for (RequestHeader header : sent) {
        var records =
            client
                .receive(header, FetchResponse.class)
                .data()
                .responses()
                .getFirst()
                .partitions()
                .getFirst()
                .records();
        assertThat(((MemoryRecords) records).buffer()).isEqualTo(ByteBuffer.wrap(content));
      }
    }
  }

  @Test
  void idleConnectionsAreClosedAndWaitingOnesAreNot() throws Exception {
    NetConfig config = ConfigEdit.config(c -> c.idleMax = Duration.ofSeconds(1));
    try (var port = new PortFixture(config, apis -> apis.serve(ApiKeys.METADATA, asked::add));
        var idle = port.connect();
        var waiting = port.connect()) {
      RequestHeader header = waiting.send(Messages.metadata());
      Request request = take();

      assertThat(idle.isClosedByServer()).isTrue();
      assertThat(port.closings(Closing.IDLE)).isEqualTo(1);
      request.answer(Messages.metadata(3));
      assertThat(waiting.receive(header, MetadataResponse.class).data().controllerId())
          .isEqualTo(3);
    }
  }

  @Test
  void overTheBoundOfAllConnectionsNewOnesWaitForAPlace() throws Exception {
    NetConfig config = ConfigEdit.config(c -> c.connectionsMax = 3);
    try (var port = new PortFixture(config, BoundsTest::metadata)) {
      var served = new ArrayList<WireClient>();
      for (int i = 0; i < 3; i++) {
        served.add(port.connect());
        served.get(i).ask(Messages.metadata(), MetadataResponse.class);
      }
      var fourth = port.connect(); // by the kernel: we have not accepted it
      RequestHeader header = fourth.send(Messages.metadata());
      served.get(0).ask(Messages.metadata(), MetadataResponse.class);
      assertThat(port.gauge("oxbow.net.connections")).isEqualTo(3);

      served.get(1).close();

      fourth.receive(header, MetadataResponse.class);
      fourth.close();
      served.get(0).close();
      served.get(2).close();
    }
  }

  @Test
  void overTheBoundOfItsAddressAConnectionIsClosed() throws Exception {
    NetConfig config =
        ConfigEdit.config(c -> {
          c.connectionsPerAddressMax = 100;
          c.overrides = Map.of(InetAddress.getLoopbackAddress(), 2);
        });
    try (var port = new PortFixture(config, BoundsTest::metadata);
        var first = port.connect();
        var second = port.connect()) {
      first.ask(Messages.metadata(), MetadataResponse.class);
      second.ask(Messages.metadata(), MetadataResponse.class);
      try (var third = port.connect()) {
        assertThat(third.isClosedByServer()).isTrue();
      }
      assertThat(port.closings(Closing.ADDRESS_LIMIT)).isEqualTo(1);

      first.socket().close();
      Await.until("its place is free", () -> port.gauge("oxbow.net.connections") == 1);
      try (var fourth = port.connect()) {
        fourth.ask(Messages.metadata(), MetadataResponse.class);
      }
    }
  }

  @Test
  void connectionsAreAcceptedAtTheirPace() throws Exception {
    NetConfig config = ConfigEdit.config(c -> c.connectionsPerSecondMax = 20);
    try (var port = new PortFixture(config, BoundsTest::metadata)) {
      long start = System.nanoTime();
      for (int i = 0; i < 30; i++) {
        try (var client = port.connect()) {
          client.ask(Messages.metadata(), MetadataResponse.class);
        }
      }
      assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(400));
    }
  }

  @Test
  void manyIdleConnectionsHoldNoBuffers() throws Exception {
    try (var port = new PortFixture(NetConfig.DEFAULT, BoundsTest::metadata)) {
      List<WireClient> clients = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        clients.add(port.connect());
        clients.get(i).ask(Messages.metadata(), MetadataResponse.class);
      }
      assertThat(port.gauge("oxbow.net.connections")).isEqualTo(300);
      // Released, but perhaps kept in the two loops' caches.
      assertThat(port.buffersInUse()).isLessThan(100);
      for (WireClient client : clients) client.close();
    }
  }

  private static void metadata(ApiTable apis) {
    apis.serve(ApiKeys.METADATA, request -> request.answer(Messages.metadata(1)));
  }

  private static void sendQuietly(WireClient client, int bytes) {
    try {
      client.send(WireClient.frame(Messages.produce(1, bytes), 1));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Request take() throws InterruptedException {
    Request request = asked.poll(20, TimeUnit.SECONDS);
    if (request == null) throw new AssertionError("no request came");
    return request;
  }
}
