package oxbow.cold.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static oxbow.cold.store.ObjectStoreContract.array;
import static oxbow.cold.store.ObjectStoreContract.assertFails;
import static oxbow.cold.store.ObjectStoreContract.bytes;
import static oxbow.cold.store.ObjectStoreContract.text;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.store.S3Config.Keys;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.store.testing.FaultyWire;
import oxbow.cold.store.testing.FaultyWire.Fault;
import oxbow.cold.store.testing.S3ProxyServer;

/** What networks and servers do to requests becomes what a caller can act on. */
class S3FaultsTest {
  private static S3ProxyServer server;

  @TempDir Path scratch;

  private final StoreCounters counters = new StoreCounters();
  private FaultyWire wire;
  private S3Config config;
  private S3ObjectStore once;
  private RetryingObjectStore retrying;

  @BeforeAll
  static void startServer() throws Exception {
    server = S3ProxyServer.start();
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  @BeforeEach
  void open() throws IOException {
    wire = new FaultyWire(server.endpoint());
    String prefix = "faults-" + System.identityHashCode(this) + "/";
    config = TestS3.config(wire.endpoint(), S3ProxyServer.KEYS, S3ProxyServer.BUCKET, prefix);
    once = TestS3.open(config, StoreListener.NONE);
    retrying = TestS3.retrying(config, counters);
  }

  @AfterEach
  void close() throws IOException {
    assertThat(wire.isDone()).as("every fault met its request").isTrue();
    once.close();
    retrying.close();
    wire.close();
  }

  private void failNext(String method, Fault fault) {
    wire.failNext(request -> request.startsWith(method + " "), fault);
  }

  @Test
  void busyServerIsAskedLater() {
    failNext("GET", Fault.SLOW_DOWN);
    assertFails(Kind.BUSY, () -> once.read("a"));
    failNext("PUT", Fault.SLOW_DOWN);
    assertFails(Kind.BUSY, () -> once.create("a", bytes("a")));
    failNext("GET", Fault.INTERNAL_ERROR);
    assertFails(Kind.BUSY, () -> once.list("", "", 1));

    failNext("PUT", Fault.SLOW_DOWN);
    failNext("PUT", Fault.INTERNAL_ERROR);
    failNext("PUT", Fault.RESET);
    retrying.put("a", bytes("a"));

    assertThat(text(once.read("a"))).isEqualTo("a");
    assertThat(counters.retries()).isEqualTo(3);
    assertThat(counters.failures(Kind.BUSY)).isEqualTo(3);
  }

  @Test
  void creationThatNobodyAnsweredMayHaveHappened() {
    for (Fault fault : new Fault[] {Fault.INTERNAL_ERROR, Fault.RESET, Fault.LOST_REPLY}) {
      failNext("PUT", fault);
      assertFails(Kind.OUTCOME_UNKNOWN, () -> once.create("pointer-" + fault, bytes("ours")));
    }

    assertThat(once.find("pointer-" + Fault.RESET)).isEmpty();
    assertThat(text(once.read("pointer-" + Fault.LOST_REPLY))).isEqualTo("ours");
  }

  @Test
  void creationWhoseReplyWasLostIsFoundToBeOurs() {
    failNext("PUT", Fault.LOST_REPLY);

    retrying.create("pointer", bytes("ours"));

    assertThat(text(once.read("pointer"))).isEqualTo("ours");
    assertFails(Kind.EXISTS, () -> retrying.create("pointer", bytes("ours, too")));
  }

  @Test
  void creationThatLostIsToldSoThoughItsReplyWasLost() {
    once.create("pointer", bytes("theirs"));
    failNext("PUT", Fault.LOST_REPLY);

    assertFails(Kind.EXISTS, () -> retrying.create("pointer", bytes("ours")));

    assertThat(text(once.read("pointer"))).isEqualTo("theirs");
  }

  @Test
  void bodyThatIsCutOffIsNeverTakenForWhole() {
    byte[] content = new byte[100_000];
    new Random(5).nextBytes(content);
    once.put("object", ByteBuffer.wrap(content));

    failNext("GET", Fault.CUT_BODY);
    assertFails(Kind.BUSY, () -> once.read("object"));
    failNext("GET", Fault.CUT_BODY);
    assertFails(Kind.BUSY, () -> once.read("object", 10, 50_000));
    failNext("GET", Fault.CUT_BODY);

    assertThat(array(retrying.read("object"))).isEqualTo(content);
  }

  @Test
  void bitThatTurnedOnTheWayIsNoticed() {
    once.put("object", bytes("a small object"));
    failNext("GET", Fault.WRONG_BIT);
    assertFails(Kind.CORRUPT, () -> once.read("object"));
    failNext("GET", Fault.WRONG_BIT);

    assertThat(text(retrying.read("object"))).isEqualTo("a small object");
  }

  @Test
  void silenceEndsWithTheTimeout() {
    once.put("object", bytes("there"));
    failNext("GET", Fault.SILENCE);
    try (S3ObjectStore hasty =
        TestS3.open(TestS3.withTimeout(config, Duration.ofMillis(500)), StoreListener.NONE)) {
      assertFails(Kind.BUSY, () -> hasty.read("object"));
      failNext("PUT", Fault.SILENCE);
      assertFails(Kind.OUTCOME_UNKNOWN, () -> hasty.create("other", bytes("other")));
    }
  }

  @Test
  void strangersAreDenied() {
    Keys wrong = new Keys(S3ProxyServer.KEYS.accessKey(), "wrong");
    try (S3ObjectStore stranger =
        TestS3.open(
            TestS3.config(server.endpoint(), wrong, S3ProxyServer.BUCKET, ""),
            StoreListener.NONE)) {
      assertFails(Kind.DENIED, () -> stranger.read("a"));
      assertFails(Kind.DENIED, () -> stranger.list("", "", 1));
      assertFails(Kind.DENIED, () -> stranger.create("a", bytes("a")));
    }
  }

  @Test
  void bucketThatIsNotThereHasToBeMade() {
    try (S3ObjectStore nowhere =
        TestS3.open(
            TestS3.config(server.endpoint(), S3ProxyServer.KEYS, "no-such-bucket", ""),
            StoreListener.NONE)) {
      assertFails(Kind.DENIED, () -> nowhere.list("", "", 1));
      assertFails(Kind.DENIED, () -> nowhere.put("a", bytes("a")));
    }
  }

  @Test
  void expiredCredentialsAreDenied() {
    failNext("PUT", Fault.EXPIRED_TOKEN);

    assertThatThrownBy(() -> once.put("a", bytes("a")))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.DENIED))
        .hasMessageContaining("the credentials have expired: renew them");
  }

  @Test
  void keysInFilesAreReadAgainWhenTheyWereReplaced() throws IOException {
    Path accessKey = Files.writeString(scratch.resolve("access"), "nobody\n");
    Path secretKey = Files.writeString(scratch.resolve("secret"), "nothing\n");
    var inFiles =
        TestS3.withCredentials(
            config, new S3Config.Credentials.InFiles(accessKey, secretKey, Optional.empty()));
    var nanos = new AtomicLong();
    try (S3ObjectStore store =
        S3ObjectStore.open(inFiles, StoreListener.NONE, nanos::get, InstantSource.system())) {
      assertFails(Kind.DENIED, () -> store.put("a", bytes("a")));
      Files.writeString(accessKey, S3ProxyServer.KEYS.accessKey() + "\n");
      Files.writeString(secretKey, S3ProxyServer.KEYS.secretKey() + "\n");
      nanos.set(Duration.ofSeconds(11).toNanos());

      store.put("a", bytes("a"));

      Files.delete(accessKey);
      nanos.set(Duration.ofSeconds(22).toNanos());
      assertFails(Kind.DENIED, () -> store.put("a", bytes("b")));
    }
    assertThat(text(once.read("a"))).isEqualTo("a");
  }

  @Test
  void whatIsWrongWithABucketIsToldInWords() {
    S3Config missing = TestS3.config(server.endpoint(), S3ProxyServer.KEYS, "no-such-bucket", "");
    try (S3ObjectStore nowhere = TestS3.open(missing, StoreListener.NONE)) {
      assertThatThrownBy(() -> StoreProbe.check(nowhere, "s3://no-such-bucket/"))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("s3://no-such-bucket/ can't be written")
          .hasMessageContaining("there is no such bucket: make it, or correct cold.bucket");
    }
    StoreProbe.check(retrying, "s3://bucket/");
    assertThat(retrying.list("", "", 10)).isEmpty();
  }

  @Test
  void serverThatIsAwayIsBusy() throws IOException {
    URI gone;
    try (FaultyWire closed = new FaultyWire(server.endpoint())) {
      gone = closed.endpoint();
    }
    try (S3ObjectStore away =
        TestS3.open(
            TestS3.config(gone, S3ProxyServer.KEYS, S3ProxyServer.BUCKET, ""),
            StoreListener.NONE)) {
      assertFails(Kind.BUSY, () -> away.read("a"));
      assertFails(Kind.BUSY, () -> away.find("a"));
    }
  }

  @Test
  void partThatFailsIsSentAgain() throws IOException {
    byte[] content = content();
    Path file = Files.write(scratch.resolve("file"), content);
    wire.failNext(request -> request.contains("partNumber=2"), Fault.RESET);
    wire.failNext(request -> request.contains("partNumber=1"), Fault.SLOW_DOWN);

    once.put("large", file);

    assertThat(array(once.read("large"))).isEqualTo(content);
  }

  @Test
  void completionWhoseReplyWasLostIsFound() throws IOException {
    byte[] content = content();
    Path file = Files.write(scratch.resolve("file"), content);
    wire.failNext(
        request -> request.startsWith("POST ") && request.contains("uploadId="), Fault.LOST_REPLY);

    once.put("large", file);

    assertThat(array(once.read("large"))).isEqualTo(content);
  }

  @Test
  void uploadThatFailsLeavesNothing() throws IOException {
    Path file = Files.write(scratch.resolve("file"), content());
    for (int i = 0; i < 3; i++) {
      wire.failNext(request -> request.contains("partNumber=2"), Fault.INTERNAL_ERROR);
    }

    assertFails(Kind.BUSY, () -> once.put("large", file));

    assertThat(once.find("large")).isEmpty();
    assertThat(once.removeLeftovers(Duration.ZERO)).isZero();
  }

  @Test
  void uploadThatNobodyEndedIsRemovedInTime() throws IOException {
    Path file = Files.write(scratch.resolve("file"), content());
    for (int i = 0; i < 3; i++) {
      wire.failNext(request -> request.contains("partNumber=1"), Fault.INTERNAL_ERROR);
    }
    failNext("DELETE", Fault.RESET);
    assertFails(Kind.BUSY, () -> once.put("large", file));

    assertThat(once.removeLeftovers(Duration.ofHours(1))).isZero();
    assertThat(once.removeLeftovers(Duration.ofHours(-1))).isEqualTo(1);
    assertThat(once.removeLeftovers(Duration.ofHours(-1))).isZero();
  }

  private static byte[] content() {
    byte[] content = new byte[TestS3.PART_BYTES + 1000];
    new Random(3).nextBytes(content);
    return content;
  }
}
