package oxbow.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher says where something it needs is absent. */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
class LauncherTest {
  private static final Path LAUNCHER = Path.of("..", "..", "oxbow").toAbsolutePath().normalize();
  private static final List<String> TOOLS =
      List.of("bash", "dirname", "find", "flock", "mkdir", "readlink", "sed");

  @TempDir private Path folder;

  /** Runs a copy of the launcher, beside which nothing is built. */
  private ChildProcess version(String path, String javaHome) throws IOException {
    Path copy = Files.copy(LAUNCHER, folder.resolve("oxbow"));
    return ChildProcess.start(
        "launcher",
        folder,
        Map.of("PATH", path, "OXBOW_JAVA_HOME", javaHome),
        List.of("/bin/bash", copy.toString(), "version"));
  }

  @Test
  void aJavaThatIsTooOldIsNotPassedOver() throws IOException {
    Path old = Files.createDirectories(folder.resolve("jdk-17"));
    Files.writeString(old.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
    Path java = Files.createFile(Files.createDirectories(old.resolve("bin")).resolve("java"));
    assertThat(java.toFile().setExecutable(true)).isTrue();
    try (ChildProcess launcher = version(System.getenv("PATH"), old.toString())) {
      assertThat(launcher.awaitExit(Await.LONG)).isEqualTo(1);
      assertThat(launcher.output())
          .isEqualTo("oxbow: OXBOW_JAVA_HOME=" + old + " is no JDK 25 or later.\n");
    }
  }

  @Test
  void withoutMavenItSaysWhatToInstall() throws IOException {
    Path tools = Files.createDirectories(folder.resolve("tools"));
    for (String tool : TOOLS) {
      Path program = Path.of("/usr/bin", tool);
      if (Files.exists(program)) Files.createSymbolicLink(tools.resolve(tool), program);
    }
    try (ChildProcess launcher = version(tools.toString(), System.getProperty("java.home"))) {
      assertThat(launcher.awaitExit(Await.LONG)).isEqualTo(1);
      assertThat(launcher.output()).contains("needs Maven", "apt-get install maven");
    }
  }
}
