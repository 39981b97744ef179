package oxbow.cold.store;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import oxbow.cold.store.S3Config.Keys;
import oxbow.cold.store.testing.S3ProxyServer;

/** A bucket of MinIO, where Docker is. */
class MinioObjectStoreTest extends ObjectStoreContract {
  private static final String IMAGE = "minio/minio:RELEASE.2025-04-22T22-12-26Z";
  private static final String BUCKET = "bucket";
  private static final int PORT = 9000;
  private static final Keys KEYS = new Keys("test-access-key", "test-secret-key");

  private static GenericContainer<?> minio;

  private final AtomicInteger prefixes = new AtomicInteger();

  @BeforeAll
  static void startServer() {
    assumeTrue(
        DockerClientFactory.instance().isDockerAvailable(), "no Docker here: MinIO is not tried");
    minio =
        new GenericContainer<>(IMAGE)
            .withEnv("MINIO_ROOT_USER", KEYS.accessKey())
            .withEnv("MINIO_ROOT_PASSWORD", KEYS.secretKey())
            .withCommand("server", "/data")
            .withExposedPorts(PORT)
            .waitingFor(Wait.forHttp("/minio/health/ready").forPort(PORT));
    minio.start();
    S3ProxyServer.makeBucket(endpoint(), KEYS, BUCKET);
  }

  @AfterAll
  static void stopServer() {
    if (minio != null) minio.stop();
  }

  private static URI endpoint() {
    return URI.create("http://" + minio.getHost() + ":" + minio.getMappedPort(PORT));
  }

  @Override
  ObjectStore openEmpty() {
    String prefix =
        "test-" + System.identityHashCode(this) + "-" + prefixes.getAndIncrement() + "/";
    return TestS3.retrying(TestS3.config(endpoint(), KEYS, BUCKET, prefix), StoreListener.NONE);
  }

  @Override
  int largeBytes() {
    return 2 * TestS3.PART_BYTES;
  }

  /** MinIO keeps objects in directories. */
  @Override
  boolean allowsNamesThatAreDirectories() {
    return false;
  }

  @Override
  int longPartChars() {
    return 120;
  }
}
