package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.store.testing.S3ProxyServer;
import oxbow.server.cli.Shell.Result;

/** {@code oxbow cold check} and what {@code restore} refuses, without a server. */
@Timeout(60)
class ColdCheckTest {
  private static S3ProxyServer s3;

  @TempDir Path directory;

  @BeforeAll
  static void startStore() throws Exception {
    s3 = S3ProxyServer.start();
  }

  @AfterAll
  static void stopStore() throws Exception {
    s3.close();
  }

  private Result check(String bucket, String secret) {
    return new Shell()
        .run(
            "cold",
            "check",
            "--set",
            "cold.bucket=" + bucket,
            "--set",
            "cold.s3.endpoint=" + s3.endpoint(),
            "--set",
            "cold.s3.access.key=" + S3ProxyServer.KEYS.accessKey(),
            "--set",
            "cold.s3.secret.key=" + secret);
  }

  @Test
  void aBucketThatKeepsItsWordIsGood() {
    Result result = check("s3://bucket/check", S3ProxyServer.KEYS.secretKey());

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("s3://bucket/check/", "none yet", "good");
  }

  @Test
  void whatIsWrongIsToldInOneLine() {
    Result missing = check("s3://no-such-bucket", S3ProxyServer.KEYS.secretKey());
    assertThat(missing.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(missing.err())
        .contains("s3://no-such-bucket/ can't be used", "there is no such bucket: make it");

    Result stranger = check("s3://bucket/check", "wrong");
    assertThat(stranger.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(stranger.err()).contains("correct the credentials").doesNotContain("wrong-secret");
  }

  @Test
  void aDirectoryIsTriedOutLikewise() throws IOException {
    Path bucket = directory.resolve("bucket");
    Result good = new Shell().run("cold", "check", "--set", "cold.bucket=" + bucket);
    assertThat(good.exitCode()).as(good.err()).isZero();

    Path file = Files.writeString(directory.resolve("file"), "no directory");
    Result bad = new Shell().run("cold", "check", "--set", "cold.bucket=" + file);
    assertThat(bad.exitCode()).isNotZero();
    assertThat(bad.err()).contains(file + "/ can't be used");
  }

  @Test
  void anEmptyBucketIsNotRestored() {
    Result result =
        new Shell()
            .run(
                "cold",
                "restore",
                "--data",
                directory.resolve("data").toString(),
                "--set",
                "cold.bucket=" + directory.resolve("bucket"));

    assertThat(result.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("not restored: there is no bucket of Oxbow's");
  }
}
