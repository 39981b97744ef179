package oxbow.query.catalog;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.rest.credentials.Credential;
import org.apache.iceberg.rest.credentials.ImmutableCredential;
import oxbow.cold.store.S3Config;

/**
 * What clients are told about the store that the files lie in, so that they need nothing but the
 * catalog's address.
 *
 * @param config how the store is reached, in properties that engines know
 * @param keys to read it with; empty: clients bring their own
 */
public record StorageAccess(Map<String, String> config, Map<String, String> keys) {
  /**
   * A directory: its {@code file:} locations say all. Every engine picks what reads them by the
   * scheme; a name of a class would only be right for some.
   */
  public static final StorageAccess LOCAL = new StorageAccess(Map.of(), Map.of());

  private static final String S3_PREFIX = "s3";

  public StorageAccess {
    config = Map.copyOf(config);
    keys = Map.copyOf(keys);
  }

  /**
   * A bucket.
   *
   * @param endpoint where clients reach the server; empty: it is Amazon's
   * @param given keys for clients: whoever reaches the catalog gets them, so they should allow no
   *     more than clients may do
   */
  public static StorageAccess s3(
      S3Config bucket, Optional<URI> endpoint, Optional<S3Config.Keys> given) {
    Map<String, String> config = new HashMap<>();
    config.put("io-impl", "org.apache.iceberg.aws.s3.S3FileIO");
    bucket
        .region()
        .ifPresent(region -> {
          config.put("client.region", region);
          config.put("s3.region", region); // as PyIceberg and DuckDB call it
        });
    config.put("s3.path-style-access", Boolean.toString(bucket.isPathStyle()));
    endpoint.map(URI::toString).ifPresent(url -> config.put("s3.endpoint", url));
    Map<String, String> keys = new HashMap<>();
    given.ifPresent(pair -> {
      keys.put("s3.access-key-id", pair.accessKey());
      keys.put("s3.secret-access-key", pair.secretKey());
      pair.sessionToken().ifPresent(token -> keys.put("s3.session-token", token));
    });
    return new StorageAccess(config, keys);
  }

  boolean vendsKeys() {
    return !keys.isEmpty();
  }

  /** For the table's own config: the store's and, as older clients look for them there, keys. */
  Map<String, String> tableConfig() {
    Map<String, String> all = new HashMap<>(config);
    all.putAll(keys);
    return all;
  }

  /** Keys where newer clients look for them. */
  List<Credential> credentials() {
    if (!vendsKeys()) return List.of();
    return List.of(
        ImmutableCredential.builder().prefix(S3_PREFIX).putAllConfig(tableConfig()).build());
  }

  /** Keys are shown to clients alone. */
  @Override
  public String toString() {
    return "StorageAccess[" + config + ", " + keys.size() + " keys hidden]";
  }
}
