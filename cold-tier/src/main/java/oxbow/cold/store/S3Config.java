package oxbow.cold.store;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Where and how a bucket is reached.
 *
 * @param bucket its name
 * @param prefix of all names; empty, or ends with a slash: a bucket may be shared
 * @param region as signatures name it; empty: where the SDK's chain finds one
 * @param endpoint of a server other than Amazon's
 * @param isPathStyle the bucket is part of the path, not of the host's name
 * @param credentials who asks
 * @param encryption of objects at rest
 * @param checksums whether writes carry a checksum that the server compares; some older servers
 *     don't know it
 * @param partBytes a file that is larger is uploaded in parts of this size
 * @param partsAtOnce of one file
 * @param connectionsMax open at a time
 * @param connectTimeout for a connection to open
 * @param requestTimeout for a request and its answer, whatever its size
 */
public record S3Config(
    String bucket,
    String prefix,
    Optional<String> region,
    Optional<URI> endpoint,
    boolean isPathStyle,
    Credentials credentials,
    Encryption encryption,
    boolean checksums,
    int partBytes,
    int partsAtOnce,
    int connectionsMax,
    Duration connectTimeout,
    Duration requestTimeout) {
  private static final int MIB = 1 << 20;

  /** S3 takes no smaller parts, but for the last. */
  private static final int PART_BYTES_MIN = 5 * MIB;

  public S3Config {
    if (bucket.isEmpty()) throw new IllegalArgumentException("the bucket has no name");
    if (!prefix.isEmpty() && !prefix.endsWith("/")) {
      throw new IllegalArgumentException("the prefix doesn't end with a slash: " + prefix);
    }
    if (!prefix.isEmpty()) ObjectNames.check(prefix.substring(0, prefix.length() - 1));
    if (partBytes < PART_BYTES_MIN) {
      throw new IllegalArgumentException("S3 takes no parts of " + partBytes + " bytes");
    }
    if (partsAtOnce < 1 || connectionsMax < 1) {
      throw new IllegalArgumentException("nothing would ever be sent");
    }
  }

  /** Amazon's own S3 in a region, with usual bounds. */
  public static S3Config amazon(String bucket, String region) {
    return new S3Config(
        bucket,
        "",
        Optional.of(region),
        Optional.empty(),
        false,
        Credentials.CHAIN,
        Encryption.NONE,
        true,
        16 * MIB,
        4,
        64,
        Duration.ofSeconds(5),
        Duration.ofSeconds(60));
  }

  /** Another server, by the path style that all of them know. */
  public static S3Config server(String bucket, URI endpoint, Keys keys) {
    S3Config amazon = amazon(bucket, "us-east-1");
    return new S3Config(
        bucket,
        "",
        amazon.region(),
        Optional.of(endpoint),
        true,
        new Credentials.Fixed(keys),
        Encryption.NONE,
        true,
        amazon.partBytes(),
        amazon.partsAtOnce(),
        amazon.connectionsMax(),
        amazon.connectTimeout(),
        amazon.requestTimeout());
  }

  /**
   * Keys, which nothing shows.
   *
   * @param sessionToken of keys that expire
   */
  public record Keys(String accessKey, String secretKey, Optional<String> sessionToken) {
    public Keys(String accessKey, String secretKey) {
      this(accessKey, secretKey, Optional.empty());
    }

    @Override
    public String toString() {
      return "Keys[" + accessKey + ", hidden]";
    }
  }

  /** Where keys come from. */
  public sealed interface Credentials {
    Credentials CHAIN = new Chain(Optional.empty());

    /**
     * The SDK looks for them: environment, web identity, profile, container, instance.
     *
     * @param profile empty: as the environment says
     */
    record Chain(Optional<String> profile) implements Credentials {}

    /** Always the same ones. */
    record Fixed(Keys keys) implements Credentials {}

    /** Files that hold one value each, which somebody may replace at any time. */
    record InFiles(Path accessKey, Path secretKey, Optional<Path> sessionToken)
        implements Credentials {}
  }

  /** How the server encrypts objects. */
  public sealed interface Encryption {
    Encryption NONE = new BucketDefault();

    /** As the bucket is set up. */
    record BucketDefault() implements Encryption {}

    /** With keys that S3 keeps. */
    record Aes256() implements Encryption {}

    /**
     * With a key of the key management service.
     *
     * @param keyId empty: the account's own
     */
    record Kms(Optional<String> keyId) implements Encryption {}
  }
}
