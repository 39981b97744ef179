package oxbow.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import oxbow.broker.control.ClusterView;
import oxbow.broker.control.ControlConfig;
import oxbow.broker.fetch.FetchConfig;
import oxbow.broker.group.GroupConfig;
import oxbow.broker.metadata.MetadataConfig;
import oxbow.broker.net.Listener;
import oxbow.broker.net.NetConfig;
import oxbow.broker.produce.ProduceConfig;
import oxbow.broker.quota.QuotaConfig;
import oxbow.broker.telemetry.TelemetryConfig;
import oxbow.log.LogsConfig;
import oxbow.server.config.BadConfigException;
import oxbow.server.config.ConfigKey;
import oxbow.server.config.ConfigKeys;
import oxbow.server.config.ConfigSources;
import oxbow.server.config.Given;
import oxbow.server.config.Origin;
import oxbow.server.config.Problem;

class ServerConfigTest {
  @TempDir Path directory;

  private static ServerConfig flags(String... settings) {
    return ServerConfig.load(new ConfigSources(null, Map.of(), given(settings)));
  }

  private static List<Given> given(String... settings) {
    return Arrays.stream(settings).map(ConfigSources::flag).toList();
  }

  private static List<String> problems(ConfigSources sources) {
    var refused = catchThrowableOfType(BadConfigException.class, () -> ServerConfig.load(sources));
    assertThat(refused).as("refusal of %s", sources).isNotNull();
    return refused.problems().stream().map(Problem::toString).toList();
  }

  private static List<String> problems(String... settings) {
    return problems(new ConfigSources(null, Map.of(), given(settings)));
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("oxbow.properties"), text);
  }

  @Test
  void nothingGivenIsAWholeConfiguration() {
    ServerConfig config = ServerConfig.load(ConfigSources.none());
    assertThat(config.logDirectory()).isEqualTo(Path.of("data", "log"));
    assertThat(config.metadataDirectory()).isEqualTo(Path.of("data", "metadata"));
    assertThat(config.warnings()).isEmpty();
    assertThat(config.listeners()).containsExactly(new Listener("PLAINTEXT", "localhost", 9092));
  }

  @Test
  void defaultsOfLogsAreThoseOfTheLogItself() {
    LogsConfig logs = flags("data.dir=" + directory, "background.threads=7").logs();
    LogsConfig own = LogsConfig.of(directory.resolve("log"));
    assertThat(logs)
        .isEqualTo(
            new LogsConfig(
                own.directory(),
                7,
                own.retentionCheckMs(),
                own.checkpointMs(),
                own.flushCheckMs(),
                own.cleanerBufferBytes(),
                own.cleanerBytesPerSecondMax(),
                own.producerExpirationMs(),
                own.diskReserveBytes()));
  }

  @Test
  void defaultsOfEveryPartAreItsOwn() {
    ServerConfig config = ServerConfig.load(ConfigSources.none());
    assertThat(config.net()).isEqualTo(NetConfig.DEFAULT);
    assertThat(config.fetch()).isEqualTo(FetchConfig.DEFAULT);
    assertThat(config.produce()).isEqualTo(ProduceConfig.DEFAULT);
    assertThat(config.metadata()).isEqualTo(MetadataConfig.DEFAULT);
    assertThat(config.groups()).isEqualTo(GroupConfig.DEFAULT);
    assertThat(config.quotas()).isEqualTo(QuotaConfig.DEFAULT);
    assertThat(config.telemetry()).isEqualTo(TelemetryConfig.DEFAULT);
    ControlConfig own = ControlConfig.of(1, Path.of("data", "metadata"));
    assertThat(config.control())
        .usingRecursiveComparison()
        .ignoringFields("settings")
        .isEqualTo(own);
    assertThat(config.control().settings())
        .containsEntry("node.id", "1")
        .containsEntry("process.roles", "broker,controller")
        .containsEntry("log.dirs", "data/log");
  }

  @Test
  void defaultsOfGroupsAreThoseOfTheCoordinatorItself() {
    for (var coordinators : GroupConfig.definition().configKeys().values()) {
      if (coordinators.internalConfig) continue;
      ConfigKey<?> key = ConfigKeys.find(coordinators.name).orElseThrow();
      String theirs = ConfigDef.convertToString(coordinators.defaultValue, coordinators.type);
      assertThat(key.defaultText()).as(key.name()).isEqualTo(theirs);
    }
  }

  @Test
  void groupKeysSayWhetherTheCoordinatorFollowsThemOnline() {
    for (ConfigKey<?> key : ConfigKeys.all()) {
      if (key.section() != ConfigKey.Section.GROUPS) continue;
      assertThat(key.isOnline()).as(key.name()).isEqualTo(GroupConfig.DYNAMIC.contains(key.name()));
    }
  }

  @Test
  void toolsAreShownWhatHoldsHereWhereKafkasDefaultIsAnother() {
    Map<String, String> settings =
        flags("group.coordinator.threads=3", "num.network.threads=5").control().settings();
    assertThat(settings)
        .containsEntry("socket.send.buffer.bytes", "-1")
        .containsEntry("log.cleaner.dedupe.buffer.size", "33554432")
        .containsEntry("num.network.threads", "5")
        .containsEntry("group.coordinator.threads", "3")
        .doesNotContainKey("log.segment.bytes")
        .doesNotContainKey("http.port");
  }

  @Test
  void valuesReachTheirParts() throws IOException {
    ServerConfig config =
        flags(
            "max.connections.per.ip.overrides=127.0.0.1:7,::1:8",
            "num.network.threads=5",
            "queued.max.request.bytes=200000000",
            "fetch.max.bytes=2000",
            "auto.create.topics.enable=false",
            "group.initial.rebalance.delay.ms=0",
            "num.partitions=3");
    assertThat(config.net().connectionsPerAddressOverrides())
        .isEqualTo(Map.of(InetAddress.ofLiteral("127.0.0.1"), 7, InetAddress.ofLiteral("::1"), 8));
    assertThat(config.net().threads()).isEqualTo(5);
    assertThat(config.net().heldBytesMax()).isEqualTo(200_000_000);
    assertThat(config.fetch().bytesMax()).isEqualTo(2000);
    assertThat(config.metadata().isTopicCreationAutomatic()).isFalse();
    assertThat(config.groups().settings())
        .isEqualTo(Map.of("group.initial.rebalance.delay.ms", "0"));
    assertThat(config.control().settings()).containsEntry("num.partitions", "3");
  }

  @Test
  void ourLookForDueFsyncsIsNoFsyncOfAllTopics() {
    assertThat(ServerConfig.load(ConfigSources.none()).kafkaSettings())
        .doesNotContainKey("log.flush.scheduler.interval.ms");
    assertThat(flags("log.flush.scheduler.interval.ms=5000").kafkaSettings())
        .containsEntry("log.flush.scheduler.interval.ms", "5000");
  }

  @Test
  void flagsWinOverTheEnvironmentAndThatOverTheFile() throws IOException {
    Path file = file("node.id=1\nnum.partitions=1\nlog.segment.bytes=2000000\n");
    ServerConfig config =
        ServerConfig.load(
            new ConfigSources(
                file,
                Map.of("OXBOW_NUM_PARTITIONS", "2", "OXBOW_LOG_SEGMENT_BYTES", "3000000"),
                given("log.segment.bytes=4000000")));
    assertThat(config.settings().get(ConfigKeys.NODE_ID)).isEqualTo(1);
    assertThat(config.settings().get(ConfigKeys.PARTITIONS)).isEqualTo(2);
    assertThat(config.settings().get(ConfigKeys.SEGMENT_BYTES)).isEqualTo(4_000_000);
    assertThat(config.settings().origin(ConfigKeys.NODE_ID)).hasToString(file + ":1");
    assertThat(config.settings().origin(ConfigKeys.PARTITIONS))
        .hasToString("environment OXBOW_NUM_PARTITIONS");
    assertThat(config.settings().origin(ConfigKeys.SEGMENT_BYTES)).hasToString("flag --set");
    assertThat(config.settings().origin(ConfigKeys.HTTP_PORT)).isEqualTo(new Origin.Default());
  }

  @Test
  void everyProblemIsToldAtOnceWithRuleValueAndOrigin() throws IOException {
    Path file =
        file(
            """
            # a comment
            num.partitions = none
            log.segmnt.bytes=1
            broker.id=3
            ssl.keystore.location=\\
              keys.jks
            """);
    List<String> problems =
        problems(
            new ConfigSources(
                file, Map.of("OXBOW_HTTP_PORT", "99999"), given("log.cleanup.policy=remove")));
    assertThat(problems)
        .containsExactlyInAnyOrder(
            "num.partitions must be a whole number; given: 'none', from " + file + ":2",
            "log.segmnt.bytes is not a key; did you mean log.segment.bytes?; given: '1', from "
                + file
                + ":3",
            "broker.id is retired: it is called node.id; given: '3', from " + file + ":4",
            "ssl.keystore.location is not supported: TLS, SASL and authorization are not served"
                + " yet, so it would protect nothing; given: 'keys.jks', from "
                + file
                + ":5",
            "http.port must lie between 0 and 65535; given: '99999', from environment"
                + " OXBOW_HTTP_PORT",
            "log.cleanup.policy must name one or more of delete, compact; given: 'remove', from"
                + " flag --set");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "num.partitions=0|num.partitions must lie between 1 and 100000",
        "num.partitions=2147483648|num.partitions must lie between -2147483648 and 2147483647",
        "log.segment.bytes=64MB|must be a whole number without a unit: 67108864",
        "log.retention.ms=7d|must be a whole number without a unit: 604800000",
        "log.retention.ms=0|must be at least 1, or be -1",
        "log.preallocate=yes|must be true or false",
        "log.cleaner.min.cleanable.ratio=1.5|must lie between 0.0 and 1.0",
        "log.cleaner.min.cleanable.ratio=NaN|must be a number",
        "compression.type=brotli|must be one of uncompressed, zstd, lz4, snappy, gzip, producer",
        "compression.gzip.level=0|must lie between 1 and 9, or be -1",
        "log.cleanup.policy=|must name one or more of delete, compact",
        "log.cleanup.policy=delete,delete|names 'delete' twice",
        "log.cleanup.policy=delete,,compact|has an empty entry",
        "listeners=localhost:9092|is written NAME://host:port",
        "listeners=A://:1x|ends with a port number",
        "listeners=A://:70000|has a port between 0 and 65535",
        "listeners=A://::1:9092|takes an IPv6 address in brackets",
        "listeners=A://:1,a://:2|names 'A' twice",
        "listeners=A://:1,B://:1|has port 1 twice",
        "listeners=|must not be empty",
        "max.connections.per.ip.overrides=10.0.0.1|is a list of name:value",
        "data.dir=|must name a path",
        "broker.rack=|must not be empty",
        "group.consumer.assignors=com.example.Mine|must name one or more of uniform, range",
      })
  void valuesThatBreakTheirTypeOrRuleAreRefused(String setting, String message) {
    assertThat(problems(setting)).singleElement().asString().contains(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "process.roles=broker|must be broker,controller",
        "log.dirs=/a,/b|takes one directory here",
        "log.dirs=/a;log.dir=/b|names another directory than log.dirs",
        "log.dirs=/a;metadata.log.dir=/a|must be another directory than log.dirs",
        "listeners=EXTERNAL://:9092|whose protocol listener.security.protocol.map does not name",
        "listener.security.protocol.map=PLAINTEXT:SSL|only PLAINTEXT is served",
        "listeners=PLAINTEXT://:8080|is the port of the listener PLAINTEXT://:8080 too",
        "advertised.listeners=OTHER://h:1|names OTHER, which listeners does not have",
        "advertised.listeners=PLAINTEXT://0.0.0.0:1|must name a host clients can connect to",
        "default.replication.factor=3|must be 1: there is one node",
        "offsets.topic.replication.factor=3|must be 1: there is one node",
        "max.connections.per.ip.overrides=10.0.0.1:many|which takes a number of connections",
        "max.connections.per.ip.overrides=no.such.host.invalid:1|is no address and no host name",
        "logging.levels=oxbow:loud|gives oxbow a level that is none of trace, debug",
        "min.insync.replicas=2|must be 1: there is one node",
        "message.max.bytes=200000000;log.segment.bytes=300000000|at most socket.request.max.bytes",
        "message.max.bytes=2000000;log.segment.bytes=1048576|at most log.segment.bytes",
        "log.segment.bytes=1048576|must be at least message.max.bytes (1048588, from default)",
        "queued.max.request.bytes=2000000|must hold at least one request",
        "group.min.session.timeout.ms=5;group.max.session.timeout.ms=4|must be at most",
        "group.consumer.session.timeout.ms=44000|at least group.consumer.min.session.timeout.ms",
        "group.streams.heartbeat.interval.ms=16000|at most group.streams.max.heartbeat.interval.ms",
        "log.cleaner.min.compaction.lag.ms=9;log.cleaner.max.compaction.lag.ms=8|must be at most",
        "broker.heartbeat.interval.ms=9000|must be less than broker.session.timeout.ms",
      })
  void settingsThatContradictEachOtherAreRefused(String settings, String message) {
    assertThat(problems(settings.split(";", -1))).anyMatch(problem -> problem.contains(message));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sasl.enabled.mechanisms=PLAIN|it would protect nothing",
        "listener.name.internal.ssl.key.password=x|it would protect nothing",
        "remote.log.storage.manager.class.name=x|the cold tier is Oxbow's own",
        "log.cleaner.enable=false|can only be true: topics decide by cleanup.policy",
        "zookeeper.connect=localhost|is retired: there is no ZooKeeper",
        "inter.broker.protocol.version=3.9|is retired",
        "create.topic.policy.class.name=x|plug-ins of Kafka's broker are not loaded",
        "unstable.api.versions.enable=true|internal setting of Kafka's",
      })
  void settingsOfKafkasThatWouldPromiseTooMuchAreRefused(String setting, String message) {
    assertThat(problems(setting)).singleElement().asString().contains(message);
  }

  @Test
  void harmlessSettingsOfKafkasAreAcceptedWithAWarning() {
    assertThat(flags("num.io.threads=8", "log.cleaner.enable=true").warnings())
        .containsExactly(
            "log.cleaner.enable=true (flag --set) is what holds anyway",
            "num.io.threads=8 (flag --set) has no effect: requests are served by"
                + " num.network.threads, none of which waits");
  }

  @Test
  void theConfigurationFileThatKafkaShipsStartsAsItIs() throws IOException {
    Path file =
        file(
            """
            process.roles=broker,controller
            node.id=1
            controller.quorum.bootstrap.servers=localhost:9093
            listeners=PLAINTEXT://:9092,CONTROLLER://:9093
            inter.broker.listener.name=PLAINTEXT
            advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
            controller.listener.names=CONTROLLER
            listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL
            num.network.threads=3
            num.io.threads=8
            socket.send.buffer.bytes=102400
            socket.receive.buffer.bytes=102400
            socket.request.max.bytes=104857600
            log.dirs=/var/lib/kafka
            num.partitions=1
            num.recovery.threads.per.data.dir=1
            offsets.topic.replication.factor=1
            share.coordinator.state.topic.replication.factor=1
            share.coordinator.state.topic.min.isr=1
            transaction.state.log.replication.factor=1
            transaction.state.log.min.isr=1
            log.retention.hours=168
            log.segment.bytes=1073741824
            log.retention.check.interval.ms=300000
            """);
    ServerConfig config = ServerConfig.load(new ConfigSources(file, Map.of(), List.of()));
    assertThat(config.listeners()).containsExactly(new Listener("PLAINTEXT", "", 9092));
    assertThat(config.advertised())
        .isEqualTo(Map.of("PLAINTEXT", new ClusterView.Endpoint("localhost", 9092)));
    assertThat(config.logDirectory()).isEqualTo(Path.of("/var/lib/kafka"));
  }

  @Test
  void aKeyGivenTwiceInAFileWithTwoValuesIsRefused() throws IOException {
    Path file = file("node.id=1\nnum.partitions=2\nnode.id=2\n");
    assertThat(problems(new ConfigSources(file, Map.of(), List.of())))
        .containsExactly(
            "node.id was given before with another value, node.id=1 ("
                + file
                + ":1); given: '2', from "
                + file
                + ":3");
  }

  @Test
  void variablesOfLauncherAndKubernetesAreNoSettings() {
    Map<String, String> environment =
        Map.of(
            "OXBOW_HOME", "/opt/oxbow",
            "OXBOW_SERVICE_HOST", "10.0.0.1",
            "OXBOW_SERVICE_PORT_KAFKA", "9092",
            "OXBOW_PORT", "tcp://10.0.0.1:9092",
            "OXBOW_PORT_9092_TCP_ADDR", "10.0.0.1",
            "OXBOW_KAFKA_SERVICE_HOST", "10.0.0.1",
            "OXBOW_NODE_ID", "",
            "PATH", "/bin");
    assertThat(ServerConfig.load(new ConfigSources(null, environment, List.of())).nodeId())
        .isEqualTo(1);
  }

  @Test
  void unknownVariablesAreRefusedAndTheNearestKeyIsNamed() {
    assertThat(problems(new ConfigSources(null, Map.of("OXBOW_NUM_PARTITION", "3"), List.of())))
        .containsExactly(
            "num.partition is not a key; did you mean num.partitions?; given: '3', from"
                + " environment OXBOW_NUM_PARTITION");
  }

  @Test
  void aMissingFileIsAProblem() {
    Path missing = directory.resolve("missing.properties");
    assertThat(problems(new ConfigSources(missing, Map.of(), List.of())))
        .singleElement()
        .asString()
        .startsWith("there is no configuration file")
        .endsWith("missing.properties");
  }

  @Test
  void aLineThatIsNoSettingIsAProblemWithItsPlace() throws IOException {
    Path file = file("node.id=\\u12\n");
    assertThat(problems(new ConfigSources(file, Map.of(), List.of())))
        .singleElement()
        .asString()
        .startsWith(file + ":1 can't be read");
  }

  @Test
  void aFlagWithoutAValueIsAnError() {
    assertThatThrownBy(() -> ConfigSources.flag("node.id"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--set takes key=value, not 'node.id'");
  }
}
