package oxbow.server.cold;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import oxbow.cold.store.S3Config;

/** The bucket of this server, and what has to be known to use it. */
public sealed interface BucketBounds {
  /** As a log line and an operator call it; ends with a slash. */
  String name();

  /** A directory that stands in for one. */
  record Directory(Path path) implements BucketBounds {
    @Override
    public String name() {
      return path.toAbsolutePath().normalize() + "/";
    }
  }

  /**
   * One of S3.
   *
   * @param clientEndpoint where clients of the Iceberg catalog reach the server
   * @param clientKeys that they are given
   * @param writePrice of 1000 requests that write or list
   * @param readPrice of 1000 requests that read
   */
  record S3(
      S3Config config,
      Optional<URI> clientEndpoint,
      Optional<S3Config.Keys> clientKeys,
      double writePrice,
      double readPrice)
      implements BucketBounds {
    @Override
    public String name() {
      return "s3://" + config.bucket() + "/" + config.prefix();
    }
  }
}
