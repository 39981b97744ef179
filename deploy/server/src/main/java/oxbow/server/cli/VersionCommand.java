package oxbow.server.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import oxbow.server.Version;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code oxbow version}. */
@Command(name = "version", description = "Print the version.")
final class VersionCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(names = "--json", description = "Print JSON.")
  private boolean isJson;

  VersionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Version version = Version.current();
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    facts.put("oxbow", version.oxbow());
    facts.put("kafka", version.kafka());
    facts.put("java", Runtime.version().toString());
    new Output(terminal, isJson).facts(facts, Map.of());
    return ExitCode.OK;
  }
}
