package oxbow.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program of somebody else's (or the server) in a process of its own, its output in a file. */
final class ChildProcess implements AutoCloseable {
  private static final Duration STOP = Duration.ofSeconds(20);

  private final String name;
  private final Process process;
  private final Path output;

  private ChildProcess(String name, Process process, Path output) {
    this.name = name;
    this.process = process;
    this.output = output;
  }

  /** Starts a program in {@code folder}; both its streams go to {@code folder/name.out}. */
  static ChildProcess start(
      String name, Path folder, Map<String, String> environment, List<String> command) {
    try {
      Files.createDirectories(folder);
      Path output = folder.resolve(name + ".out");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectInput(Redirect.PIPE)
              .redirectOutput(Redirect.appendTo(output.toFile()));
      builder.environment().putAll(environment);
      return new ChildProcess(name, builder.start(), output);
    } catch (IOException e) {
      throw new UncheckedIOException("starting " + name, e);
    }
  }

  /** Starts a main class with the JVM that runs the tests. */
  static ChildProcess java(
      String name, Path folder, String classPath, List<String> jvmFlags, List<String> arguments) {
    return start(name, folder, Map.of(), javaCommand(classPath, jvmFlags, arguments));
  }

  static List<String> javaCommand(String classPath, List<String> jvmFlags, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags);
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-cp");
    command.add(classPath);
    command.addAll(arguments);
    return command;
  }

  /** Gives the program its input and closes the stream. */
  void input(String text) {
    try (var stdin = process.getOutputStream()) {
      stdin.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("writing to " + name, e);
    }
  }

  /** Gives the program some input; more may follow. */
  void type(String text) {
    try {
      process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to " + name, e);
    }
  }

  /** What the program has written so far, on both streams. */
  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException("reading what " + name + " wrote", e);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Fails early, with the output, instead of waiting for a program that has ended. */
  void assertAlive() {
    if (!process.isAlive()) {
      throw new AssertionError(
          name + " ended with status " + process.exitValue() + ":\n" + output());
    }
  }

  /** Waits for the end and returns the exit status. */
  int awaitExit(Duration bound) {
    try {
      if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(
            name + " still ran after " + bound.toSeconds() + " s:\n" + output());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for " + name, e);
    }
  }

  /** Asks the program to stop (SIGTERM). */
  void terminate() {
    process.destroy();
  }

  /** Ctrl-C, as a terminal sends it (SIGINT). */
  void interrupt() {
    try {
      int status = new ProcessBuilder("kill", "-INT", Long.toString(pid())).start().waitFor();
      if (status != 0) throw new AssertionError("no signal reached " + name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while stopping " + name, e);
    }
  }

  /** kill -9: the program gets no chance to tidy up. */
  void kill() {
    process.destroyForcibly();
    int _ = awaitExit(STOP);
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      process.destroy();
      try {
        if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
          kill();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        process.destroyForcibly();
      }
    }
  }
}
