package oxbow.cold;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class BackgroundThreadsTest {
  private static final int NICENESS_FIELD = 16;

  @Test
  @EnabledOnOs(OS.LINUX)
  void aBackgroundThreadIsNicerThanTheOneThatMadeIt() throws Exception {
    var nicer = new CompletableFuture<Integer>();
    BackgroundThreads.named("test").newThread(() -> nicer.complete(niceness())).start();

    assertThat(nicer.get()).isGreaterThan(niceness());
  }

  private static int niceness() {
    try {
      String stat = Files.readString(Path.of("/proc/thread-self/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return Integer.parseInt(fields[NICENESS_FIELD]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
