package oxbow.cold;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class BackgroundThreadsTest {
  private static final int NICENESS_FIELD = 16;
  private static final int POLICY_FIELD = 38;
  private static final int BATCH = 3;

  @Test
  @EnabledOnOs(OS.LINUX)
  void aBackgroundThreadIsNicerThanOneThatReadsAndThatOneThanTheOneThatMadeIt() throws Exception {
    int background = on(BackgroundThreads.named("test"), NICENESS_FIELD);
    int reading = on(BackgroundThreads.ofReads("test"), NICENESS_FIELD);

    assertThat(background).isGreaterThan(reading);
    assertThat(reading).isGreaterThanOrEqualTo(mine(NICENESS_FIELD)); // a build may be nice itself
    assertThat(background).isGreaterThan(mine(NICENESS_FIELD));
  }

  @Test
  @EnabledOnOs(
      value = OS.LINUX,
      architectures = {"amd64", "aarch64"})
  void theyDoNotTakeTheProcessorFromOthersWhenTheyWakeUp() throws Exception {
    assertThat(on(BackgroundThreads.named("test"), POLICY_FIELD)).isEqualTo(BATCH);
    assertThat(on(BackgroundThreads.ofReads("test"), POLICY_FIELD)).isEqualTo(BATCH);
  }

  private static int on(ThreadFactory threads, int field) throws Exception {
    var found = new CompletableFuture<Integer>();
    threads.newThread(() -> found.complete(mine(field))).start();
    return found.get();
  }

  private static int mine(int field) {
    try {
      String stat = Files.readString(Path.of("/proc/thread-self/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return Integer.parseInt(fields[field]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
