package oxbow.cold.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import oxbow.log.NanoClock;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;

/** Credentials as the SDK asks for them. */
final class S3Credentials {
  private S3Credentials() {}

  static AwsCredentialsProvider provider(S3Config.Credentials credentials, NanoClock clock) {
    return switch (credentials) {
      case S3Config.Credentials.Chain chain -> {
        var builder = DefaultCredentialsProvider.builder();
        chain.profile().ifPresent(builder::profileName);
        yield builder.build();
      }
      case S3Config.Credentials.Fixed(S3Config.Keys keys) ->
          StaticCredentialsProvider.create(
              of(keys.accessKey(), keys.secretKey(), keys.sessionToken().orElse(null)));
      case S3Config.Credentials.InFiles files -> new FromFiles(files, clock);
    };
  }

  private static AwsCredentials of(
      String accessKey, String secretKey, @Nullable String sessionToken) {
    return sessionToken == null
        ? AwsBasicCredentials.create(accessKey, secretKey)
        : AwsSessionCredentials.create(accessKey, secretKey, sessionToken);
  }

  /**
   * Keys in files, read again now and then: whoever mounts them replaces them before they expire.
   * Thread-safe.
   */
  private static final class FromFiles implements AwsCredentialsProvider {
    private static final long READ_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private final S3Config.Credentials.InFiles files;
    private final NanoClock clock;
    private @Nullable AwsCredentials last;
    private long readNanos;

    FromFiles(S3Config.Credentials.InFiles files, NanoClock clock) {
      this.files = files;
      this.clock = clock;
    }

    @Override
    public synchronized AwsCredentials resolveCredentials() {
      long now = clock.nanos();
      AwsCredentials known = last;
      if (known == null || now - readNanos >= READ_EVERY_NANOS) {
        known =
            of(
                read(files.accessKey()),
                read(files.secretKey()),
                files.sessionToken().map(FromFiles::read).orElse(null));
        last = known;
        readNanos = now;
      }
      return known;
    }

    private static String read(Path file) {
      try {
        String value = Files.readString(file).strip();
        if (!value.isEmpty()) return value;
        throw SdkClientException.create("credentials: " + file + " is empty");
      } catch (IOException e) {
        throw SdkClientException.create("credentials: can't read " + file + ": " + e, e);
      }
    }
  }
}
