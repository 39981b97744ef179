package oxbow.cold.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import oxbow.cold.store.testing.S3ProxyServer;

/** A bucket of S3, as a server nobody here wrote understands it. */
class S3ObjectStoreTest extends ObjectStoreContract {
  private static S3ProxyServer server;

  private final AtomicInteger prefixes = new AtomicInteger();
  private final StoreCounters counters = new StoreCounters();

  @BeforeAll
  static void startServer() throws Exception {
    server = S3ProxyServer.start();
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  @Override
  ObjectStore openEmpty() {
    return TestS3.retrying(config(), counters);
  }

  private S3Config config() {
    String prefix =
        "test-" + System.identityHashCode(this) + "-" + prefixes.getAndIncrement() + "/";
    return TestS3.config(server.endpoint(), S3ProxyServer.KEYS, S3ProxyServer.BUCKET, prefix);
  }

  @Override
  int largeBytes() {
    return 2 * TestS3.PART_BYTES;
  }

  /** S3Proxy keeps objects in a file system of its own. */
  @Override
  boolean allowsNamesThatAreDirectories() {
    return false;
  }

  @Override
  boolean ordersAsUtf8() {
    return false;
  }

  @Test
  void eachPartIsARequest() throws IOException {
    byte[] content = new byte[2 * TestS3.PART_BYTES + 1];

    store().put("large", Files.write(scratch.resolve("parts"), content));

    assertThat(counters.requests(Request.PUT)).isEqualTo(3);
    assertThat(counters.requests(Request.MULTIPART)).isEqualTo(2);
    assertThat(counters.bytes(Request.PUT)).isEqualTo(content.length);
    assertThat(counters.writeClassRequests()).isEqualTo(5);
    assertThat(store().removeLeftovers(Duration.ZERO)).isZero();
  }

  @Test
  void prefixIsAPlaceOfItsOwn() {
    try (ObjectStore other = TestS3.retrying(config(), StoreListener.NONE)) {
      store().put("a", bytes("a"));

      assertThat(other.find("a")).isEmpty();
      assertThat(other.list("", "", 10)).isEmpty();
      assertThat(store().location("a")).startsWith("s3://bucket/test-").endsWith("/a");
    }
  }
}
