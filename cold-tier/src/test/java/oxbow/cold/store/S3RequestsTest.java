package oxbow.cold.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.cold.store.ObjectStoreContract.bytes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import oxbow.cold.store.RecordingServer.Asked;
import oxbow.cold.store.S3Config.Credentials;
import oxbow.cold.store.S3Config.Encryption;
import oxbow.cold.store.S3Config.Keys;

/** What S3 is asked is what the configuration says. */
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class S3RequestsTest {
  private static final String ENCRYPTION = "x-amz-server-side-encryption";
  private static final String KMS_KEY = "x-amz-server-side-encryption-aws-kms-key-id";

  @TempDir Path scratch;

  private final Properties before = new Properties();
  private RecordingServer server;

  @BeforeEach
  void open() throws IOException {
    before.putAll(System.getProperties());
    server = new RecordingServer();
    // Nothing of the machine's own.
    System.setProperty("aws.sharedCredentialsFile", scratch.resolve("none").toString());
    System.setProperty("aws.configFile", scratch.resolve("none").toString());
    System.setProperty("aws.disableEc2Metadata", "true");
  }

  @AfterEach
  void close() {
    server.close();
    System.setProperties(before);
  }

  private S3Config config(Credentials credentials, Encryption encryption) {
    S3Config usual = TestS3.config(server.endpoint(), new Keys("ours", "secret"), "bucket", "");
    return new S3Config(
        usual.bucket(),
        usual.prefix(),
        usual.region(),
        usual.endpoint(),
        usual.isPathStyle(),
        credentials,
        encryption,
        usual.checksums(),
        usual.partBytes(),
        usual.partsAtOnce(),
        usual.connectionsMax(),
        usual.connectTimeout(),
        usual.requestTimeout());
  }

  /** Each kind of write. */
  private List<Asked> writes(Encryption encryption) throws IOException {
    Path large = Files.write(scratch.resolve("large"), new byte[TestS3.PART_BYTES + 1]);
    Path small = Files.write(scratch.resolve("small"), new byte[10]);
    var keys = new Credentials.Fixed(new Keys("ours", "secret"));
    try (S3ObjectStore store = TestS3.open(config(keys, encryption), StoreListener.NONE)) {
      store.put("a", bytes("a"));
      store.create("b", bytes("b"));
      store.put("c", small);
      store.put("d", large);
    }
    return server.asked();
  }

  private static boolean makesAnObject(Asked request) {
    return !request.target().contains("uploadId=");
  }

  @Test
  void withoutASettingTheBucketDecidesOnEncryption() throws IOException {
    assertThat(writes(Encryption.NONE))
        .hasSize(7)
        .allMatch(request -> request.header(ENCRYPTION).isEmpty());
  }

  @Test
  void objectsAreEncryptedWithKeysOfS3() throws IOException {
    List<Asked> writes = writes(new Encryption.Aes256());

    assertThat(writes.stream().filter(S3RequestsTest::makesAnObject))
        .hasSize(4)
        .allMatch(request -> request.header(ENCRYPTION).equals(Optional.of("AES256")))
        .allMatch(request -> request.header(KMS_KEY).isEmpty());
    // S3 refuses it with a part: the upload has said it.
    assertThat(writes.stream().filter(request -> !makesAnObject(request)))
        .hasSize(3)
        .allMatch(request -> request.header(ENCRYPTION).isEmpty());
  }

  @Test
  void objectsAreEncryptedWithAKeyOfKms() throws IOException {
    assertThat(
            writes(new Encryption.Kms(Optional.of("alias/lake"))).stream()
                .filter(S3RequestsTest::makesAnObject))
        .hasSize(4)
        .allMatch(request -> request.header(ENCRYPTION).equals(Optional.of("aws:kms")))
        .allMatch(request -> request.header(KMS_KEY).equals(Optional.of("alias/lake")));
  }

  @Test
  void writesCarryAChecksum() throws IOException {
    assertThat(writes(Encryption.NONE).stream().filter(request -> request.method().equals("PUT")))
        .hasSize(5)
        .allMatch(request -> request.header("x-amz-checksum-crc32c").isPresent());
  }

  private Asked asked(Credentials credentials) {
    try (S3ObjectStore store =
        TestS3.open(config(credentials, Encryption.NONE), StoreListener.NONE)) {
      store.put("a", bytes("a"));
    }
    return server.asked().getLast();
  }

  private static String accessKey(Asked request) {
    String signed = request.header("authorization").orElseThrow();
    int from = signed.indexOf("Credential=") + "Credential=".length();
    return signed.substring(from, signed.indexOf('/', from));
  }

  @Test
  void keysComeFromTheConfigurationFirst() {
    System.setProperty("aws.accessKeyId", "environment");
    System.setProperty("aws.secretAccessKey", "secret");

    assertThat(accessKey(asked(new Credentials.Fixed(new Keys("ours", "secret")))))
        .isEqualTo("ours");
    assertThat(accessKey(asked(Credentials.CHAIN))).isEqualTo("environment");
  }

  @Test
  void keysComeFromTheProfileThatIsAskedFor() throws IOException {
    Path file = scratch.resolve("credentials");
    Files.writeString(
        file,
        """
        [default]
        aws_access_key_id = default-key
        aws_secret_access_key = secret
        [lake]
        aws_access_key_id = lake-key
        aws_secret_access_key = secret
        """);
    System.setProperty("aws.sharedCredentialsFile", file.toString());

    assertThat(accessKey(asked(Credentials.CHAIN))).isEqualTo("default-key");
    assertThat(accessKey(asked(new Credentials.Chain(Optional.of("lake"))))).isEqualTo("lake-key");
  }

  @Test
  void keysComeFromWebIdentityAsKubernetesGivesIt() throws IOException {
    Path token = Files.writeString(scratch.resolve("token"), "signed-by-the-cluster");
    Map<String, String> settings = new HashMap<>();
    settings.put("aws.webIdentityTokenFile", token.toString());
    settings.put("aws.roleArn", "arn:aws:iam::123456789012:role/lake");
    settings.put("aws.roleSessionName", "oxbow");
    settings.put("aws.region", "us-east-1");
    settings.put("aws.endpointUrlSts", server.endpoint().toString());
    settings.forEach(System::setProperty);

    Asked request = asked(Credentials.CHAIN);

    assertThat(accessKey(request)).isEqualTo(RecordingServer.ACCESS_KEY);
    assertThat(request.header("x-amz-security-token")).contains(RecordingServer.SESSION_TOKEN);
    assertThat(server.asked().getFirst().body())
        .contains("AssumeRoleWithWebIdentity", "signed-by-the-cluster");
    assertThat(new String(Files.readAllBytes(token), UTF_8)).isEqualTo("signed-by-the-cluster");
  }
}
