package oxbow.cold.store;

import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;
import oxbow.cold.store.S3Config.Keys;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/** Stores of S3 for tests: small parts, short waits. */
final class TestS3 {
  static final int PART_BYTES = 5 << 20;

  private TestS3() {}

  static S3Config config(URI endpoint, Keys keys, String bucket, String prefix) {
    return new S3Config(
        bucket,
        prefix,
        "us-east-1",
        Optional.of(endpoint),
        true,
        Optional.of(keys),
        S3Config.Encryption.NONE,
        true,
        PART_BYTES,
        2,
        16,
        Duration.ofSeconds(5),
        Duration.ofSeconds(30));
  }

  static S3Config withTimeout(S3Config config, Duration timeout) {
    return new S3Config(
        config.bucket(),
        config.prefix(),
        config.region(),
        config.endpoint(),
        config.isPathStyle(),
        config.keys(),
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
  static RetryingObjectStore retrying(S3Config config, StoreListener listener) {
    return new RetryingObjectStore(
        open(config, listener),
        new RetryPolicy(5, Duration.ofMillis(10), Duration.ofMillis(200)),
        RetryPolicy.Pauses.REAL,
        new Random(1),
        16,
        System::nanoTime,
        listener);
  }

  static void makeBucket(URI endpoint, Keys keys, String bucket) {
    var credentials = AwsBasicCredentials.create(keys.accessKey(), keys.secretKey());
    try (S3AsyncClient client =
        S3AsyncClient.builder()
            .endpointOverride(endpoint)
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .credentialsProvider(StaticCredentialsProvider.create(credentials))
            .build()) {
      client.createBucket(request -> request.bucket(bucket)).join();
    }
  }
}
