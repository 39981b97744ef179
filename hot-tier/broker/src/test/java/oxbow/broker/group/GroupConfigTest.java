package oxbow.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

final class GroupConfigTest {
  @Test
  void defaultsAreKafkasButForOneNodeAndFewThreads() {
    // When
    var coordinator = GroupConfig.DEFAULT.coordinator();
    // Then
    assertThat(coordinator.offsetsTopicPartitions()).isEqualTo(50);
    assertThat(coordinator.classicGroupInitialRebalanceDelayMs()).isEqualTo(3_000);
    assertThat(coordinator.offsetsRetentionMs()).isEqualTo(7L * 24 * 3_600_000);
    assertThat(coordinator.offsetsTopicReplicationFactor()).isEqualTo((short) 1);
    assertThat(coordinator.numThreads()).isEqualTo(1);
    assertThat(GroupConfig.definition().defaultValues())
        .containsEntry("group.coordinator.threads", 1)
        .containsEntry("group.consumer.session.timeout.ms", 45_000)
        .doesNotContainKey("group.share.session.timeout.ms");
  }

  @Test
  void settingsReplaceDefaults() {
    // When
    var config = new GroupConfig(Map.of("offsets.retention.minutes", "5"));
    // Then
    assertThat(config.coordinator().offsetsRetentionMs()).isEqualTo(300_000);
  }

  @Test
  void aWrongSettingIsNamedWithItsRuleAndValue() {
    assertThatThrownBy(() -> new GroupConfig(Map.of("group.coordinator.threads", "0")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("group.coordinator.threads")
        .hasMessageContaining("0");
    assertThatThrownBy(() -> new GroupConfig(Map.of("group.tempo", "presto")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("group.tempo")
        .hasMessageContaining("presto");
  }

  @Test
  void contradictorySettingsAreRefused() {
    assertThatThrownBy(() ->
            new GroupConfig(
                Map.of(
                    "group.consumer.min.session.timeout.ms", "50000",
                    "group.consumer.max.session.timeout.ms", "40000")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("group.consumer.max.session.timeout.ms");
  }

  @Test
  void protocolsAreSwitchedOffByNameButForTheClassicOne() {
    // When
    var config = new GroupConfig(Map.of("group.coordinator.rebalance.protocols", "classic"));
    // Then
    assertThat(config.servesConsumerGroups()).isFalse();
    assertThat(config.servesStreamsGroups()).isFalse();
    assertThat(GroupConfig.DEFAULT.servesConsumerGroups()).isTrue();
    assertThat(GroupConfig.DEFAULT.servesStreamsGroups()).isTrue();
    assertThatThrownBy(
            () -> new GroupConfig(Map.of("group.coordinator.rebalance.protocols", "consumer")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("classic");
  }
}
