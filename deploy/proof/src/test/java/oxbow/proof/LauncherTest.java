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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "start|lots|OXBOW_HEAP=lots is no size; write 512m or 2g, for example.",
        "start|0|OXBOW_HEAP=0 is no size; write 512m or 2g, for example.",
        "start|48m|OXBOW_HEAP=48m is too small; 64m is the least, 256m the usual heap.",
        "start|40000k|OXBOW_HEAP=40000k is too small; 64m is the least, 256m the usual heap.",
        "version|16777216|OXBOW_HEAP=16777216 is too small; 32m is the least, 128m the usual heap.",
      })
  void aHeapThatWouldNotDoIsRefusedBeforeAnythingElse(String command, String heap, String message)
      throws IOException {
    Path copy = Files.copy(LAUNCHER, folder.resolve("oxbow"));
    try (ChildProcess launcher =
        ChildProcess.start(
            "launcher",
            folder,
            Map.of("OXBOW_JAVA_HOME", System.getProperty("java.home"), "OXBOW_HEAP", heap),
            List.of("/bin/bash", copy.toString(), command))) {
      assertThat(launcher.awaitExit(Await.LONG)).isEqualTo(1);
      assertThat(launcher.output()).isEqualTo("oxbow: " + message + "\n");
    }
  }

  @Test
  void optionsOfTheEnvironmentWinOverTheLaunchersOwn() throws IOException {
    Path copy = Files.copy(LAUNCHER, folder.resolve("oxbow"));
    Files.createDirectory(folder.resolve("lib")); // an unpacked distribution
    Files.createFile(folder.resolve("built"));
    Path jdk = Files.createDirectories(folder.resolve("jdk"));
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");
    Path java = Files.createDirectories(jdk.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/bash\necho \"$@\"\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    try (ChildProcess launcher =
        ChildProcess.start(
            "launcher",
            folder,
            Map.of("OXBOW_JAVA_HOME", jdk.toString(), "OXBOW_JAVA_OPTS", "-Xmx1g -XX:NewSize=64m"),
            List.of("/bin/bash", copy.toString(), "start", "--port", "9"))) {
      assertThat(launcher.awaitExit(Await.LONG)).isZero();
      assertThat(launcher.output())
          .contains(" -Xmx256m ", " -XX:NewSize=8m ")
          .endsWith(
              " -Xmx1g -XX:NewSize=64m -cp "
                  + folder.toRealPath()
                  + "/lib/*.jar: oxbow.server.Main start --port 9\n");
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
