package oxbow.broker.net;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.ResourceLeakDetector;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.Await;
import oxbow.broker.testing.RandomMessages;
import oxbow.broker.testing.TestSlice;
import oxbow.broker.wire.ApiTable;
import oxbow.broker.wire.SlicedRecords;

final class BadInputTest {
  private ResourceLeakDetector.Level level = ResourceLeakDetector.Level.SIMPLE;

  @BeforeEach
  void watchEveryBuffer() {
    level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
  }

  @AfterEach
  void watchAsBefore() {
    ResourceLeakDetector.setLevel(level);
  }

  @Test
  void eachKindOfGarbageIsCountedByItsReasonAndClosesItsConnectionOnly() throws Exception {
    PortFixture closed;
    try (var port = new PortFixture(NetConfig.DEFAULT, BadInputTest::serve);
        var healthy = port.connect()) {
      closed = port;
      assertRefused(port, Closing.FRAME_SIZE, bytes(-1));
      assertRefused(port, Closing.FRAME_SIZE, bytes(Integer.MIN_VALUE));
      assertRefused(port, Closing.FRAME_SIZE, bytes(Integer.MAX_VALUE));
      assertRefused(
          port, Closing.FRAME_SIZE, "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertRefused(port, Closing.MALFORMED, bytes(0));
      assertRefused(port, Closing.MALFORMED, bytes(2, 0));
      assertRefused(port, Closing.UNKNOWN_API, bytes(8, 0x7abc0000, 1));
      assertRefused(port, Closing.UNKNOWN_API, bytes(8, ApiKeys.VOTE.id << 16, 1));
      assertRefused(port, Closing.UNKNOWN_VERSION, bytes(8, ApiKeys.METADATA.id << 16 | 99, 1));
      assertRefused(port, Closing.MALFORMED, bytes(8, ApiKeys.METADATA.id << 16 | 12, 1));
      byte[] truncated = WireClient.frame(Messages.produce(1, 1000), 1);
      truncated[3] = (byte) (truncated[3] - 10); // the frame ends before its records
      assertRefused(port, Closing.MALFORMED, truncated);

      healthy.ask(Messages.metadata(), MetadataResponse.class);
    }
    assertThat(closed.buffersInUse()).isZero();
  }

  @Test
  void bytesAfterTheBodyAreIgnoredAsKafkaDoes() throws Exception {
    try (var port = new PortFixture(NetConfig.DEFAULT, BadInputTest::serve);
        var client = port.connect()) {
      byte[] frame = WireClient.frame(Messages.metadata(), 6);
      byte[] longer = ByteBuffer.allocate(frame.length + 7).put(frame).array();
      ByteBuffer.wrap(longer).putInt(longer.length - 4);
      client.send(longer);

      assertThat(ByteBuffer.wrap(client.receive()).getInt()).isEqualTo(6);
      client.ask(Messages.metadata(), MetadataResponse.class);
    }
  }

  @Test
  void requestsBeforeTheBadOneAreAnswered() throws Exception {
    try (var port = new PortFixture(NetConfig.DEFAULT, BadInputTest::serve);
        var client = port.connect()) {
      byte[] good = WireClient.frame(Messages.metadata(), 3);
      client.send(ByteBuffer.allocate(good.length + 8).put(good).putInt(-5).array());

      assertThat(ByteBuffer.wrap(client.receive()).getInt()).isEqualTo(3);
      assertThat(client.isClosedByServer()).isTrue();
    }
  }

  @Test
  void thousandsOfMutatedRequestsHurtNobodyElseAndLeakNothing() throws Exception {
    long seed = 20_261_120L;
    var random = new Random(seed);
    var messages = new RandomMessages(seed);
    NetConfig config =
        ConfigEdit.config(c -> {
          c.frameBytesMax = 1 << 20;
          c.frameTimeout = Duration.ofMillis(200);
        });
    PortFixture closed;
    try (var port = new PortFixture(config, BadInputTest::serve);
        var healthy = port.connect()) {
      closed = port;
      var isOver = new AtomicBoolean();
      var failure = new AtomicReference<Throwable>();
      var answers = new AtomicInteger();
      Thread well =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  while (!isOver.get()) {
                    healthy.ask(Messages.metadata(), MetadataResponse.class);
                    answers.incrementAndGet();
                  }
                } catch (IOException | RuntimeException e) {
                  failure.set(e);
                }
              });
      List<ApiKeys> served = List.copyOf(served().served());
      int refused = 0;
      for (int round = 0; round < 600; round++) {
        try (var client = port.connect()) {
          client.socket().setSoTimeout(5);
          for (int i = 1 + random.nextInt(8); i > 0; i--) {
            ApiKeys api = served.get(random.nextInt(served.size()));
            client.send(mutated(random, frame(messages, random, api)));
            if (random.nextInt(4) == 0) readSome(client);
          }
        } catch (SocketException closedByServer) {
          refused++;
        }
      }
      isOver.set(true);
      well.join();

      assertThat(failure.get()).as("seed %s", seed).isNull();
      assertThat(answers.get()).isPositive();
      assertThat(refused).isPositive();
      try (var fresh = port.connect()) {
        fresh.ask(Messages.metadata(), MetadataResponse.class);
      }
      assertThat(port.closings(Closing.MALFORMED)).isPositive();
      assertThat(port.closings(Closing.FRAME_SIZE)).isPositive();
      Await.until("all is given back", () -> port.gauge("oxbow.net.held.bytes") == 0);
      assertThat(port.gauge("oxbow.net.held.requests")).isZero();
    }
    assertThat(closed.buffersInUse()).as("seed %s", seed).isZero();
  }

  @Test
  void aFileThatBecomesShorterWhileItIsSentClosesItsConnectionOnly(@TempDir Path directory)
      throws Exception {
    Path path = directory.resolve("segment");
    PortFixture closed;
    try (var file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(1 << 20);
      try (FileChannel channel = FileChannel.open(path);
          var port =
              new PortFixture(
                  NetConfig.DEFAULT,
                  apis -> {
                    serveMetadata(apis);
                    apis.serve(ApiKeys.FETCH, request -> answerFrom(request, channel));
                  });
          var healthy = port.connect();
          var unlucky = port.connect()) {
        closed = port;
        unlucky.send(Messages.fetch(2 << 20)); // longer than the file
        assertThat(unlucky.isClosedByServer()).isTrue();
        assertThat(port.closings(Closing.TRANSPORT)).isEqualTo(1);

        healthy.send(Messages.fetch(1 << 20));
        assertThat(healthy.receive()).hasSizeGreaterThan(1 << 20);
        healthy.ask(Messages.metadata(), MetadataResponse.class);
      }
    }
    assertThat(closed.buffersInUse()).isZero();
  }

  @Test
  void aFileThatWasClosedClosesItsConnectionOnly(@TempDir Path directory) throws Exception {
    Path path = directory.resolve("segment");
    try (var file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(1 << 20);
    }
    FileChannel channel = FileChannel.open(path);
    channel.close();
    PortFixture closed;
    try (var port =
            new PortFixture(
                NetConfig.DEFAULT,
                apis -> {
                  serveMetadata(apis);
                  apis.serve(ApiKeys.FETCH, request -> answerFrom(request, channel));
                });
        var healthy = port.connect();
        var unlucky = port.connect()) {
      closed = port;
      unlucky.send(Messages.fetch(1 << 20));
      assertThat(unlucky.isClosedByServer()).isTrue();

      healthy.ask(Messages.metadata(), MetadataResponse.class);
    }
    assertThat(closed.buffersInUse()).isZero();
  }

  private static void assertRefused(PortFixture port, Closing why, byte[] garbage)
      throws IOException {
    double before = port.closings(why);
    try (var client = port.connect()) {
      client.send(garbage);
      assertThat(client.isClosedByServer()).isTrue();
    }
    assertThat(port.closings(why)).isEqualTo(before + 1);
  }

  private static byte[] bytes(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
    for (int value : values) bytes.putInt(value);
    return bytes.array();
  }

  /** Answers everything at once: metadata as metadata, the rest as failed. */
  private static void serve(ApiTable apis) {
    ApiTable all = served();
    for (ApiKeys api : all.served()) {
      if (api != ApiKeys.API_VERSIONS) apis.serve(api, requireNonNull(all.handler(api)));
    }
  }

  private static ApiTable served() {
    var apis = new ApiTable();
    for (ApiKeys api : ApiKeys.clientApis()) {
      if (api == ApiKeys.METADATA) {
        serveMetadata(apis);
      } else {
        apis.serve(api, request -> request.fail(new InvalidRequestException("not here")));
      }
    }
    return apis;
  }

  private static void serveMetadata(ApiTable apis) {
    apis.serve(
        ApiKeys.METADATA,
        request ->
            request.answer(
                new MetadataResponse(new MetadataResponseData(), request.header().apiVersion())));
  }

  private static void answerFrom(Request request, FileChannel channel) {
    int bytes = ((FetchRequest) request.body()).data().maxBytes();
    request.answer(Messages.fetched(new SlicedRecords(new TestSlice(channel, 0, bytes))));
  }

  private static byte[] frame(RandomMessages messages, Random random, ApiKeys api) {
    var versions = api.allVersions();
    short version = versions.get(random.nextInt(versions.size()));
    ApiMessage body = messages.request(api, version);
    var header = new RequestHeader(api, version, "fuzz", random.nextInt());
    ByteBuffer bytes = RequestUtils.serialize(header.data(), header.headerVersion(), body, version);
    return ByteBuffer.allocate(4 + bytes.remaining()).putInt(bytes.remaining()).put(bytes).array();
  }

  private static byte[] mutated(Random random, byte[] frame) {
    switch (random.nextInt(6)) {
      case 0 -> {} // whole as it is
      case 1 -> frame[random.nextInt(4)] = (byte) random.nextInt(); // its size
      case 2 -> {
        for (int i = 1 + random.nextInt(10); i > 0; i--) {
          frame[4 + random.nextInt(frame.length - 4)] = (byte) random.nextInt();
        }
      }
      case 3 -> {
        int at = 12 + random.nextInt(Math.max(1, frame.length - 12));
        for (int i = at; i < Math.min(frame.length, at + 5); i++) frame[i] = -1;
      }
      case 4 -> {
        return Arrays.copyOf(frame, random.nextInt(frame.length));
      }
      default -> random.nextBytes(frame);
    }
    return frame;
  }

  private static void readSome(WireClient client) throws IOException {
    try {
      client.receive();
    } catch (SocketTimeoutException | EOFException | NegativeArraySizeException e) {
      return; // a mutated request may be one that is never whole
    }
  }
}
