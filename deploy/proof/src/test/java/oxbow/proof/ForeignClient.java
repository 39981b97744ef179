package oxbow.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A client that isn't of this repository's build: a program of the machine's. Where it isn't
 * installed its tests are skipped and say how to install it; in CI that is a failure.
 */
final class ForeignClient {
  static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final Path folder;
  private final List<String> command;

  private ForeignClient(Path folder, List<String> command) {
    this.folder = folder;
    this.command = command;
  }

  /** A client that starts with {@code command}; {@code probe} succeeds where it is installed. */
  static ForeignClient installed(Proof proof, List<String> command, String... probe) {
    List<String> wholeProbe = new ArrayList<>(command.subList(0, 1));
    wholeProbe.addAll(List.of(probe));
    if (!succeeds(wholeProbe)) {
      String message =
          "not installed: " + String.join(" ", wholeProbe) + "; run deploy/proof/install-clients";
      if ("true".equals(System.getenv("CI"))) {
        throw new AssertionError(message);
      }
      Assumptions.abort(message);
    }
    return new ForeignClient(proof.folder("client"), command);
  }

  /** The folder of the clients' scripts. */
  static Path scripts() {
    return Path.of(System.getProperty("proof.clients"));
  }

  ToolResult run(String... arguments) {
    return runWithInput("", arguments);
  }

  /** Runs the client to its end; standard output and standard error are kept apart. */
  ToolResult runWithInput(String input, String... arguments) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(arguments));
    Path errors = folder.resolve("client.err");
    Path output = folder.resolve("client.out");
    try {
      Process process =
          new ProcessBuilder(all)
              .directory(folder.toFile())
              .redirectError(errors.toFile())
              .redirectOutput(output.toFile())
              .start();
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      }
      boolean ended = process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.destroyForcibly();
      }
      ToolResult result =
          new ToolResult(
              String.join(" ", all),
              ended ? process.exitValue() : 124,
              Files.readString(output),
              Files.readString(errors));
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private static boolean succeeds(List<String> probe) {
    try {
      Process process =
          new ProcessBuilder(probe)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** What the Java client wrote with a codec, so that the foreign client has to read it. */
  static void writeFromJava(Proof proof, String topic, String codec, List<String> values) {
    try (var producer =
        Records.producer(proof.bootstrap(), Map.of("compression.type", codec, "linger.ms", 50))) {
      Records.send(producer, topic, 0, values);
    }
  }
}
