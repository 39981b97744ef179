package oxbow.server;

import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;
import oxbow.server.cli.Cli;
import oxbow.server.cli.ExitCode;
import oxbow.server.cli.Terminal;

/** The process: reads the command line and runs its command, of which {@code start} is one. */
public final class Main {
  private static final int TIDY_UP_SECONDS = 5;

  private Main() {}

  /** Ends the process with the command's exit code. */
  public static void main(String[] arguments) {
    if (arguments.length > 0 && arguments[0].equals("start")) WarmUp.begin();
    Terminal terminal = Terminal.ofProcess();
    System.exit(
        Cli.run(arguments, terminal, (config, isQuiet) -> serve(config, isQuiet, System.out)));
  }

  /** Serves until the process is told to stop, or can't go on; throws why it can't start. */
  private static int serve(ServerConfig config, boolean isQuiet, PrintStream out) {
    // Completes with why the server can't go on, exceptionally with why it can't start.
    var broken = new CompletableFuture<RuntimeException>();
    RunningServer server = Wiring.start(config, broken::complete);
    var stop =
        new Thread(
            () -> {
              server.close();
              if (!isQuiet) out.println("Stopped.");
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(stop);
    server
        .ready()
        .whenComplete((_, failure) -> {
          if (failure != null) broken.complete(reason(failure));
        });
    // Nothing is called ready while a port may still be refused.
    server
        .http()
        .thenAcceptBoth(
            server.ready(),
            (http, _) -> {
              if (!isQuiet) greet(config, server, http, out);
            })
        .whenComplete((_, failure) -> {
          if (failure != null) broken.completeExceptionally(failure);
        });

    server.http().runAfterBoth(server.ready(), Main::tidyUpLater);

    RuntimeException reason;
    try {
      reason = broken.join(); // a stop from outside ends the process meanwhile
    } catch (CompletionException refused) {
      throw reason(refused);
    }
    LoggerFactory.getLogger(Main.class)
        .atError()
        .setCause(reason)
        .log("the server can't go on and stops");
    return ExitCode.FAILED;
  }

  /**
   * Gives back the memory that only the start needed. Raft's buffers of 8 MiB have aged at once for
   * their size, and a broker makes so little garbage that nothing else would collect them for
   * hours. The pause is some hundredths of a second, and not while the first clients wait.
   */
  private static void tidyUpLater() {
    CompletableFuture.delayedExecutor(TIDY_UP_SECONDS, TimeUnit.SECONDS).execute(System::gc);
  }

  /** The failure itself, without what it was carried in from stage to stage. */
  private static RuntimeException reason(Throwable failure) {
    Throwable reason = failure;
    while (reason instanceof CompletionException && reason.getCause() != null) {
      reason = reason.getCause();
    }
    return reason instanceof RuntimeException known ? known : new CompletionException(reason);
  }

  private static void greet(
      ServerConfig config,
      RunningServer server,
      Optional<InetSocketAddress> http,
      PrintStream out) {
    long startedMs = ManagementFactory.getRuntimeMXBean().getStartTime();
    out.printf(
        "Oxbow %s is ready after %.1f s. It speaks Apache Kafka %s. Ctrl-C stops it.%n",
        server.version().oxbow(),
        (System.currentTimeMillis() - startedMs) / 1000.0,
        server.version().kafka());
    server
        .kafka()
        .forEach((listener, address) -> out.printf("  Kafka  %s (%s)%n", text(address), listener));
    http.ifPresent(bound -> out.printf("  HTTP   http://%s%n", text(bound)));
    server.registryAddress().ifPresent(bound -> out.printf("  schema http://%s%n", text(bound)));
    server
        .flightAddress()
        .ifPresent(bound ->
            out.printf("  SQL    jdbc:arrow-flight-sql://%s/?useEncryption=false%n", text(bound)));
    out.printf("  data   %s%n", config.dataDirectory().toAbsolutePath().normalize());
    out.flush();
  }

  /** As a person would type it, on this machine. */
  private static String text(InetSocketAddress address) {
    String host =
        address.getAddress().isAnyLocalAddress() || address.getAddress().isLoopbackAddress()
            ? "localhost"
            : address.getHostString();
    return host + ":" + address.getPort();
  }
}
