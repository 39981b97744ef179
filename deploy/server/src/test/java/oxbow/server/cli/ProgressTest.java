package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private final AtomicLong nanos = new AtomicLong();

  private Progress inColumns(int columns) {
    var err = new PrintStream(shown, true, StandardCharsets.UTF_8);
    var terminal =
        new Terminal(
            InputStream.nullInputStream(),
            err,
            err,
            false,
            false,
            true,
            Map.of("COLUMNS", Integer.toString(columns)));
    return new Progress(terminal, "producing", 100, nanos::get);
  }

  @Test
  void aLineStaysInOneRowOfTheTerminal() {
    Progress progress = inColumns(50);
    nanos.set(1_000_000_000);
    progress.update(50, 1_000_000_000, 1L << 40);
    assertThat(shown.toString(StandardCharsets.UTF_8))
        .startsWith("\r\u001b[Kproducing [############............] 50% 1,0")
        .hasSize("\r\u001b[K".length() + 49);
  }

  @Test
  void whatIsDoneAtOnceShowsNothing() {
    try (Progress progress = inColumns(50)) {
      nanos.set(400_000_000);
      progress.update(100, 10, 10);
    }
    assertThat(shown.size()).isZero();
  }
}
