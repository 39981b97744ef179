package oxbow.server.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code oxbow completion}. */
@Command(
    name = "completion",
    description = {
      "Print a completion script for a shell.",
      "Used as in:",
      "  source <(oxbow completion bash)"
    })
final class CompletionCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final java.util.function.Supplier<CommandLine> all;

  @Parameters(paramLabel = "bash|zsh", description = "The shell.")
  private String shell = "";

  CompletionCommand(Terminal terminal, java.util.function.Supplier<CommandLine> all) {
    this.terminal = terminal;
    this.all = all;
  }

  @Override
  public Integer call() {
    String script = AutoComplete.bash("oxbow", all.get());
    switch (shell) {
      case "bash" -> terminal.out().print(script);
      case "zsh" -> {
        terminal.out().println("autoload -U +X compinit && compinit");
        terminal.out().println("autoload -U +X bashcompinit && bashcompinit");
        terminal.out().print(script);
      }
      default ->
          throw CommandException.usage("there is no completion for '" + shell + "'", "bash, zsh");
    }
    return ExitCode.OK;
  }
}
