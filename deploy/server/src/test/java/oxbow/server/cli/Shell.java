package oxbow.server.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Runs command lines as a shell would, with streams that are remembered. */
final class Shell {
  private final Map<String, String> environment = new HashMap<>();
  private boolean isInteractive;
  private String input = "";

  /** What a command left behind. */
  record Result(int exitCode, String out, String err) {}

  Shell variable(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** As if a person sat there. */
  Shell interactive() {
    isInteractive = true;
    return this;
  }

  Shell input(String text) {
    input = text;
    return this;
  }

  Result run(String... args) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var terminal =
        new Terminal(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            isInteractive,
            isInteractive,
            isInteractive,
            environment);
    int exitCode = Cli.run(args, terminal, (config, isQuiet) -> config.nodeId());
    return new Result(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
