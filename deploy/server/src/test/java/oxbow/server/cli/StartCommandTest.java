package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class StartCommandTest {
  private static final PrintStream NOWHERE =
      new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
  private static final Terminal TERMINAL =
      new Terminal(
          new ByteArrayInputStream(new byte[0]), NOWHERE, NOWHERE, false, false, false, Map.of());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "start",
        "start -q",
        "start --quiet --no-http",
        "start --config a.properties --data /var/lib/x --log-level debug",
        "start --port 9093 --host 0.0.0.0 --http-port 8081",
        "start --port=9093 --host=::1 --set node.id=5 --set=num.partitions=3 --set a=b=c",
      })
  void aPlainLineMeansWhatPicocliTakesItFor(String line) {
    String[] words = line.split(" ");
    StartCommand read = new StartCommand(TERMINAL, (_, _) -> ExitCode.OK);
    new CommandLine(read).parseArgs(Arrays.copyOfRange(words, 1, words.length));

    StartCommand plain = StartCommand.plain(words, TERMINAL, (_, _) -> ExitCode.OK).orElseThrow();

    assertThat(plain.sources()).isEqualTo(read.sources());
    assertThat(plain.isQuiet()).isEqualTo(read.isQuiet());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "topics list",
        "start --help",
        "start -v",
        "start extra",
        "start --port",
        "start --port --quiet",
        "start --port=",
        "start --port 1 --port 2",
        "start -q -q",
        "start --dat x",
        "start --no-http=true"
      })
  void picocliReadsEveryOtherLine(String line) {
    assertThat(StartCommand.plain(line.split(" "), TERMINAL, (_, _) -> ExitCode.OK)).isEmpty();
  }
}
