package oxbow.server.cli;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import oxbow.server.Version;
import oxbow.server.logging.Logging;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Reads the command line and runs the command it names. Only that command is built: reading the
 * options of all of them would cost every call a tenth of a second.
 */
public final class Cli {
  private static final int HELP_WIDTH_MAX = 100;

  private final Terminal terminal;
  private final ServerStart server;
  private final Map<String, Supplier<Object>> commands = new LinkedHashMap<>();

  private Cli(Terminal terminal, ServerStart server) {
    this.terminal = terminal;
    this.server = server;
    commands.put("start", () -> new StartCommand(terminal, server));
    commands.put("topics", () -> new TopicsCommand(terminal));
    commands.put("groups", () -> new GroupsCommand(terminal));
    commands.put("produce", () -> new ProduceCommand(terminal));
    commands.put("consume", () -> new ConsumeCommand(terminal));
    commands.put("sql", () -> new SqlCommand(terminal));
    commands.put("schemas", () -> new SchemasCommand(terminal));
    commands.put("cold", () -> new ColdCommand(terminal));
    commands.put("replay", () -> new ReplayCommand(terminal));
    commands.put("config", () -> new ConfigCommand(terminal));
    commands.put("cluster", () -> new ClusterCommands.Cluster(terminal));
    commands.put("quorum", () -> new ClusterCommands.Quorum(terminal));
    commands.put("logdirs", () -> new ClusterCommands.LogDirs(terminal));
    commands.put("quotas", () -> new ClusterCommands.Quotas(terminal));
    commands.put("features", () -> new ClusterCommands.Features(terminal));
    commands.put("version", () -> new VersionCommand(terminal));
    commands.put("completion", () -> new CompletionCommand(terminal, () -> build("")));
  }

  /** Runs a command line and returns its exit code; nothing is thrown. */
  public static int run(String[] args, Terminal terminal, ServerStart server) {
    boolean isVerbose = Arrays.asList(args).contains("--verbose") || shortVerbose(args);
    boolean isServer = args.length > 0 && args[0].equals("start");
    if (!isServer && isVerbose) Logging.toStandardError("info");
    else if (!isServer) Logging.quiet();
    try {
      return new Cli(terminal, server).execute(args, isVerbose);
    } finally {
      terminal.out().flush();
    }
  }

  private static boolean shortVerbose(String[] args) {
    return Arrays.asList(args).contains("-v");
  }

  @Command(
      name = "oxbow",
      description = "A streaming data lake in one process, which Kafka clients take for Kafka.",
      synopsisSubcommandLabel = "COMMAND",
      footerHeading = "%nExit codes:%n",
      footer = {
        "  0    done",
        "  1    refused, or failed on the way",
        "  2    the command line or the configuration is wrong",
        "  3    no server answers",
        "  4    what was named is not there",
        "  130  stopped by Ctrl-C",
        "",
        "Every command explains itself: oxbow COMMAND --help"
      })
  private static final class Root {}

  private static final String NUMBER = "is not a whole number";

  private int execute(String[] args, boolean isVerbose) {
    Optional<StartCommand> start = StartCommand.plain(args, terminal, server);
    if (start.isPresent()) {
      try {
        return start.get().call();
      } catch (RuntimeException e) {
        return failed(e, isVerbose);
      }
    }
    String first = args.length > 0 ? args[0] : "";
    if (first.equals("--version")) first = "version";
    CommandLine line = build(first);
    line.setExecutionExceptionHandler((e, command, _) -> failed(e, isVerbose));
    line.setParameterExceptionHandler((e, _) -> refused(e));
    if (args.length == 0) {
      line.usage(terminal.out());
      return ExitCode.USAGE;
    }
    if (args[0].equals("--version")) return line.execute("version");
    return line.execute(args);
  }

  /** The root with one command, or with all of them if none has this name. */
  private CommandLine build(String name) {
    var root = new CommandLine(new Root());
    commands.forEach((command, supplier) -> {
      if (command.equals(name) || !commands.containsKey(name)) {
        root.addSubcommand(command, supplier.get());
      }
    });
    if (!commands.containsKey(name)) root.addSubcommand("help", new CommandLine.HelpCommand());
    addHelp(root);
    root.setOut(writer(terminal.out()));
    root.setErr(writer(terminal.err()));
    root.setColorScheme(
        CommandLine.Help.defaultColorScheme(terminal.hasColors() ? Ansi.ON : Ansi.OFF));
    if (terminal.isOutInteractive()) {
      root.setUsageHelpWidth(Math.clamp(terminal.width(), 56, HELP_WIDTH_MAX));
    } else {
      root.setUsageHelpWidth(HELP_WIDTH_MAX);
    }
    root.setUnmatchedOptionsArePositionalParams(false);
    return root;
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  private static void addHelp(CommandLine line) {
    CommandSpec spec = line.getCommandSpec();
    if (spec.findOption("--help") == null) {
      spec.addOption(
          OptionSpec.builder("-h", "--help")
              .usageHelp(true)
              .description("Show this help.")
              .build());
    }
    spec.usageMessage()
        .sortOptions(false)
        .sortSynopsis(false)
        .abbreviateSynopsis(true)
        .descriptionHeading("%n")
        .parameterListHeading("%nArguments:%n")
        .optionListHeading("%nOptions:%n")
        .commandListHeading("%nCommands:%n");
    if (spec.parent() == null) {
      spec.addOption(
          OptionSpec.builder("--version")
              .type(boolean.class)
              .description("Print the version.")
              .build());
      spec.version(Version.current().oxbow());
    }
    line.getSubcommands().values().forEach(Cli::addHelp);
  }

  private int failed(Exception failure, boolean isVerbose) {
    terminal.out().flush();
    CommandException why = Failures.of(failure, "the server");
    terminal.err().println("oxbow: " + why.getMessage());
    if (!why.hint().isEmpty()) terminal.err().println("  " + why.hint());
    if (isVerbose) failure.printStackTrace(terminal.err());
    return why.exitCode();
  }

  private int refused(ParameterException failure) {
    String command = failure.getCommandLine().getCommandSpec().qualifiedName();
    String message = failure.getMessage();
    if (failure.getCause() instanceof CommandException why) message = why.getMessage();
    if (failure instanceof UnmatchedArgumentException unmatched && !unmatched.isUnknownOption()) {
      boolean isCommand = !failure.getCommandLine().getSubcommands().isEmpty();
      message =
          (isCommand ? "there is no command '" : "unexpected argument '")
              + unmatched.getUnmatched().getFirst()
              + "'";
    }
    if (message == null) message = "the command line can't be understood";
    message = message.replaceFirst("^Error: ", "").replaceFirst("is not an? (int|long)$", NUMBER);
    terminal.err().println("oxbow: " + lowerFirst(message));
    if (failure instanceof UnmatchedArgumentException unmatched) {
      List<String> near = unmatched.getSuggestions();
      if (!near.isEmpty()) {
        terminal.err().println("  did you mean " + String.join(" or ", near) + "?");
      }
    }
    terminal.err().println("  see `" + command + " --help`");
    return ExitCode.USAGE;
  }

  private static String lowerFirst(String message) {
    return Character.toLowerCase(message.charAt(0)) + message.substring(1);
  }
}
