package oxbow.server.cold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import oxbow.cold.store.S3Config;
import oxbow.server.ServerConfig;
import oxbow.server.config.BadConfigException;
import oxbow.server.config.ConfigSources;
import oxbow.server.config.Problem;

/** How a bucket is named and reached, as an operator writes it. */
class BucketConfigTest {
  private static ServerConfig config(String... settings) {
    return ServerConfig.load(
        new ConfigSources(
            null, Map.of(), Arrays.stream(settings).map(ConfigSources::flag).toList()));
  }

  private static BucketBounds bucket(String... settings) {
    return config(settings).cold().orElseThrow().bucket();
  }

  private static S3Config s3(String... settings) {
    return ((BucketBounds.S3) bucket(settings)).config();
  }

  private static List<String> problems(String... settings) {
    var refused = catchThrowableOfType(BadConfigException.class, () -> config(settings));
    assertThat(refused).isNotNull();
    return refused.problems().stream().map(Problem::toString).toList();
  }

  @Test
  void directoriesAreWrittenAsPathsOrAsFiles() {
    assertThat(bucket()).isEqualTo(new BucketBounds.Directory(Path.of("data", "bucket")));
    assertThat(bucket("cold.bucket=some/where"))
        .isEqualTo(new BucketBounds.Directory(Path.of("some/where")));
    assertThat(bucket("cold.bucket=file:///some/where"))
        .isEqualTo(new BucketBounds.Directory(Path.of("/some/where")));
  }

  @Test
  void amazonsOwnStoreNeedsNothingButTheBucketsName() {
    S3Config s3 = s3("cold.bucket=s3://lake/a/b/");

    assertThat(s3.bucket()).isEqualTo("lake");
    assertThat(s3.prefix()).isEqualTo("a/b/");
    assertThat(s3.region()).isEmpty();
    assertThat(s3.endpoint()).isEmpty();
    assertThat(s3.isPathStyle()).isFalse();
    assertThat(s3.credentials()).isEqualTo(S3Config.Credentials.CHAIN);
    assertThat(bucket("cold.bucket=s3://lake").name()).isEqualTo("s3://lake/");
  }

  @Test
  void anotherServerIsAskedByPathInARegionThatItDoesNotMind() {
    S3Config s3 =
        s3(
            "cold.bucket=s3://lake",
            "cold.s3.endpoint=http://127.0.0.1:9000",
            "cold.s3.access.key=key",
            "cold.s3.secret.key=unspoken",
            "cold.s3.session.token=token",
            "cold.s3.encryption=aws:kms",
            "cold.s3.kms.key.id=one");

    assertThat(s3.endpoint()).contains(URI.create("http://127.0.0.1:9000"));
    assertThat(s3.region()).contains("us-east-1");
    assertThat(s3.isPathStyle()).isTrue();
    assertThat(s3.credentials())
        .isEqualTo(
            new S3Config.Credentials.Fixed(
                new S3Config.Keys("key", "unspoken", Optional.of("token"))));
    assertThat(s3.credentials().toString()).doesNotContain("unspoken").doesNotContain("token");
    assertThat(s3.encryption()).isEqualTo(new S3Config.Encryption.Kms(Optional.of("one")));
  }

  @Test
  void keysMayLieInFiles() {
    assertThat(
            s3(
                    "cold.bucket=s3://lake",
                    "cold.s3.access.key.file=/run/key",
                    "cold.s3.secret.key.file=/run/secret")
                .credentials())
        .isEqualTo(
            new S3Config.Credentials.InFiles(
                Path.of("/run/key"), Path.of("/run/secret"), Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "s3://             | names a bucket of 3 to 63 small letters",
        "s3://Lake         | names a bucket of 3 to 63 small letters",
        "s3://lake/a//b    | has a prefix with a part that is empty",
        "s3://lake/../b    | has a prefix with a part that is empty",
        "gs://lake         | is a path, file:///path or s3://bucket/prefix",
        "s3:/lake          | is a path, file:///path or s3://bucket/prefix",
        "s3:lake           | is a path, file:///path or s3://bucket/prefix",
        "file://host/where | is written file:///path"
      })
  void bucketsThatAreNoneAreRefused(String bucket, String rule) {
    assertThat(problems("cold.bucket=" + bucket)).singleElement().asString().contains(rule);
  }

  @Test
  void credentialsThatDontGoTogetherAreRefused() {
    assertThat(problems("cold.s3.access.key=key"))
        .singleElement()
        .asString()
        .contains("cold.s3.access.key", "needs cold.s3.secret.key too");
    assertThat(problems("cold.s3.secret.key=unspoken"))
        .singleElement()
        .asString()
        .contains("needs cold.s3.access.key too")
        .doesNotContain("unspoken");
    assertThat(problems("cold.s3.profile=p", "cold.s3.access.key=key", "cold.s3.secret.key=secret"))
        .singleElement()
        .asString()
        .contains("cold.s3.profile", "says who asks, and so does cold.s3.access.key");
    assertThat(problems("cold.s3.kms.key.id=one"))
        .singleElement()
        .asString()
        .contains("needs cold.s3.encryption=aws:kms");
    assertThat(problems("cold.s3.endpoint=127.0.0.1:9000"))
        .singleElement()
        .asString()
        .contains("is written http://host:port");
  }
}
