package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the README's first tour, as it stands there, in a folder that holds nothing but the
 * launcher.
 */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
class TourTest {
  private static final Path PROJECT = Path.of("..", "..").toAbsolutePath().normalize();
  private static final Pattern BLOCK = Pattern.compile("```bash\n(.*?)```", Pattern.DOTALL);

  @TempDir private Path folder;

  @Test
  void theReadmesTourWorks() throws IOException {
    // This build has just packaged it; without the mark the launcher would build once more.
    Files.write(PROJECT.resolve("deploy/server/target/oxbow/built"), new byte[0]);
    Files.createSymbolicLink(folder.resolve("oxbow"), PROJECT.resolve("oxbow"));
    List<String> blocks = tour();
    int kafkaPort = Ports.free();
    int httpPort = Ports.free();
    int registryPort = Ports.free();
    Map<String, String> environment =
        Map.of(
            "OXBOW_LISTENERS", "PLAINTEXT://localhost:" + kafkaPort,
            "OXBOW_HTTP_PORT", Integer.toString(httpPort),
            "OXBOW_SCHEMA_REGISTRY_LISTENERS", "http://localhost:" + registryPort,
            "OXBOW_BOOTSTRAP", "localhost:" + kafkaPort,
            "OXBOW_URL", "http://localhost:" + httpPort,
            "OXBOW_REGISTRY", "http://localhost:" + registryPort);

    try (ChildProcess server = bash("server", "exec " + blocks.getFirst(), environment)) {
      Ports.awaitListening(kafkaPort, server);
      Ports.awaitListening(httpPort, server);
      Ports.awaitListening(registryPort, server);
      String commands =
          String.join("", blocks.subList(1, blocks.size()))
              .replace("localhost:8080", "localhost:" + httpPort);
      ChildProcess tour =
          bash("tour", "set -o pipefail -e\n" + commands, withoutServers(environment));

      int exitCode = tour.awaitExit(Await.LONG);

      assertThat(exitCode).as(tour.output()).isZero();
      assertThat(tour.output())
          .contains("created topic orders")
          .containsPattern("alice *\\S? *2")
          .contains("alice\t{\"item\":\"tea\"}")
          .contains("compatible with orders-value, whose level is BACKWARD")
          .contains("+ price: double, optional")
          .contains("\"status\":\"ready\"")
          .contains("oxbow_net_");
    }
  }

  /** The commands of the section, without the server's own start. */
  private static List<String> tour() throws IOException {
    String readme = Files.readString(PROJECT.resolve("README.md"));
    int from = readme.indexOf("## A first tour");
    String section = readme.substring(from, readme.indexOf("\n## ", from + 1));
    List<String> blocks = BLOCK.matcher(section).results().map(match -> match.group(1)).toList();
    assertThat(blocks).hasSizeGreaterThan(3);
    assertThat(blocks.getFirst()).startsWith("./oxbow start");
    return blocks;
  }

  /** {@code config explain} reads the environment too, as it should; the tour is a client's. */
  private static Map<String, String> withoutServers(Map<String, String> environment) {
    return Map.of(
        "OXBOW_BOOTSTRAP", String.valueOf(environment.get("OXBOW_BOOTSTRAP")),
        "OXBOW_URL", String.valueOf(environment.get("OXBOW_URL")),
        "OXBOW_REGISTRY", String.valueOf(environment.get("OXBOW_REGISTRY")));
  }

  private ChildProcess bash(String name, String script, Map<String, String> environment) {
    return ChildProcess.start(name, folder, environment, List.of("bash", "-c", script));
  }
}
