package oxbow.broker.control;

import static org.apache.kafka.common.config.ConfigResource.Type.BROKER;
import static org.apache.kafka.common.config.ConfigResource.Type.BROKER_LOGGER;
import static org.apache.kafka.common.config.ConfigResource.Type.CLIENT_METRICS;
import static org.apache.kafka.common.config.ConfigResource.Type.GROUP;
import static org.apache.kafka.common.config.ConfigResource.Type.TOPIC;
import static org.apache.kafka.common.config.ConfigResource.Type.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.control.ControlRig.await;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterConfigsRequest;
import org.apache.kafka.common.requests.AlterConfigsResponse;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;
import org.apache.kafka.common.requests.ListConfigResourcesRequest;
import org.apache.kafka.common.requests.ListConfigResourcesResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigApisTest {
  private static final ConfigDef OURS =
      new ConfigDef()
          .define(
              "oxbow.test.format",
              ConfigDef.Type.STRING,
              "parquet",
              ConfigDef.ValidString.in("parquet", "avro"),
              ConfigDef.Importance.MEDIUM,
              "How old records are kept.");

  private static ControlRig rig;

  @BeforeAll
  static void start(@TempDir Path directory) {
    var config =
        ControlConfig.of(1, directory.resolve("metadata"))
            .withSettings(
                Map.of(
                    "node.id", "1",
                    "log.retention.hours", "100",
                    "ssl.key.password", "hunter2",
                    "oxbow.test.token", "hunter2"));
    rig = ControlRig.serving(config, new TopicSettings(OURS));
    await(rig.plane.autoTopics().create(List.of("plain", "legacy", "ours", "lists")));
  }

  @AfterAll
  static void stop() {
    rig.close();
  }

  @Test
  void aTopicsSettingsComeFromWhereItSays() {
    assertAltered(alter(TOPIC, "plain", set("retention.ms", "99")));
    assertAltered(alter(BROKER, "", set("log.segment.bytes", "2000000")));
    assertAltered(alter(BROKER, "1", set("message.max.bytes", "5000")));

    Map<String, DescribeConfigsResourceResult> settings = described(TOPIC, "plain");

    assertThat(text(settings, "retention.ms")).isEqualTo("99 [1:retention.ms=99]");
    assertThat(text(settings, "segment.bytes"))
        .isEqualTo("2000000 [3:log.segment.bytes=2000000, 5:log.segment.bytes=1073741824]");
    assertThat(text(settings, "max.message.bytes"))
        .isEqualTo("5000 [2:message.max.bytes=5000, 5:message.max.bytes=1048588]");
    assertThat(text(settings, "cleanup.policy")).isEqualTo("delete [5:log.cleanup.policy=delete]");
    assertThat(rig.plane.view().effectiveTopicSettings("plain"))
        .containsEntry("retention.ms", "99")
        .containsEntry("segment.bytes", "2000000")
        .containsEntry("max.message.bytes", "5000");
    assertThat(rig.plane.view().effectiveTopicSettings("legacy"))
        .containsEntry("retention.ms", Long.toString(100L * 3_600_000));
    assertThat(settings.get("retention.ms"))
        .satisfies(setting -> {
          assertThat(setting.documentation()).isNotBlank();
          assertThat(setting.readOnly()).isFalse();
          assertThat(setting.configType()).isEqualTo((byte) 5);
        });
    assertAltered(alter(BROKER, "", delete("log.segment.bytes")));
    assertAltered(alter(BROKER, "1", delete("message.max.bytes")));
  }

  @Test
  void onlyWhatIsAskedForIsDescribed() {
    DescribeConfigsResult result = describe(TOPIC, "plain", List.of("retention.ms", "none"));

    assertThat(result.configs())
        .extracting(DescribeConfigsResourceResult::name)
        .containsExactly("retention.ms");
  }

  @Test
  void listsGrowAndShrink() {
    assertAltered(alter(TOPIC, "lists", append("cleanup.policy", "compact")));
    assertThat(rig.plane.view().topicSettings("lists"))
        .containsEntry("cleanup.policy", "delete,compact");

    assertAltered(alter(TOPIC, "lists", subtract("cleanup.policy", "delete")));
    assertThat(rig.plane.view().topicSettings("lists")).containsEntry("cleanup.policy", "compact");
  }

  @Test
  void badSettingsOfATopicGetKafkasErrors() {
    assertRefused(
        alter(TOPIC, "plain", set("foo", "1")),
        Errors.INVALID_CONFIG,
        "Unknown topic config name: foo");
    assertRefused(
        alter(TOPIC, "plain", set("retention.ms", "-5")),
        Errors.INVALID_CONFIG,
        "Invalid value -5 for configuration retention.ms: Value must be at least -1");
    assertRefused(
        alter(
            TOPIC,
            "plain",
            set("min.compaction.lag.ms", "500"),
            set("max.compaction.lag.ms", "100")),
        Errors.INVALID_CONFIG,
        "conflict topic config setting min.compaction.lag.ms (500) > max.compaction.lag.ms (100)");
    assertRefused(
        alter(TOPIC, "plain", append("retention.ms", "5")),
        Errors.INVALID_CONFIG,
        "Can't APPEND to key retention.ms because its type is not LIST.");
    assertRefused(
        alter(TOPIC, "absent", set("retention.ms", "5")),
        Errors.UNKNOWN_TOPIC_OR_PARTITION,
        "The topic 'absent' does not exist.");
    assertRefused(
        alter(TOPIC, "", set("retention.ms", "5")),
        Errors.INVALID_REQUEST,
        "Default topic resources are not allowed.");
    assertRefused(
        alter(TOPIC, "plain", set("retention.ms", "5"), set("retention.ms", "6")),
        Errors.INVALID_REQUEST,
        "Error due to duplicate config keys");
    assertRefused(
        alter(TOPIC, "plain", set("retention.ms", null)),
        Errors.INVALID_REQUEST,
        "Null value not supported for : retention.ms");
    assertRefused(
        alter(UNKNOWN, "plain", set("retention.ms", "5")),
        Errors.INVALID_REQUEST,
        "Unknown resource type 0");
    assertThat(Errors.forCode(describe(TOPIC, "absent", null).errorCode()))
        .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    assertThat(Errors.forCode(describe(TOPIC, "", null).errorCode()))
        .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
  }

  @Test
  void aResourceNamedTwiceIsChangedNeither() {
    var data = new IncrementalAlterConfigsRequestData();
    data.resources().add(resource(TOPIC, "legacy", set("flush.ms", "5")));
    data.resources().add(resource(TOPIC, "legacy", set("flush.ms", "6")));

    assertThat(send(data))
        .hasSize(2)
        .allSatisfy(answer ->
            assertRefused(
                answer, Errors.INVALID_REQUEST, "Each resource must appear at most once."));
    assertThat(rig.plane.view().topicSettings("legacy")).doesNotContainKey("flush.ms");
  }

  @Test
  void validatingChangesNothing() {
    var data = new IncrementalAlterConfigsRequestData().setValidateOnly(true);
    data.resources().add(resource(TOPIC, "legacy", set("segment.ms", "77")));

    assertAltered(send(data).get(0));
    assertThat(rig.plane.view().topicSettings("legacy")).doesNotContainKey("segment.ms");
  }

  @Test
  void theOldFormReplacesAllSettings() {
    assertAltered(alter(TOPIC, "legacy", set("flush.messages", "10")));
    var data = new AlterConfigsRequestData();
    var resource =
        new AlterConfigsRequestData.AlterConfigsResource()
            .setResourceType(TOPIC.id())
            .setResourceName("legacy");
    resource
        .configs()
        .add(
            new AlterConfigsRequestData.AlterableConfig()
                .setName("segment.bytes")
                .setValue("2097152"));
    data.resources().add(resource);

    var response = rig.call(AlterConfigsResponse.class, new AlterConfigsRequest(data, (short) 2));

    assertThat(response.data().responses()).allMatch(answer -> answer.errorCode() == 0);
    assertThat(rig.plane.view().topicSettings("legacy"))
        .containsExactlyEntriesOf(Map.of("segment.bytes", "2097152"));
  }

  @Test
  void settingsThatOtherPartsAddedAreChecked() {
    assertAltered(alter(TOPIC, "ours", set("oxbow.test.format", "avro"), set("flush.ms", "9")));
    assertRefused(
        alter(TOPIC, "ours", set("oxbow.test.format", "csv")),
        Errors.INVALID_CONFIG,
        "Invalid value csv for configuration oxbow.test.format: String must be one of: parquet,"
            + " avro");

    assertThat(text(described(TOPIC, "ours"), "oxbow.test.format"))
        .isEqualTo("avro [1:oxbow.test.format=avro]");
    assertThat(text(described(TOPIC, "plain"), "oxbow.test.format")).isEqualTo("parquet []");
    assertThat(rig.plane.view().effectiveTopicSettings("plain"))
        .containsEntry("oxbow.test.format", "parquet");
  }

  @Test
  void badSettingsOfABrokerGetKafkasErrors() {
    assertRefused(
        alter(BROKER, "1", set("log.segment.bytes", "2")),
        Errors.INVALID_REQUEST,
        "Invalid value 2 for configuration log.segment.bytes: Value must be at least 1048576");
    assertRefused(
        alter(BROKER, "1", set("num.partitions", "2")),
        Errors.INVALID_REQUEST,
        "Cannot update these configs dynamically: [num.partitions]");
    assertRefused(
        alter(BROKER, "1", set("num.io.threads", "2")),
        Errors.INVALID_REQUEST,
        "Cannot update these configs dynamically: [num.io.threads]");
    assertRefused(
        alter(BROKER, "7", set("log.segment.bytes", "2000000")),
        Errors.INVALID_REQUEST,
        "Unexpected broker id, expected 1, but received 7");
    assertRefused(
        alter(BROKER, "x", set("log.segment.bytes", "2000000")),
        Errors.INVALID_REQUEST,
        "Node id must be an integer, but it is: x");
    assertRefused(
        alter(BROKER, "1", append("log.segment.bytes", "2000000")),
        Errors.INVALID_CONFIG,
        "Config value append is not allowed for config key: log.segment.bytes");
    assertRefused(
        alter(BROKER, "", delete("min.insync.replicas")),
        Errors.INVALID_CONFIG,
        "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.");
    assertThat(Errors.forCode(describe(BROKER, "7", null).errorCode()))
        .isEqualTo(Errors.INVALID_REQUEST);
  }

  @Test
  void secretsOfABrokerAreHidden() {
    Map<String, DescribeConfigsResourceResult> settings = described(BROKER, "1");

    assertThat(settings.values().toString()).doesNotContain("hunter2");
    assertThat(settings.get("ssl.key.password"))
        .satisfies(setting -> assertThat(setting.isSensitive()).isTrue());
    assertThat(settings.get("oxbow.test.token"))
        .satisfies(setting -> assertThat(setting.isSensitive()).isTrue());
    assertThat(text(settings, "log.retention.hours"))
        .isEqualTo("100 [4:log.retention.hours=100, 5:log.retention.hours=168]");
    assertThat(settings.get("num.partitions"))
        .satisfies(setting -> assertThat(setting.readOnly()).isTrue());
    assertThat(settings.get("log.retention.ms"))
        .satisfies(setting -> assertThat(setting.readOnly()).isFalse());
  }

  @Test
  void settingsOfAGroupAreKeptAndChecked() {
    assertAltered(alter(GROUP, "g", set("consumer.session.timeout.ms", "50000")));
    assertRefused(
        alter(GROUP, "g", set("foo", "1")),
        Errors.INVALID_CONFIG,
        "Unknown group config name: foo");
    assertRefused(
        alter(GROUP, "", set("consumer.session.timeout.ms", "50000")),
        Errors.INVALID_REQUEST,
        "Default group resources are not allowed.");
    assertThat(
            Errors.forCode(alter(GROUP, "g", set("consumer.session.timeout.ms", "1")).errorCode()))
        .isEqualTo(Errors.INVALID_CONFIG);

    assertThat(text(described(GROUP, "g"), "consumer.session.timeout.ms"))
        .isEqualTo(
            "50000 [8:consumer.session.timeout.ms=50000,"
                + " 5:group.consumer.session.timeout.ms=45000]");
  }

  @Test
  void subscriptionsToClientMetricsAreKeptAndChecked() {
    assertAltered(alter(CLIENT_METRICS, "s", set("interval.ms", "5000")));
    assertThat(Errors.forCode(alter(CLIENT_METRICS, "s", set("interval.ms", "5")).errorCode()))
        .isEqualTo(Errors.INVALID_REQUEST);
    assertThat(Errors.forCode(alter(CLIENT_METRICS, "s", set("foo", "5")).errorCode()))
        .isEqualTo(Errors.INVALID_REQUEST);

    assertThat(text(described(CLIENT_METRICS, "s"), "interval.ms"))
        .isEqualTo("5000 [7:interval.ms=5000]");
    assertThat(text(described(CLIENT_METRICS, "none"), "interval.ms")).isEqualTo("300000 []");
  }

  @Test
  void levelsOfLoggersChange() {
    assertAltered(alter(BROKER_LOGGER, "1", set("oxbow.log", "DEBUG")));
    assertThat(described(BROKER_LOGGER, "1").get("oxbow.log"))
        .satisfies(logger -> assertThat(logger.value()).isEqualTo("DEBUG"));
    assertAltered(alter(BROKER_LOGGER, "1", delete("oxbow.log")));
    assertThat(rig.logLevels.levels()).containsEntry("oxbow.log", "INFO");

    assertRefused(
        alter(BROKER_LOGGER, "1", set("none", "INFO")),
        Errors.INVALID_CONFIG,
        "Logger none does not exist!");
    assertRefused(
        alter(BROKER_LOGGER, "1", set("root", "LOUD")),
        Errors.INVALID_CONFIG,
        "Cannot set the log level of root to LOUD as it is not a supported log level. Valid log"
            + " levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN");
    assertRefused(
        alter(BROKER_LOGGER, "1", delete("root")),
        Errors.INVALID_REQUEST,
        "Removing the log level of the root logger is not allowed");
    assertRefused(
        alter(BROKER_LOGGER, "1", append("root", "INFO")),
        Errors.INVALID_REQUEST,
        "APPEND operation is not allowed for the BROKER_LOGGER resource");
  }

  @Test
  void resourcesWithSettingsAreListed() {
    assertAltered(alter(CLIENT_METRICS, "listed", set("interval.ms", "5000")));
    assertAltered(alter(GROUP, "listed", set("consumer.heartbeat.interval.ms", "6000")));

    var all =
        rig.call(
            ListConfigResourcesResponse.class,
            new ListConfigResourcesRequest.Builder(new ListConfigResourcesRequestData())
                .build((short) 1));
    var onlyMetrics =
        rig.call(
            ListConfigResourcesResponse.class,
            new ListConfigResourcesRequest.Builder(
                    new ListConfigResourcesRequestData()
                        .setResourceTypes(List.of(CLIENT_METRICS.id())))
                .build((short) 0));

    assertThat(all.configResources())
        .extracting(resource -> resource.type() + " " + resource.name())
        .contains("TOPIC plain", "BROKER 1", "BROKER_LOGGER 1")
        .contains("GROUP listed", "CLIENT_METRICS listed");
    assertThat(onlyMetrics.configResources())
        .extracting(resource -> resource.type())
        .containsOnly(CLIENT_METRICS);
  }

  private static AlterableConfig set(String name, @Nullable String value) {
    return operation(OpType.SET, name, value);
  }

  private static AlterableConfig delete(String name) {
    return operation(OpType.DELETE, name, null);
  }

  private static AlterableConfig append(String name, String value) {
    return operation(OpType.APPEND, name, value);
  }

  private static AlterableConfig subtract(String name, String value) {
    return operation(OpType.SUBTRACT, name, value);
  }

  private static AlterableConfig operation(OpType operation, String name, @Nullable String value) {
    return new AlterableConfig().setName(name).setValue(value).setConfigOperation(operation.id());
  }

  /** Keeps what a map would not: one name twice. */
  private static AlterConfigsResource resource(
      ConfigResource.Type type, String name, AlterableConfig... configs) {
    var resource = new AlterConfigsResource().setResourceType(type.id()).setResourceName(name);
    Arrays.stream(configs).forEach(config -> resource.configs().mustAdd(config));
    return resource;
  }

  private static AlterConfigsResourceResponse alter(
      ConfigResource.Type type, String name, AlterableConfig... configs) {
    var data = new IncrementalAlterConfigsRequestData();
    data.resources().add(resource(type, name, configs));
    return send(data).get(0);
  }

  private static List<AlterConfigsResourceResponse> send(IncrementalAlterConfigsRequestData data) {
    return rig.call(
            IncrementalAlterConfigsResponse.class,
            new IncrementalAlterConfigsRequest(data, (short) 1))
        .data()
        .responses();
  }

  private static void assertAltered(AlterConfigsResourceResponse answer) {
    assertThat(Errors.forCode(answer.errorCode())).as(answer.errorMessage()).isEqualTo(Errors.NONE);
  }

  private static void assertRefused(
      AlterConfigsResourceResponse answer, Errors error, String message) {
    assertThat(Errors.forCode(answer.errorCode())).as(answer.errorMessage()).isEqualTo(error);
    assertThat(answer.errorMessage()).isEqualTo(message);
  }

  private static DescribeConfigsResult describe(
      ConfigResource.Type type, String name, @Nullable List<String> keys) {
    var data =
        new DescribeConfigsRequestData()
            .setIncludeSynonyms(true)
            .setIncludeDocumentation(true)
            .setResources(
                List.of(
                    new DescribeConfigsResource()
                        .setResourceType(type.id())
                        .setResourceName(name)
                        .setConfigurationKeys(keys)));
    return rig.call(
            DescribeConfigsResponse.class,
            new DescribeConfigsRequest.Builder(data).build((short) 4))
        .data()
        .results()
        .get(0);
  }

  private static Map<String, DescribeConfigsResourceResult> described(
      ConfigResource.Type type, String name) {
    DescribeConfigsResult result = describe(type, name, null);
    assertThat(Errors.forCode(result.errorCode())).as(result.errorMessage()).isEqualTo(Errors.NONE);
    var byName = new HashMap<String, DescribeConfigsResourceResult>();
    result.configs().forEach(config -> byName.put(config.name(), config));
    return byName;
  }

  private static String text(Map<String, DescribeConfigsResourceResult> settings, String name) {
    DescribeConfigsResourceResult setting = settings.get(name);
    if (setting == null) return "absent";
    return setting.value()
        + " "
        + setting.synonyms().stream()
            .map(synonym -> synonym.source() + ":" + synonym.name() + "=" + synonym.value())
            .toList();
  }
}
