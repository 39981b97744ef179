package oxbow.broker.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetadataDirectoryTest {
  @TempDir Path temporary;
  private Path directory;
  private Path identity;

  @BeforeEach
  void name() {
    directory = temporary.resolve("metadata");
    identity = directory.resolve("meta.properties");
  }

  @Test
  void anIdentityIsMadeOnceAndKept() {
    String clusterId;
    try (var first = MetadataDirectory.open(ControlConfig.of(1, directory))) {
      clusterId = first.clusterId();
      assertThat(clusterId).hasSize(22);
    }
    try (var second = MetadataDirectory.open(ControlConfig.of(1, directory))) {
      assertThat(second.clusterId()).isEqualTo(clusterId);
      assertThat(second.bootstrap().featureLevel("group.version")).isEqualTo((short) 1);
      assertThat(second.bootstrap().featureLevel("transaction.version")).isEqualTo((short) 2);
      assertThat(second.bootstrap().metadataVersion().isProduction()).isTrue();
    }
  }

  @Test
  void aGivenClusterIdIsTaken() {
    var config = ControlConfig.of(1, directory).withClusterId("AAAAAAAAAAAAAAAAAAAAZA");

    try (var opened = MetadataDirectory.open(config)) {
      assertThat(opened.clusterId()).isEqualTo("AAAAAAAAAAAAAAAAAAAAZA");
    }
  }

  @Test
  void anotherClustersDirectoryIsRefused() throws IOException {
    MetadataDirectory.open(ControlConfig.of(1, directory)).close();
    String found = property("cluster.id");

    assertRefused(ControlConfig.of(1, directory).withClusterId("AAAAAAAAAAAAAAAAAAAAZA"))
        .hasMessage(
            identity + " has cluster.id " + found + ", configured is AAAAAAAAAAAAAAAAAAAAZA");
  }

  @Test
  void anotherNodesDirectoryIsRefused() {
    MetadataDirectory.open(ControlConfig.of(1, directory)).close();

    assertRefused(ControlConfig.of(2, directory))
        .hasMessage(identity + " has node.id 1, configured is 2");
  }

  @Test
  void aDamagedIdentityIsRefused() throws IOException {
    MetadataDirectory.open(ControlConfig.of(1, directory)).close();
    List<String> lines = Files.readAllLines(identity);

    for (String key : List.of("cluster.id", "node.id", "directory.id", "version")) {
      Files.write(identity, lines.stream().filter(line -> !line.startsWith(key + "=")).toList());
      assertRefused(ControlConfig.of(1, directory))
          .hasMessageContaining(identity.toString())
          // Without a version it counts as the oldest form, which named a node otherwise.
          .hasMessageContaining(key.equals("version") ? "node.id" : key);
    }
    Files.write(identity, new byte[] {0, 1, 2, 3});
    assertRefused(ControlConfig.of(1, directory)).hasMessageContaining(identity.toString());
    Files.write(
        identity, lines.stream().map(line -> line.replace("node.id=1", "node.id=x")).toList());
    assertRefused(ControlConfig.of(1, directory))
        .hasMessageContaining(identity + " can't be understood")
        .hasMessageContaining("node.id");
  }

  @Test
  void aLogWithoutItsIdentityIsNotFormattedOver() throws IOException {
    ControlRig.serving(directory).close();
    Files.delete(identity);

    assertRefused(ControlConfig.of(1, directory))
        .hasMessageStartingWith(identity + " is missing")
        .hasMessageContaining("__cluster_metadata-0");
  }

  @Test
  void aDirectoryInUseIsRefused() {
    try (var rig = ControlRig.serving(directory)) {
      assertRefused(ControlConfig.of(1, directory))
          .hasMessage(directory + " is in use by another process");
      assertThat(rig.plane.view().topics()).isEmpty();
    }
  }

  @Test
  void formattingThatWasCutShortIsDoneAgain() throws IOException {
    MetadataDirectory.open(ControlConfig.of(1, directory)).close();
    Files.delete(identity); // written last

    try (var rig = ControlRig.serving(directory)) {
      assertThat(rig.plane.view().broker(1)).isPresent();
    }
  }

  @Test
  void aDamagedVoteIsRefusedAndLeavesTheDirectoryFree() throws IOException {
    ControlRig.serving(directory).close();
    Path vote = directory.resolve("__cluster_metadata-0").resolve("quorum-state");
    byte[] whole = Files.readAllBytes(vote);
    Files.writeString(vote, "{\"leaderId\":1");

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> ControlRig.serving(directory))
          .isInstanceOf(ControlException.class)
          .hasMessageContaining(vote + " can't be understood");
    }
    Files.write(vote, whole);
    ControlRig.serving(directory).close();
  }

  private String property(String name) throws IOException {
    return Files.readAllLines(identity).stream()
        .filter(line -> line.startsWith(name + "="))
        .map(line -> line.substring(name.length() + 1))
        .findFirst()
        .orElseThrow();
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
      ControlConfig config) {
    return assertThatThrownBy(() -> MetadataDirectory.open(config).close())
        .isInstanceOfSatisfying(
            ControlException.class,
            refused -> assertThat(refused.kind()).isEqualTo(ControlException.Kind.DIRECTORY));
  }
}
