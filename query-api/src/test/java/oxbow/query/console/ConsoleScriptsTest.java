package oxbow.query.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the tests of the console's modules, {@code src/test/js}, by Node's own test runner. */
final class ConsoleScriptsTest {
  private static final Path TESTS = Path.of("src", "test", "js");
  private static final Path MODULES =
      Path.of("src", "main", "resources", "oxbow", "query", "console", "js");
  private static final long PATIENCE_SECONDS = 120;

  @Test
  void theModulesDoWhatTheirTestsSay(@TempDir Path folder) throws Exception {
    // Like the registry's clients in other languages: skipped where Node is missing, but not in CI.
    assumeTrue(isInstalled() || System.getenv("CI") != null, "there is no node on the path");
    copy(MODULES, folder.resolve("js"));
    copy(TESTS, folder.resolve("tests"));
    // Without it Node takes the files for modules of its older kind.
    Files.writeString(folder.resolve("package.json"), "{\"type\":\"module\"}");
    List<String> command = new ArrayList<>(List.of("node", "--test", "--test-reporter=tap"));
    try (Stream<Path> tests = Files.list(folder.resolve("tests"))) {
      tests.sorted().forEach(test -> command.add(test.toString()));
    }
    Path output = folder.resolve("output");
    Process node =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(node.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("node has ended").isTrue();
    } finally {
      node.destroyForcibly();
    }
    String said = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(node.exitValue()).as(said).isZero();
    assertThat(said).containsPattern("(?m)^# pass [1-9]\\d+$").containsPattern("(?m)^# fail 0$");
  }

  private static boolean isInstalled() throws InterruptedException {
    try {
      var node =
          new ProcessBuilder("node", "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return node.waitFor() == 0;
    } catch (IOException _) {
      return false;
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) Files.createDirectories(copy);
        else Files.copy(file, copy);
      }
    }
  }
}
