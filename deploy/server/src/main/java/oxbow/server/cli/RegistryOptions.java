package oxbow.server.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that talks to a schema registry. */
final class RegistryOptions {
  @Option(
      names = {"-r", "--registry"},
      paramLabel = "URL",
      defaultValue = "${env:OXBOW_REGISTRY:-http://localhost:8081}",
      description = "The schema registry (or OXBOW_REGISTRY); http://localhost:8081 without.")
  private String registry = "http://localhost:8081";

  @Option(
      names = "--registry-user",
      paramLabel = "USER:PASSWORD",
      defaultValue = "${env:OXBOW_REGISTRY_USER}",
      description =
          "Who asks (or OXBOW_REGISTRY_USER, which no list of processes shows); in the URL without.")
  private @Nullable String user;

  @Mixin private AnswerOptions answers = new AnswerOptions();

  Output output(Terminal terminal) {
    return answers.output(terminal);
  }

  RegistryClient client() {
    try {
      return new RegistryClient(HttpAddress.of(registry, user), answers.timeout());
    } catch (IllegalArgumentException e) {
      throw CommandException.usage(
          "'" + registry.replaceFirst("//[^/]*@", "//") + "' is no URL of a registry",
          "write --registry http://localhost:8081");
    }
  }
}
