package oxbow.cold.store;

import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;
import oxbow.cold.store.S3Config.Keys;

/** Stores of S3 for tests: small parts, short waits. */
public final class TestS3 {
  public static final int PART_BYTES = 5 << 20;

  private TestS3() {}

  public static S3Config config(URI endpoint, Keys keys, String bucket, String prefix) {
    return new S3Config(
        bucket,
        prefix,
        Optional.of("us-east-1"),
        Optional.of(endpoint),
        true,
        new S3Config.Credentials.Fixed(keys),
        S3Config.Encryption.NONE,
        true,
        PART_BYTES,
        2,
        16,
        Duration.ofSeconds(5),
        Duration.ofSeconds(30));
  }

  static S3Config withTimeout(S3Config config, Duration timeout) {
    return with(config, config.credentials(), timeout);
  }

  static S3Config withCredentials(S3Config config, S3Config.Credentials credentials) {
    return with(config, credentials, config.requestTimeout());
  }

  private static S3Config with(
      S3Config config, S3Config.Credentials credentials, Duration timeout) {
    return new S3Config(
        config.bucket(),
        config.prefix(),
        config.region(),
        config.endpoint(),
        config.isPathStyle(),
        credentials,
        config.encryption(),
        config.checksums(),
        config.partBytes(),
        config.partsAtOnce(),
        config.connectionsMax(),
        timeout,
        timeout);
  }

  static S3ObjectStore open(S3Config config, StoreListener listener) {
    return S3ObjectStore.open(config, listener, System::nanoTime, InstantSource.system());
  }

  /** As the product uses it: servers close connections as they like. */
  public static RetryingObjectStore retrying(S3Config config, StoreListener listener) {
    return new RetryingObjectStore(
        open(config, listener),
        new RetryPolicy(5, Duration.ofMillis(10), Duration.ofMillis(200)),
        RetryPolicy.Pauses.REAL,
        new Random(1),
        16,
        System::nanoTime,
        listener);
  }
}
