package oxbow.server.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Asks before something is lost. */
final class Confirmation {
  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask. Needed where nobody can be asked.")
  private boolean isYes;

  /** Returns if it may be done. */
  void require(Terminal terminal, String what) {
    if (isYes) return;
    if (!terminal.canAsk()) {
      throw CommandException.usage("would " + what, "repeat it with --yes to do so");
    }
    terminal.err().print("oxbow: " + what + "? [y/N] ");
    terminal.err().flush();
    @Nullable String answer;
    try {
      answer =
          new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8))
              .readLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (answer == null || !answer.strip().toLowerCase(java.util.Locale.ROOT).matches("y|yes")) {
      throw new CommandException(ExitCode.FAILED, "nothing was done", "");
    }
  }
}
