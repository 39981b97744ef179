package oxbow.broker.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What topics may say of a cold tier, with one and without. */
class TieredSettingsTest {
  private static final Map<String, String> ENABLED =
      Map.of("node.id", "1", "remote.log.storage.system.enable", "true");

  @TempDir private Path directory;
  private @Nullable ControlRig started;

  private ControlRig start(Map<String, String> settings, TopicSettings topics) throws Exception {
    var config = ControlConfig.of(1, directory.resolve("metadata")).withSettings(settings);
    ControlRig rig = ControlRig.serving(config, topics);
    started = rig;
    rig.plane.autoTopics().create(List.of("plain", "table", "lists")).toCompletableFuture().get();
    return rig;
  }

  @AfterEach
  void stop() {
    if (started != null) started.close();
  }

  @Test
  void withoutAColdTierNoTopicHasOne() throws Exception {
    ControlRig rig = start(Map.of("node.id", "1"), new TopicSettings());

    assertRefused(
        alter(rig, "plain", Map.of("remote.storage.enable", "true")),
        "Tiered Storage functionality");
    assertThat(rig.plane.view().effectiveTopicSettings("plain"))
        .containsEntry("remote.storage.enable", "false");
  }

  @Test
  void kafkasRulesHoldForItsSettings() throws Exception {
    ControlRig rig = start(ENABLED, new TopicSettings());

    assertAccepted(
        alter(
            rig,
            "plain",
            Map.of(
                "remote.storage.enable", "true",
                "retention.ms", "60000",
                "local.retention.ms", "1000",
                "local.retention.bytes", "1000")));
    assertRefused(alter(rig, "plain", Map.of("local.retention.ms", "70000")), "local.retention.ms");
    assertRefused(
        alter(rig, "plain", Map.of("remote.log.copy.disable", "true")), "remote.log.copy.disable");
    assertAccepted(
        alter(
            rig,
            "plain",
            Map.of(
                "remote.log.copy.disable", "true",
                "local.retention.ms", "-2",
                "local.retention.bytes", "-2")));
    assertRefused(
        alter(rig, "plain", Map.of("remote.storage.enable", "false")),
        "without deleting remote data");
    assertAccepted(
        alter(
            rig,
            "plain",
            Map.of("remote.storage.enable", "false", "remote.log.delete.on.disable", "true")));
  }

  @Test
  void compactedTopicsMayHaveAColdTierHere() throws Exception {
    ControlRig rig = start(ENABLED, new TopicSettings());

    assertAccepted(
        alter(rig, "table", Map.of("cleanup.policy", "compact", "remote.storage.enable", "true")));
    assertAccepted(alter(rig, "table", Map.of("local.retention.ms", "999999999999")));
    assertAccepted(
        alter(
            rig,
            "table",
            Map.of("cleanup.policy", "compact,delete", "local.retention.ms", "1000")));
    assertRefused(
        alter(rig, "table", Map.of("local.retention.ms", "999999999999")), "local.retention.ms");
    assertRefused(alter(rig, "table", Map.of("cleanup.policy", "shrink")), "cleanup.policy");
  }

  @Test
  void topicsMayHaveOneUnlessTheySayNo() throws Exception {
    var added =
        new ConfigDef()
            .define(
                "oxbow.cold.test",
                ConfigDef.Type.STRING,
                "parquet",
                ConfigDef.Importance.MEDIUM,
                "How cold records are kept.");
    ControlRig rig = start(ENABLED, TopicSettings.tieredByDefault(added));
    rig.plane.autoTopics().create(List.of("__consumer_offsets")).toCompletableFuture().get();

    assertThat(rig.plane.view().effectiveTopicSettings("plain"))
        .containsEntry("remote.storage.enable", "true")
        .containsEntry("oxbow.cold.test", "parquet");
    assertThat(rig.plane.view().effectiveTopicSettings("__consumer_offsets"))
        .containsEntry("remote.storage.enable", "false");
    assertAccepted(alter(rig, "plain", Map.of("cleanup.policy", "compact")));
    assertAccepted(alter(rig, "lists", Map.of("remote.storage.enable", "false")));
    assertThat(rig.plane.view().effectiveTopicSettings("lists"))
        .containsEntry("remote.storage.enable", "false");
  }

  @Test
  void theBrokersDefaultsFollowTheSameRules() throws Exception {
    ControlRig rig = start(ENABLED, new TopicSettings());

    assertAccepted(alterBroker(rig, Map.of("log.local.retention.ms", "60000")));
    assertThat(rig.plane.view().effectiveTopicSettings("plain"))
        .containsEntry("local.retention.ms", "60000");
    assertRefused(
        alterBroker(rig, Map.of("log.local.retention.ms", "99999999999")), "local.retention.ms");
  }

  private static AlterConfigsResourceResponse alter(
      ControlRig rig, String topic, Map<String, String> settings) {
    return alter(rig, ConfigResource.Type.TOPIC, topic, settings);
  }

  private static AlterConfigsResourceResponse alterBroker(
      ControlRig rig, Map<String, String> settings) {
    return alter(rig, ConfigResource.Type.BROKER, "", settings);
  }

  private static AlterConfigsResourceResponse alter(
      ControlRig rig, ConfigResource.Type type, String name, Map<String, String> settings) {
    var resource = new AlterConfigsResource().setResourceType(type.id()).setResourceName(name);
    settings.forEach((key, value) ->
        resource
            .configs()
            .add(
                new AlterableConfig()
                    .setName(key)
                    .setValue(value)
                    .setConfigOperation(OpType.SET.id())));
    var data = new IncrementalAlterConfigsRequestData();
    data.resources().add(resource);
    return rig.call(
            IncrementalAlterConfigsResponse.class,
            new IncrementalAlterConfigsRequest(data, (short) 1))
        .data()
        .responses()
        .getFirst();
  }

  private static void assertAccepted(AlterConfigsResourceResponse answer) {
    assertThat(Errors.forCode(answer.errorCode())).as(answer.errorMessage()).isEqualTo(Errors.NONE);
  }

  private static void assertRefused(AlterConfigsResourceResponse answer, String message) {
    assertThat(Errors.forCode(answer.errorCode()))
        .as(answer.errorMessage())
        .isIn(Errors.INVALID_CONFIG, Errors.INVALID_REQUEST);
    assertThat(answer.errorMessage()).contains(message);
  }
}
